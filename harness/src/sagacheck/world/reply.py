"""What a service answers, before it is HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec


class Reply(msgspec.Struct, frozen=True):
    """What a service answers."""

    status: int
    body: Mapping[str, Any] | list[Any] | None = None
    headers: Mapping[str, str] = {}

    @property
    def code(self) -> str:
        """The ``error`` code, empty for a success."""
        is_error = isinstance(self.body, Mapping) and "error" in self.body
        return str(self.body["error"]) if is_error else ""  # type: ignore[call-overload,index]

    @property
    def ok(self) -> bool:
        """Whether it is a success."""
        return self.status < HTTPStatus.BAD_REQUEST
