"""The caller of a request, as faults see it: who may hang up, and whose connection may break.

Our own server (`sagacheck.http.connection`) breaks real connections. On any other ASGI server an
application cannot: there a connection that breaks looks like a reply that is cut off.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from sagacheck.network import WireReply


class Peer(Protocol):
    """What the application needs of the other end of a connection."""

    @property
    def has_hung_up(self) -> bool:
        """Whether the connection is closed."""

    def cancelling_on_hangup(self) -> AbstractContextManager[None]:
        """While open, the present task is cancelled when the client hangs up."""

    def broken(self) -> Response:
        """The response whose connection breaks without a reply."""

    def cut_off(self, wire: WireReply) -> Response:
        """The response that ends half-way."""


class BrokenConnectionError(ConnectionError):
    """A fault has broken the connection; the server closes it when this comes out of the app."""


class CutOff(Response):
    """Announces a whole reply, and sends half of its body."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the head and half of the body."""
        head = {"status": self.status_code, "headers": self.raw_headers}
        await send({"type": "http.response.start", **head})
        half = bytes(self.body)[: len(self.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})
        await self.end(receive)

    async def end(self, receive: Receive) -> None:
        """Have the server close the connection.

        Raises:
            BrokenConnectionError: Always.
        """
        raise BrokenConnectionError("a fault cuts the reply off")


class AnyPeer:
    """The caller of a request on any ASGI server.

    Args:
        request: The request, whose body has been read.
    """

    def __init__(self, request: Request) -> None:
        self._receive = request.receive
        self.has_hung_up = False

    @contextmanager
    def cancelling_on_hangup(self) -> Iterator[None]:
        """While open, the present task is cancelled when the client hangs up."""
        handler = asyncio.current_task()
        assert handler is not None, "requests are handled in tasks"
        watching = asyncio.create_task(self._watch(handler))
        try:
            yield
        finally:
            watching.cancel()

    def broken(self) -> Response:
        """A response of which only the head comes."""
        return CutOff(b"?", 502)

    def cut_off(self, wire: WireReply) -> Response:
        """A response of which half comes."""
        return CutOff(wire.content, wire.status, wire.headers)

    async def _watch(self, handler: asyncio.Task[object]) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self.has_hung_up = True
        handler.cancel()


def peer_of(request: Request) -> Peer:
    """The caller of `request`: the connection of our own server, or that of any other."""
    return getattr(request.state, "connection", None) or AnyPeer(request)
