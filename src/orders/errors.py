"""How replies of the services become errors that Temporal understands.

The body's ``error`` code decides; the status alone only where there is no code. An error's type is
its code in CamelCase (``payment_declined`` becomes ``PaymentDeclined``), and whether Temporal tries
again follows from one question: may the same request succeed later?

What a service writes is never trusted with the size of a failure: above 2 MiB the server replaces a
failure by one that is not retried, and a rollback would give up.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import httpx
from temporalio.exceptions import (
    ActivityError,
    ApplicationError,
    CancelledError,
    TimeoutError,  # noqa: A004 - Temporal's word for it
)

from orders.reply import Reply
from orders.texts import shortened

ALREADY_REFUNDED = "AlreadyRefunded"
ALREADY_SHIPPED = "AlreadyShipped"
ORDER_CANCELLED = "OrderCancelled"
MAY_HAVE_HAPPENED = "an earlier attempt may have had its effect"

TRANSIENT_CODES = frozenset(
    {
        "bad_gateway",
        "gateway_timeout",
        "internal_server_error",
        "request_in_flight",
        "request_timeout",
        "service_unavailable",
        "too_early",
        "too_many_requests",
    }
)
DEFINITE_CODES = frozenset(
    {
        "already_refunded",
        "already_shipped",
        "idempotency_key_reused",
        "insufficient_inventory",
        "invalid_address",
        "key_cancelled",
        "payment_declined",
        "refund_refused",
    }
)
TRANSIENT_STATUSES = frozenset(
    {
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_EARLY,
        HTTPStatus.TOO_MANY_REQUESTS,
    }
)
LONGEST_CODE_BYTES = 100
LONGEST_RETRY_AFTER = timedelta(hours=1)
"""No service may keep an order waiting for longer than this at a time."""


def error_for_reply(reply: Reply, *, backoff: timedelta = timedelta(0)) -> ApplicationError:
    """The error that a reply other than 2xx stands for.

    Args:
        reply: The reply.
        backoff: What Temporal waits by default before the next attempt. ``Retry-After`` can only
            make that longer: a service that always answers "in a second" must not get a request
            every second for the whole of an outage.
    """
    # A redirection comes from a proxy: whatever its body says, no service has said it.
    status = reply.status
    body = {} if status < HTTPStatus.BAD_REQUEST else _body(reply)
    code = body.get("error")
    if not isinstance(code, str) or not code:
        code = _code_of_status(status)
    asked = _retry_after(reply)
    detail = body.get("detail") or f"{reply.host} answered {status}"
    return ApplicationError(
        shortened(str(detail)),
        type=_camel(shortened(code, LONGEST_CODE_BYTES)),
        non_retryable=not _is_transient(code, status),
        next_retry_delay=asked if asked is not None and asked > backoff else None,
    )


def error_for_unreadable(reply: Reply) -> ApplicationError:
    """The error for a success that cannot be read: the effect happened, its id is lost."""
    return ApplicationError(
        f"{reply.host} answered {reply.status} with a body that cannot be read",
        type="UnreadableReply",
    )


def error_for_transport(error: httpx.RequestError) -> ApplicationError:
    """The error for a request that got no answer; its type is httpx's name for what happened."""
    return ApplicationError(shortened(str(error)) or "no answer", type=type(error).__name__)


def error_for_slow_reply(limit: float) -> ApplicationError:
    """The error for a reply that was still arriving after `limit` seconds; httpx's own name."""
    return ApplicationError(f"no whole reply within {limit:g} s", type=httpx.ReadTimeout.__name__)


def error_for_large_reply(response: httpx.Response, most_bytes: int) -> ApplicationError:
    """The error for a reply that was not read to its end: what it says is unknown."""
    host = response.request.url.host
    return ApplicationError(
        f"{host} answered {response.status_code} with more than {most_bytes} bytes",
        type="ReplyTooLarge",
    )


def error_after_doubt(refusal: ApplicationError) -> ApplicationError:
    """The refusal of a request that was sent before and may have had its effect then."""
    return ApplicationError(
        refusal.message, MAY_HAVE_HAPPENED, type=refusal.type, non_retryable=True
    )


def may_have_happened(error: BaseException) -> bool:
    """Whether a refusal came after attempts with an unknown outcome."""
    cause = cause_of(error)
    return isinstance(cause, ApplicationError) and MAY_HAVE_HAPPENED in cause.details


def cause_of(error: BaseException) -> BaseException:
    """The innermost failure: the cause, without Temporal's wrapping."""
    while isinstance(error, ActivityError) and error.cause is not None:
        error = error.cause
    return error


def type_of(error: BaseException) -> str:
    """The type of the innermost failure, such as ``PaymentDeclined``."""
    cause = cause_of(error)
    if isinstance(cause, ApplicationError):
        return cause.type or "ApplicationError"
    if isinstance(cause, TimeoutError) and cause.type is not None:
        return f"{_camel(cause.type.name)}Timeout"
    if isinstance(cause, CancelledError):
        return "Cancelled"
    return type(cause).__name__


def describe(error: BaseException) -> str:
    """The innermost failure as ``Type: message``."""
    cause = cause_of(error)
    message = cause.message if isinstance(cause, ApplicationError) else str(cause)
    return f"{type_of(error)}: {message}"


def _is_transient(code: str, status: int) -> bool:
    if code in DEFINITE_CODES:
        return False
    if code in TRANSIENT_CODES or status in TRANSIENT_STATUSES:
        return True
    # A redirection is no refusal: it says nothing about the effect.
    return status >= HTTPStatus.INTERNAL_SERVER_ERROR or status < HTTPStatus.BAD_REQUEST


def _body(reply: Reply) -> dict[str, Any]:
    try:
        body = reply.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _code_of_status(status: int) -> str:
    try:
        return HTTPStatus(status).name.lower()
    except ValueError:
        return f"http_{status}"


def _camel(code: str) -> str:
    words = code.replace("-", "_").replace(" ", "_").lower().split("_")
    return "".join(word.capitalize() for word in words)


def _retry_after(reply: Reply) -> timedelta | None:
    """The ``Retry-After`` header, in seconds or as a date; ``None`` where there is none."""
    value = reply.retry_after.strip()
    if not value:
        return None
    try:
        delay = timedelta(seconds=float(value))
    except (ValueError, OverflowError):
        try:
            delay = parsedate_to_datetime(value) - datetime.now(UTC)
        except (TypeError, ValueError):
            return None
    return min(max(delay, timedelta(0)), LONGEST_RETRY_AFTER)
