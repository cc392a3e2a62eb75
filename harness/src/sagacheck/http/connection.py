"""The server's end of a TCP connection, which faults can leave waiting, cut off or break.

Limitations: a connection is open before its first request is read, so one that a fault refuses
looks to its client like one that is reset; HTTP/1.1 only, no TLS.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from sagacheck.http.peer import CutOff
from sagacheck.network import WireReply

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER: on, for 0 s


class Connection(HttpToolsProtocol):
    """uvicorn's protocol, which requests find as ``request.state.connection``."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, {**app_state, "connection": self}, _loop)
        self._handler: asyncio.Task[Any] | None = None

    @contextmanager
    def cancelling_on_hangup(self) -> Iterator[None]:
        """While open, the present task is cancelled when the client hangs up."""
        self._handler = asyncio.current_task()
        try:
            yield
        finally:
            self._handler = None

    def connection_lost(self, exc: Exception | None) -> None:
        """The client, or a fault, has closed the connection."""
        super().connection_lost(exc)
        if self._handler is not None:
            self._handler.cancel()

    @property
    def has_hung_up(self) -> bool:
        """Whether the client, or a fault, has closed the connection."""
        return self.transport.is_closing()

    def broken(self) -> Response:
        """Break the connection: what is answered then is nothing."""
        self.reset()
        return NoReply()

    def cut_off(self, wire: WireReply) -> Response:
        """The response that ends half-way, with its connection."""
        return HalfReply(wire, self)

    def reset(self) -> None:
        """Break the connection with a TCP reset; what was not sent yet is dropped."""
        raw: socket.socket = self.transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self.transport.abort()

    def close(self) -> None:
        """Send what was written, and close the connection in order."""
        self.transport.close()

    def shutdown(self) -> None:
        """The server stops: reset the connection if a fault keeps its client waiting."""
        if self._handler is not None:
            self.reset()
        else:
            super().shutdown()


class NoReply(Response):
    """Sends nothing; ends when the connection does."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wait for the connection to end."""
        while (await receive())["type"] != "http.disconnect":
            pass


class HalfReply(CutOff):
    """Announces a whole reply, sends half of its body, and closes the connection."""

    def __init__(self, wire: WireReply, connection: Connection) -> None:
        super().__init__(wire.content, wire.status, wire.headers)
        self._connection = connection

    async def end(self, receive: Receive) -> None:
        """Close the connection in order."""
        self._connection.close()
        while (await receive())["type"] != "http.disconnect":
            pass
