"""The bodies of the control routes for calls of workers elsewhere, read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sagacheck.network import Call
from sagacheck.services import OperationTable, RefusedError
from sagacheck.world import ParsingError, as_written, read_members, read_text

_TEXTS = ("order", "activity", "execution", "malformed", "unread_key")
_CALL = (
    *("operation", "fields", "retry", "timeout", "limit", "by_caller", "too_large"),
    *_TEXTS,
)
_OUTCOME = ("call", "status", "code", "detail")
_LONGEST_SECONDS = 10.0**9
USUAL_LIMIT_SECONDS = 60.0


def read_call(written: Any, table: OperationTable) -> tuple[Call, float | None]:
    """The call that a body means, and its limit.

    Returns:
        The call, and how many seconds its caller may take to do itself what the call is about;
        ``None`` where the effect is to be recorded, and the caller does nothing.

    Raises:
        ParsingError: A member is missing or not allowed.
    """
    call = read_members(written, "a call", _CALL)
    name = call.get("operation")
    if not isinstance(name, str) or name not in table:
        known = ", ".join(table.names)
        raise ParsingError(f"operation must be one of {known}, not {as_written(name)}")
    fields = call.get("fields", {})
    if not isinstance(fields, Mapping):
        raise ParsingError(f"fields must be an object, not {as_written(fields)}")
    retry = call.get("retry", 0)
    if type(retry) is not int or not 0 <= retry < 2**31:
        raise ParsingError(f"retry must be a whole number, not {as_written(retry)}")
    texts = {each: read_text(call[each], each) for each in _TEXTS if call.get(each)}
    parsed = Call(
        table[name],
        fields,
        order=texts.get("order", ""),
        activity=texts.get("activity", ""),
        execution=texts.get("execution", ""),
        retry=retry,
        timeout=_seconds(call, "timeout", None),
        malformed=texts.get("malformed", ""),
        too_large=_flag(call, "too_large"),
        unread_key=texts.get("unread_key", ""),
    )
    limit = _seconds(call, "limit", USUAL_LIMIT_SECONDS)
    return parsed, limit if _flag(call, "by_caller") else None


def read_outcome(written: Any) -> tuple[str, RefusedError | None]:
    """The call that a body names, and the error with which its caller failed to do it.

    Raises:
        ParsingError: A member is missing or not allowed.
    """
    outcome = read_members(written, "an outcome", _OUTCOME)
    call = read_text(outcome.get("call"), "call")
    status = outcome.get("status")
    if status is None:
        return call, None
    if type(status) is not int or not 400 <= status <= 599:
        raise ParsingError(f"status must be an error from 400 to 599, not {as_written(status)}")
    texts = [read_text(outcome.get(name, ""), name) for name in ("code", "detail")]
    return call, RefusedError(status, texts[0], texts[1])


def _seconds(written: Mapping[str, Any], name: str, default: float | None) -> float | None:
    seconds = written.get(name)
    if seconds is None:
        return default
    if type(seconds) not in (int, float) or not 0 < seconds < _LONGEST_SECONDS:
        raise ParsingError(f"{name} must be seconds, more than 0, not {as_written(seconds)}")
    return float(seconds)


def _flag(written: Mapping[str, Any], name: str) -> bool:
    value = written.get(name, False)
    if not isinstance(value, bool):
        raise ParsingError(f"{name} must be true or false, not {as_written(value)}")
    return value
