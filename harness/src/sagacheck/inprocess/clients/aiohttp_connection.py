"""A connection of aiohttp that holds an answer; imported once a team has imported aiohttp."""

from __future__ import annotations

import asyncio
import errno
import os
from typing import Any

from aiohttp import client_exceptions
from aiohttp.client_proto import ResponseHandler

from sagacheck.inprocess.clients.wire_bytes import received
from sagacheck.network import (
    ConnectionLostError,
    IncompleteReplyError,
    NoReplyError,
    TransportError,
    WireReply,
)

# Before 3.10 it was the other one, which is its base now.
_ReadTimeout: type[Exception] = getattr(
    client_exceptions, "SocketTimeoutError", client_exceptions.ServerTimeoutError
)


def limits(timeout: Any) -> list[float]:
    """How long a reply is waited for, at most; aiohttp reads a zero as no limit."""
    return [each for each in (timeout.sock_read, timeout.total) if each]


def answered(
    loop: asyncio.AbstractEventLoop, outcome: WireReply | TransportError, timeout: Any
) -> ResponseHandler:
    """A connection with its answer.

    Args:
        loop: The client's.
        outcome: The answer, or why there is none.
        timeout: The client's limits.
    """
    protocol = _AnsweredProtocol(loop, outcome, timeout)
    protocol.connection_made(_AnsweredTransport(protocol))
    return protocol


class _AnsweredTransport(asyncio.Transport):
    """A connection to which nothing need be sent, as its answer is there."""

    def __init__(self, protocol: Any) -> None:
        super().__init__()
        self._protocol = protocol
        self._is_closing = False

    def write(self, data: Any) -> None:
        """Take the request, which the world has."""

    def writelines(self, data: Any) -> None:
        """The same for several parts."""

    def is_closing(self) -> bool:
        """Whether the client has closed it."""
        return self._is_closing

    def close(self) -> None:
        """Close it, as the client wishes."""
        if not self._is_closing:
            self._is_closing = True
            asyncio.get_running_loop().call_soon(self._protocol.connection_lost, None)

    def abort(self) -> None:
        """The same at once."""
        self.close()

    def pause_reading(self) -> None:
        """All has been read."""

    def resume_reading(self) -> None:
        """All has been read."""


class _AnsweredProtocol(ResponseHandler):
    """Reads the answer once the request is sent."""

    def __init__(self, loop: Any, outcome: WireReply | TransportError, timeout: Any) -> None:
        super().__init__(loop)
        self._outcome: WireReply | TransportError | None = outcome
        self._limit = timeout

    @property
    def should_close(self) -> bool:
        """Whether the connection can take no other request."""
        return True

    async def read(self) -> Any:
        """The head of the reply."""
        outcome, self._outcome = self._outcome, None
        if outcome is not None:
            await asyncio.sleep(0)  # before 3.10 a task of its own writes the request
            self._receive(outcome)
        return await super().read()

    def _receive(self, outcome: WireReply | TransportError) -> None:
        if isinstance(outcome, NoReplyError):
            self.set_exception(self._timeout_error())
        elif isinstance(outcome, ConnectionLostError):
            message = os.strerror(errno.ECONNRESET)
            self.connection_lost(ConnectionResetError(errno.ECONNRESET, message))
        else:
            if data := received(outcome):
                self.data_received(data)
            if isinstance(outcome, IncompleteReplyError):
                self.connection_lost(None)

    def _timeout_error(self) -> Exception:
        limit = self._limit
        if limit.sock_read and limit.sock_read == min(limits(limit)):
            return _ReadTimeout("Timeout on reading data from socket")
        return TimeoutError()
