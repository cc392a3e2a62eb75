"""A request as a service sees it, how it is handled, and its refusal, without any HTTP."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cached_property
from typing import Any

import msgspec

from sagacheck.services.operations import Operation, Refusal
from sagacheck.services.refusals import INVALID_REQUEST, KEY_MISMATCH, UNKNOWN_FIELD
from sagacheck.world import KeyRecord, Reply


class RefusedError(Exception):
    """A service refuses a request: nothing happened.

    Args:
        status: The HTTP status.
        code: The ``error`` field of the body.
        detail: A sentence for a person.
    """

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.status = status
        self.code = code
        self.detail = detail

    @classmethod
    def of(cls, refusal: Refusal, detail: str) -> RefusedError:
        """The refusal that a table of operations names, with a sentence for a person."""
        return cls(refusal.status, refusal.code, detail)

    def reply(self) -> Reply:
        """The reply that says so."""
        return Reply(self.status, {"error": self.code, "detail": self.detail})


def refuse_unknown_fields(
    fields: Mapping[str, Any], known: Collection[str] | None, place: str = ""
) -> None:
    """Refuse an object with other fields than those that are known.

    Args:
        fields: The object's fields.
        known: Their names; ``None`` where any name is allowed.
        place: The field in which the object stands; empty for the request itself.

    Raises:
        RefusedError: It has a field that is not known.
    """
    if known is None or not fields.keys() - known:
        return
    name = next(name for name in fields if name not in known)
    owner = f" of {place}" if place else ""
    detail = f"unknown field {name!r}{owner}; known are {', '.join(sorted(known))}"
    raise RefusedError.of(UNKNOWN_FIELD, detail)


class Request(msgspec.Struct, frozen=True, dict=True):
    """A request as a service sees it: which operation, for which order, with which fields.

    Attributes:
        operation: What is asked.
        order: The order it is made for; empty where that is unknown.
        fields: Path and query parameters and the body's members together.
        malformed: What is wrong with a body that could not be read; empty if nothing is.
        too_large: Whether it is its size that is wrong.
        as_of: For a read, the moment as of which it shows its rows; ``None`` for the present.
    """

    operation: Operation
    order: str
    fields: Mapping[str, Any]
    malformed: str = ""
    too_large: bool = False
    as_of: float | None = None

    @cached_property
    def key(self) -> str | None:
        """The idempotency key of the request itself; a 400 where it has two that differ."""
        found: str | None = None
        for at in self.operation.key_places:
            key = self.text(at)
            if found is not None and key is not None and key != found:
                detail = f"{' and '.join(self.operation.key_places)} have different keys"
                raise RefusedError.of(KEY_MISMATCH, detail)
            found = found or key
        return found

    @property
    def content(self) -> Mapping[str, Any]:
        """The fields without the idempotency key of the request itself."""
        places = self.operation.key_places
        return {name: value for name, value in self.fields.items() if name not in places}

    @property
    def target_key(self) -> str | None:
        """The key of the create that this undo is about."""
        return self.text(self.operation.target_key_at)

    @property
    def target_id(self) -> str | None:
        """The id of the effect that this undo is about."""
        return self.text(self.operation.target_id_at)

    def text(self, name: str | None) -> str | None:
        """The field `name` as text, ``None`` where it is absent; a 400 where it is not text."""
        value = self.fields.get(name) if name else None
        if value is None:
            return None
        if not isinstance(value, str) or not value:
            raise RefusedError.of(INVALID_REQUEST, f"{name} must be a non-empty string")
        return value

    def required(self, name: str) -> str:
        """The field `name` as text; a 400 where it is missing."""
        value = self.text(name)
        if value is None:
            raise RefusedError.of(INVALID_REQUEST, f"{name} is missing")
        return value


class Handling(msgspec.Struct):
    """A request between its effect and its reply.

    Attributes:
        reply: The reply as it stands now; `Service.finish` may change it.
        entries: The numbers of the ledger's entries that the request caused.
        record: The key record that waits for the reply to leave.
    """

    reply: Reply
    entries: tuple[int, ...] = ()
    record: KeyRecord | None = None
