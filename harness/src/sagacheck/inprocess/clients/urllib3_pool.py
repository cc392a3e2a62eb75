"""Requests of urllib3, and so of requests, which the caller's world answers.

A pool makes its request as always, on a connection whose socket holds the answer already. So
retries, redirects, adapters and errors are urllib3's own. Its private ``_make_request`` is where a
pool has both the whole request and its connection (the same in 1.26 and 2.x).

Limitations: replies come in one piece; of the timeouts only the read timeout counts, and the total,
for connecting takes no time.
"""

from __future__ import annotations

import errno
import io
import os
import socket
import sys
from collections.abc import Callable
from functools import wraps
from types import ModuleType
from typing import Any

import httpx

from sagacheck.inprocess.allowed_hosts import is_allowed
from sagacheck.inprocess.attempt_context import answer_thread, exchange, present_context
from sagacheck.inprocess.clients.changes import change
from sagacheck.inprocess.clients.wire_bytes import headers_of, received
from sagacheck.network import (
    ConnectionLostError,
    NoConnectionError,
    NoReplyError,
    TransportError,
    WireReply,
)


def answer_urllib3(module: ModuleType) -> None:
    """Let the pools of ``urllib3.connectionpool`` be answered."""
    change(module.HTTPConnectionPool, "_make_request", _answering)
    change(module.HTTPSConnectionPool, "_prepare_proxy", _without_proxy)


def _answering(make_request: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(make_request)
    def answer(pool: Any, conn: Any, method: str, url: str, **more: Any) -> Any:
        host = httpx.URL(url).host or pool.host
        if is_allowed(host, pool.port):
            return make_request(pool, conn, method, url, **more)
        more["body"] = _body_of(more.get("body"))
        outcome = _ask(pool, method, url, more)
        if isinstance(outcome, NoConnectionError):
            raise _connection_error(conn)
        conn.sock = _AnsweredSocket(outcome)
        conn.is_verified = True  # it would warn that the certificate was not
        conn.auto_open = 0
        try:
            return make_request(pool, conn, method, url, **more)
        finally:
            conn.auto_open = 1
            conn.sock = None  # nobody is to see whether a socket that is none can be read

    return answer


def _without_proxy(prepare_proxy: Callable[..., None]) -> Callable[..., None]:
    @wraps(prepare_proxy)
    def prepare(pool: Any, conn: Any) -> None:
        if is_allowed(pool.host, pool.port):
            prepare_proxy(pool, conn)

    return prepare


def _ask(pool: Any, method: str, url: str, more: dict[str, Any]) -> WireReply | TransportError:
    parsed = httpx.URL(url)
    what = f"{method} {pool.scheme}://{pool.host}{parsed.path}"
    context = present_context(what)
    headers = more.get("headers")
    asking = exchange(
        context,
        method,
        path=parsed.path,
        query=parsed.params,
        content=more["body"] or b"",
        timeout=_read_timeout(pool, more),
        headers=headers_of(pool.headers if headers is None else headers),
    )
    try:
        return answer_thread(context, what, asking)
    except TransportError as error:
        return error


def _read_timeout(pool: Any, more: dict[str, Any]) -> float | None:
    """How long urllib3 would wait for a reply, were no time lost with connecting."""
    timeout = pool._get_timeout(more["timeout"]) if "timeout" in more else pool.timeout  # noqa: SLF001
    limits = [timeout._read, timeout.total]  # noqa: SLF001 - read_timeout looks at the clock
    known = [
        socket.getdefaulttimeout() if each is timeout.DEFAULT_TIMEOUT else each for each in limits
    ]
    return min((each for each in known if each is not None), default=None)


def _body_of(body: Any) -> bytes | None:
    """A body as bytes: files and iterables can be read only once."""
    if body is None or isinstance(body, bytes):
        return body
    if isinstance(body, bytearray | memoryview):
        return bytes(body)
    if hasattr(body, "read"):
        body = body.read()
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, bytes):
        return body
    return b"".join(each.encode() if isinstance(each, str) else each for each in body)


def _connection_error(conn: Any) -> Exception:
    """What urllib3 makes of a refused connection."""
    refused = _os_error(ConnectionRefusedError, errno.ECONNREFUSED)
    error: type[Exception] = sys.modules["urllib3.exceptions"].NewConnectionError
    return error(conn, f"Failed to establish a new connection: {refused}")


def _os_error(kind: type[OSError], number: int) -> OSError:
    return kind(number, os.strerror(number))


class _AnsweredSocket:
    """A connected socket to which nothing need be sent, as its answer is there.

    Args:
        outcome: The answer, or why there is none.
    """

    def __init__(self, outcome: WireReply | TransportError) -> None:
        self._outcome = outcome

    def sendall(self, *_: Any) -> None:
        """Take the request, which the world has."""

    def makefile(self, *_: Any, **__: Any) -> io.BufferedIOBase:
        """The answer, or what raises its error."""
        return io.BufferedReader(_Answer(self._outcome))

    def settimeout(self, _: float | None) -> None:
        """The world has waited for as long."""

    def shutdown(self, _: int) -> None:
        """There is nothing to shut down."""

    def close(self) -> None:
        """There is nothing to close."""


class _Answer(io.RawIOBase):
    """The bytes that a client reads, and the error of its socket where there are none."""

    def __init__(self, outcome: WireReply | TransportError) -> None:
        self._outcome = outcome
        self._bytes = io.BytesIO(received(outcome))

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """Read some bytes.

        Raises:
            TimeoutError: The caller has waited in vain.
            ConnectionResetError: The connection broke.
        """
        if isinstance(self._outcome, NoReplyError):
            raise TimeoutError("timed out")
        if isinstance(self._outcome, ConnectionLostError):
            raise _os_error(ConnectionResetError, errno.ECONNRESET)
        return self._bytes.readinto(buffer)
