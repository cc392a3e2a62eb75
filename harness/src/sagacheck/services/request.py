"""What services and callers say to each other, before it is HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from sagacheck.services.operations import Operation
from sagacheck.world import Reply


class RefusedError(Exception):
    """A service says no.

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

    def reply(self) -> Reply:
        """The refusal as it is answered."""
        return Reply(self.status, {"error": self.code, "detail": self.detail})


class Request(msgspec.Struct, frozen=True):
    """A request as a service sees it: which operation, for which order, with which fields.

    `fields` holds path and query parameters and the body's members together; `malformed` says what
    is wrong with a body that could not be read.
    """

    operation: Operation
    order: str
    fields: Mapping[str, Any]
    malformed: str = ""

    @property
    def key(self) -> str | None:
        """The idempotency key of the request itself."""
        return self.text(self.operation.key_at)

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
            raise RefusedError(400, "invalid_request", f"{name} must be a non-empty string")
        return value

    def required(self, name: str) -> str:
        """The field `name` as text; a 400 where it is missing."""
        value = self.text(name)
        if value is None:
            raise RefusedError(400, "invalid_request", f"{name} is missing")
        return value
