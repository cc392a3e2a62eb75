"""The reply of a service, read as far as a saga reads it."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import httpx


class Reply(NamedTuple):
    """A reply with its whole body.

    Attributes:
        response: Its status, headers and request. Its body was streamed, and is not kept in it.
        body: The body; empty where it was not read.
    """

    response: httpx.Response
    body: bytes = b""

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.response.status_code

    @property
    def is_success(self) -> bool:
        """Whether it is a 2xx."""
        return self.response.is_success

    @property
    def host(self) -> str:
        """Who answered."""
        return self.response.request.url.host

    @property
    def retry_after(self) -> str:
        """The header of this name; empty where there is none."""
        asked: str = self.response.headers.get("Retry-After", "")
        return asked

    def json(self) -> Any:
        """The body as JSON.

        Raises:
            ValueError: It is none.
        """
        return json.loads(self.body)
