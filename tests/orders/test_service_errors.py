"""Which reply becomes which error, and whether the request is sent again."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest
from temporalio.exceptions import (
    ActivityError,
    ApplicationError,
    CancelledError,
    RetryState,
    TimeoutError,  # noqa: A004 - Temporal's word for it
    TimeoutType,
)

from orders.errors import (
    LONGEST_CODE_BYTES,
    LONGEST_RETRY_AFTER,
    describe,
    error_for_reply,
    error_for_transport,
    type_of,
)
from orders.reply import Reply
from orders.texts import LONGEST_TEXT_BYTES, shortened

REQUEST = httpx.Request("POST", "https://payments.internal/charges")

TABLE: list[tuple[int, str | None, str, bool]] = [
    # status, code in the body, type of the error, whether it is worth another attempt
    (400, "invalid_amount", "InvalidAmount", False),
    (400, "already_refunded", "AlreadyRefunded", False),
    (402, "payment_declined", "PaymentDeclined", False),
    (404, "not_found", "NotFound", False),
    (409, "insufficient_inventory", "InsufficientInventory", False),
    (409, "already_shipped", "AlreadyShipped", False),
    (409, "request_in_flight", "RequestInFlight", True),
    (410, "key_cancelled", "KeyCancelled", False),
    (422, "idempotency_key_reused", "IdempotencyKeyReused", False),
    (422, "refund_refused", "RefundRefused", False),
    (429, "too_many_requests", "TooManyRequests", True),
    (500, "payment_declined", "PaymentDeclined", False),
    (503, "maintenance", "Maintenance", True),
    (301, None, "MovedPermanently", True),
    (302, None, "Found", True),
    (302, "payment_declined", "Found", True),  # a proxy says so, and no service
    (400, None, "BadRequest", False),
    (402, None, "PaymentRequired", False),
    (408, None, "RequestTimeout", True),
    (409, None, "Conflict", False),
    (425, None, "TooEarly", True),
    (429, None, "TooManyRequests", True),
    (500, None, "InternalServerError", True),
    (502, None, "BadGateway", True),
    (503, None, "ServiceUnavailable", True),
    (504, None, "GatewayTimeout", True),
    (599, None, "Http599", True),
]


def _reply(status: int, body: Any = None, **headers: str) -> Reply:
    content = b"" if body is None else json.dumps(body).encode()
    return Reply(httpx.Response(status, headers=headers, request=REQUEST), content)


@pytest.mark.parametrize(("status", "code", "error_type", "again"), TABLE)
def test_reply(status: int, code: str | None, error_type: str, again: bool) -> None:
    """The code of the body decides; without one, the status does."""
    error = error_for_reply(_reply(status, {"error": code} if code else None))
    assert (error.type, not error.non_retryable) == (error_type, again)


def test_detail_becomes_the_message() -> None:
    """What the service says for people is the error's message; else who answered what."""
    said = error_for_reply(_reply(402, {"error": "payment_declined", "detail": "no money"}))
    silent = error_for_reply(_reply(402, {"error": "payment_declined"}))
    assert said.message == "no money"
    assert silent.message == "payments.internal answered 402"


@pytest.mark.parametrize("detail", ["x" * 3_000_000, ["é"] * 1_000_000, "\U0001f600" * 700_000])
def test_long_texts_do_not_make_a_failure_final(detail: Any) -> None:
    """The server ends retries of a failure of 2 MiB, and so an undo: texts are cut before."""
    error = error_for_reply(_reply(503, {"error": "busy" * 1_000_000, "detail": detail}))
    assert not error.non_retryable
    assert len(error.message.encode()) <= LONGEST_TEXT_BYTES
    assert error.type is not None
    assert len(error.type.encode()) <= LONGEST_CODE_BYTES


def test_long_text_of_a_lost_connection() -> None:
    """What httpx says may quote what the service has sent."""
    error = error_for_transport(httpx.RemoteProtocolError("x" * 3_000_000))
    assert len(error.message) < LONGEST_TEXT_BYTES


def test_shortened() -> None:
    """A short text stays as it is; a long one is cut between characters; surrogates are mended."""
    assert shortened("é" * 500) == "é" * 500
    assert shortened("é" * 501) == "é" * 498 + "…"
    assert shortened("\ud800") == "?"


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'"no"', b'{"error": 7}', b"\xff"])
def test_body_without_a_code(body: bytes) -> None:
    """A body that is no object with a code leaves the decision to the status."""
    error = error_for_reply(Reply(httpx.Response(502, request=REQUEST), body))
    assert (error.type, error.non_retryable) == ("BadGateway", False)


@pytest.mark.parametrize(
    ("value", "delay"),
    [
        ("0", None),
        ("2.5", timedelta(seconds=2.5)),
        (" 30 ", timedelta(seconds=30)),
        ("-5", None),
        ("1e9", LONGEST_RETRY_AFTER),
        ("inf", None),
        ("nan", None),
        ("soon", None),
        ("", None),
        ("Wed, 01 Jan 2020 00:00:00 GMT", None),
        ("Wed, 01 Jan 2020 00:00:00 -0000", None),
    ],
)
def test_retry_after(value: str, delay: timedelta | None) -> None:
    """The next attempt waits as long as the service asks for, within reason."""
    reply = _reply(503, **{"Retry-After": value})
    assert error_for_reply(reply).next_retry_delay == delay


def test_retry_after_a_date() -> None:
    """A date to come is a delay until then."""
    soon = datetime.now(UTC) + timedelta(minutes=10)
    delay = error_for_reply(_reply(503, **{"Retry-After": format_datetime(soon)})).next_retry_delay
    assert delay is not None
    assert timedelta(minutes=9) < delay <= timedelta(minutes=10)


@pytest.mark.parametrize("kind", [httpx.ConnectError, httpx.ReadTimeout, httpx.ReadError])
def test_no_reply(kind: type[httpx.RequestError]) -> None:
    """A request without a reply is worth another attempt; its error is named as by httpx."""
    error = error_for_transport(kind("gone"))
    assert (error.type, error.message, error.non_retryable) == (kind.__name__, "gone", False)
    assert error_for_transport(kind("")).message == "no answer"


def _wrapped(cause: BaseException) -> ActivityError:
    error = ActivityError(
        "Activity task failed",
        scheduled_event_id=1,
        started_event_id=2,
        identity="worker",
        activity_type="charge_payment",
        activity_id="1",
        retry_state=RetryState.MAXIMUM_ATTEMPTS_REACHED,
    )
    error.__cause__ = cause
    return error


TIMED_OUT = TimeoutError("too slow", type=TimeoutType.START_TO_CLOSE, last_heartbeat_details=[])


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (
            _wrapped(ApplicationError("no money", type="PaymentDeclined")),
            "PaymentDeclined: no money",
        ),
        (_wrapped(ApplicationError("no")), "ApplicationError: no"),
        (_wrapped(TIMED_OUT), "StartToCloseTimeout: too slow"),
        (_wrapped(CancelledError("stop")), "Cancelled: stop"),
        (ValueError("odd"), "ValueError: odd"),
    ],
)
def test_describe(error: BaseException, text: str) -> None:
    """An error is described by its innermost cause, and not by Temporal's wrapping."""
    assert describe(error) == text
    assert text.startswith(type_of(error))


@pytest.mark.parametrize(("asked", "delay"), [("1", None), ("64", None), ("65", 65)])
def test_retry_after_never_shortens_the_backoff(asked: str, delay: int | None) -> None:
    """A service that says "in a second" for hours is not asked every second for hours."""
    reply = _reply(503, **{"Retry-After": asked})
    found = error_for_reply(reply, backoff=timedelta(seconds=64)).next_retry_delay

    assert found == (None if delay is None else timedelta(seconds=delay))
