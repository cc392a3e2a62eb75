"""Requests of aiohttp, which the caller's world answers.

A session makes its request as always, on a connection that holds the answer already. So redirects,
middlewares, cookies, tracing and errors are aiohttp's own.

Limitations: replies come in one piece; no WebSockets; of the timeouts only ``sock_read`` and
``total`` count, for connecting takes no time.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from functools import wraps
from types import ModuleType
from typing import Any

from aiohttp.client_exceptions import ClientConnectorError
from aiohttp.connector import TCPConnector

from sagacheck.inprocess.allowed_hosts import is_allowed
from sagacheck.inprocess.attempt_context import exchange, present_context
from sagacheck.inprocess.clients.aiohttp_connection import answered, limits
from sagacheck.inprocess.clients.changes import change
from sagacheck.inprocess.clients.wire_bytes import headers_of
from sagacheck.network import NoConnectionError, TransportError, WireReply


def answer_aiohttp(module: ModuleType) -> None:
    """Let the connectors of ``aiohttp.connector`` be answered."""
    change(module.BaseConnector, "connect", _asking)
    change(module.TCPConnector, "_create_connection", _answering)


def _asking(connect: Callable[..., Any]) -> Callable[..., Any]:
    """Ask before the connection is made: whether it is refused depends on the request.

    The time that passes is that of the reply, so that no timeout of connecting may count it.
    """

    @wraps(connect)
    async def ask_and_connect(connector: Any, req: Any, *args: Any, **more: Any) -> Any:
        if is_allowed(req.url.host, req.url.port) or not isinstance(connector, TCPConnector):
            return await connect(connector, req, *args, **more)
        timeout = more["timeout"] if "timeout" in more else args[-1]
        _outcomes[id(req)] = await _ask(req, timeout)
        try:
            return await connect(connector, req, *args, **more)
        finally:
            _outcomes.pop(id(req), None)

    return ask_and_connect


_outcomes: dict[int, tuple[WireReply | TransportError, Any]] = {}
"""What the world has answered, and the timeout, by the requests that are about to be made."""


def _answering(create_connection: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(create_connection)
    async def answer(connector: Any, req: Any, *args: Any, **more: Any) -> Any:
        if id(req) not in _outcomes:
            return await create_connection(connector, req, *args, **more)
        outcome, timeout = _outcomes[id(req)]
        if isinstance(outcome, NoConnectionError):
            raise _connection_error(req)
        return answered(connector._loop, outcome, timeout)  # noqa: SLF001 - all of its own have it

    return answer


async def _ask(req: Any, timeout: Any) -> tuple[WireReply | TransportError, Any]:  # noqa: ASYNC109
    context = present_context(f"{req.method} {req.url}")
    try:
        reply = await exchange(
            context,
            req.method,
            path=req.url.path,
            query=req.url.query,
            content=await _body_of(req),
            timeout=min(limits(timeout), default=None),
            headers=headers_of(req.headers),
        )
    except TransportError as error:
        return error, timeout
    return reply, timeout


async def _body_of(req: Any) -> bytes:
    body = req.body
    if isinstance(body, bytes | bytearray):
        return bytes(body)
    if hasattr(body, "as_bytes"):
        whole: bytes = await body.as_bytes()
        return whole
    collected = _Collected()
    await body.write(collected)
    return b"".join(collected.chunks)


class _Collected:
    """Takes what a payload writes; those before aiohttp 3.12 have no ``as_bytes``."""

    def __init__(self) -> None:
        self.chunks: list[bytes] = []

    async def write(self, chunk: bytes) -> None:
        """Take a part."""
        self.chunks.append(bytes(chunk))


def _connection_error(req: Any) -> Exception:
    """What aiohttp makes of a refused connection."""
    address = (req.url.host, req.url.port)
    refused = ConnectionRefusedError(errno.ECONNREFUSED, f"Connect call failed {address}")
    return ClientConnectorError(req.connection_key, refused)
