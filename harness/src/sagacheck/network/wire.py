"""The caller's view: a reply as bytes, or an error because there is none."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import msgspec

from sagacheck.network.faults import Fault
from sagacheck.services import Operation
from sagacheck.world import AttemptOutcome, Reply

_JSON = {"Content-Type": "application/json"}
_HTML = {"Content-Type": "text/html"}
_ASK_AGAIN_LATER = (429, 503)
_WITHOUT_BODY = (204, 205)


class WireReply(msgspec.Struct, frozen=True):
    """A reply as bytes, which may differ from what the service sent.

    Attributes:
        status: The HTTP status.
        content: The body.
        headers: The headers.
        intact: The body as the service sent it; ``None`` where it is spoilt or empty.
    """

    status: int
    content: bytes = b""
    headers: Mapping[str, str] = {}
    intact: Mapping[str, Any] | list[Any] | None = None

    @property
    def body(self) -> Any:
        """The body as JSON.

        Raises:
            ValueError: It is not JSON.
        """
        return json.loads(self.content) if self.intact is None else self.intact


class TransportError(Exception):
    """The caller got no answer; the journal names the error by its `kind`."""

    kind = "transport_error"


class NoConnectionError(TransportError):
    """The connection was refused: the request certainly did not arrive."""

    kind = "connect_error"


class NoReplyError(TransportError):
    """The caller's own timeout has passed."""

    kind = "read_timeout"


class ConnectionLostError(TransportError):
    """The connection broke after the request was sent."""

    kind = "read_error"


class IncompleteReplyError(TransportError):
    """The reply ended before it was complete.

    Args:
        detail: A sentence for a person.
        reply: The reply as it would have been.
    """

    kind = "incomplete_reply"

    def __init__(self, detail: str, reply: WireReply) -> None:
        super().__init__(detail)
        self.reply = reply


class WorkerCrash(BaseException):
    """The worker that made the call is gone: nothing after the call may run or report.

    A ``BaseException``, so that no ``except Exception`` of the code under test catches it.
    """


def encoded(reply: Reply) -> WireReply:
    """The reply as the service sends it."""
    if reply.body is None:
        return WireReply(reply.status, headers=reply.headers)
    headers = {**_JSON, **reply.headers} if reply.headers else _JSON
    return WireReply(reply.status, msgspec.json.encode(reply.body), headers, reply.body)


def malformed(reply: Reply) -> WireReply:
    """The reply with a body that is not JSON."""
    return WireReply(reply.status, b"<html>It works!</html>", _HTML)


def emptied(reply: Reply) -> WireReply:
    """The reply without its body."""
    return WireReply(reply.status)


def rejection(operation: Operation, fault: Fault) -> Reply:
    """The error that `fault` answers in place of the service."""
    assert fault.status is not None, f"{fault.name} has a status"
    body = {"error": fault.code or operation.code_for(fault.status), "detail": "injected fault"}
    retry_after = fault.retry_after
    if retry_after is None and fault.status in _ASK_AGAIN_LATER:
        retry_after = 1
    headers = {} if retry_after is None else {"Retry-After": f"{retry_after:g}"}
    return Reply(fault.status, body, headers)


def with_status(reply: Reply, operation: Operation, fault: Fault) -> Reply:
    """What `fault` answers in place of `reply`, once the service has handled the request.

    An error has a body of its own and a redirection none. Another success keeps the body; a
    refusal by the service stays as it is then, since a success would claim an effect that is not
    there.
    """
    assert fault.status is not None, f"{fault.name} has a status"
    if fault.status >= 400:
        return rejection(operation, fault)
    if fault.status >= 300:
        return Reply(fault.status)
    if not reply.ok:
        return reply
    return Reply(fault.status, None if fault.status in _WITHOUT_BODY else reply.body)


def error_code(wire: WireReply) -> str:
    """The ``error`` code that the caller can read, empty where there is none."""
    if wire.status < 400:
        return ""
    try:
        return str(wire.body["error"])
    except (ValueError, KeyError, TypeError):
        return ""


def outcome_of(operation: Operation, wire: WireReply) -> AttemptOutcome:
    """The outcome for the caller of a reply: a 5xx or a 3xx leaves it unknown."""
    if wire.status >= 500 or wire.status == 408 or error_code(wire) == "request_in_flight":
        return AttemptOutcome.UNKNOWN
    if wire.status >= 400:
        return AttemptOutcome.REFUSED
    if wire.status >= 300:
        return AttemptOutcome.UNKNOWN
    return AttemptOutcome.OK if _is_readable(operation, wire) else AttemptOutcome.UNKNOWN


def _is_readable(operation: Operation, wire: WireReply) -> bool:
    if not operation.has_body:
        return True
    try:
        body = wire.body
    except ValueError:
        return False
    if operation.reads:
        return True
    return isinstance(body, dict) and body.keys() >= set(operation.reply_fields)
