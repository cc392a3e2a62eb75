"""Reads what a saga answers to a cancellation: granted, refused, or not understood.

An update may refuse without failing: by a text, by ``False``, or by an object that says so in one
of its fields. What is not understood is neither a refusal nor granted, and
`sagacheck.SagaUnderTest.cancel_granted` says how it reads.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

_GRANTED = frozenset(
    {
        *("accepted", "allowed", "approved", "granted", "ok", "okay", "yes", "true", "sent"),
        *("done", "requested", "success", "successful", "succeeded", "pending"),
        *("cancel", "cancelled", "canceled", "cancelling", "canceling"),
    }
)
_REFUSED = frozenset(
    {
        *("refused", "rejected", "denied", "declined", "disallowed", "forbidden", "impossible"),
        *("no", "not", "never", "false", "too", "late", "unable", "cannot", "can't", "couldn't"),
        *("fail", "failed", "failure", "error", "invalid", "ignored"),
    }
)
_LEAVES_OPEN = frozenset({"already", "but", "except", "however", "if", "unless"})
"""Words after which what was granted may not be: *ok, but it has left*."""
_SAYS_YES = frozenset(
    {
        *("accepted", "accept", "allowed", "approved", "granted", "ok", "success", "succeeded"),
        *("cancelled", "canceled", "cancellable", "cancelable", "done"),
    }
)
"""Fields that are true where the cancellation was granted."""
_SAYS_NO = frozenset({"refused", "rejected", "denied", "declined", "failed", "error", "errors"})
"""Fields that are true where it was refused."""
_SAYS_WHICH = frozenset({"status", "state", "outcome", "result", "answer", "decision"})
"""Fields whose value is an answer itself."""
_WORD = re.compile(r"[a-z']+")


def is_granted(value: Any) -> bool | None:
    """Whether an answer to a cancellation grants it; ``None`` where that is not understood.

    An update that returns nothing has done what it was asked. Any other false value is a refusal.
    """
    fields = _fields_of(value)
    if value is None:
        return True
    if fields:
        return _in_fields(fields)
    if not value or value is True:
        return bool(value)
    return _in_text(value) if isinstance(value, str) else None


def _fields_of(value: Any) -> Mapping[str, Any] | None:
    """The fields of a mapping, a dataclass or a pydantic model."""
    if isinstance(value, Mapping):
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {each.name: getattr(value, each.name) for each in dataclasses.fields(value)}
    dump = getattr(value, "model_dump", None)
    return dump() if callable(dump) else None


def _in_fields(fields: Mapping[str, Any]) -> bool | None:
    """What the fields say together: one that refuses is enough.

    Fields of an object in them, such as ``data``, are about the request only perhaps: what they
    refuse leaves open what the others grant.
    """
    said: set[bool | None] = set()
    within: set[bool | None] = set()
    for name, value in fields.items():
        field = str(name).lower()
        if field in _SAYS_YES:
            said.add(bool(value) if not isinstance(value, str) or not value else _in_text(value))
        elif field in _SAYS_NO and value:
            said.add(False)
        elif field in _SAYS_WHICH:
            said.add(is_granted(value) if value is not None else None)
        elif inner := _fields_of(value):
            within.add(_in_fields(inner))
    answer = _together(said)
    if answer is None:
        return _together(within)
    return None if answer and False in within else answer


def _together(said: set[bool | None]) -> bool | None:
    return next((each for each in (False, True) if each in said), None)


def _in_text(text: str) -> bool | None:
    """What the first word says: *refused: too late*, *Too late*, *accepted*.

    A text that grants at first and goes on otherwise, *cancel refused*, is not understood.
    """
    first, *others = _WORD.findall(text.lower().replace("_", " ")) or [""]
    if _refuses(first):
        return False
    if first not in _GRANTED or any(_refuses(each) or each in _LEAVES_OPEN for each in others):
        return None
    return True


def _refuses(word: str) -> bool:
    return word in _REFUSED or word.endswith("n't")
