"""Who makes a request of this process, and the answer of the world in which it is made.

Which world that is is told by a context variable, so that many worlds can be at work in one process
at the same time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from http import HTTPStatus
from types import TracebackType

import httpx
import msgspec

from sagacheck.network import (
    ConnectionLostError,
    IncompleteReplyError,
    Network,
    NoConnectionError,
    NoReplyError,
    TransportError,
    WireReply,
    as_sent,
    call_of,
    read,
)
from sagacheck.world import Reply

_HTTPX_ERRORS: dict[type[TransportError], type[httpx.TransportError]] = {
    NoConnectionError: httpx.ConnectError,
    NoReplyError: httpx.ReadTimeout,
    ConnectionLostError: httpx.ReadError,
    IncompleteReplyError: httpx.RemoteProtocolError,
}


class AttemptContext(msgspec.Struct, frozen=True):
    """Who makes the requests of this context, and in which world.

    Attributes:
        network: The network that carries the requests.
        order: The order that the requests are made for.
        activity: The activity that makes them.
        lifetime: Seconds until the activity's attempt is given up, ``None`` for no limit.
        loop: The event loop of the world, for contexts in other threads.
        waiting: Entered on that loop while a context in another thread waits for an answer.
    """

    network: Network
    order: str = ""
    activity: str = ""
    lifetime: float | None = None
    loop: asyncio.AbstractEventLoop | None = None
    waiting: Callable[[], AbstractContextManager[None]] = nullcontext


_context: ContextVar[AttemptContext] = ContextVar("context")


class in_context(AbstractContextManager[None]):  # noqa: N801 - it reads as a verb: `with in_context(…)`
    """Send the httpx requests of this context to the context's world."""

    def __init__(self, context: AttemptContext) -> None:
        self._called_by = context

    def __enter__(self) -> None:
        self._token = _context.set(self._called_by)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        _context.reset(self._token)


def context_of(request: httpx.Request) -> AttemptContext:
    """Who makes `request`.

    Raises:
        RuntimeError: Nobody who is known here.
    """
    context = _context.get(None)
    if context is None:
        msg = f"{request.method} {request.url} was sent outside of any world"
        raise RuntimeError(msg)
    return context


async def answer(  # noqa: PLR0913 - the parts of a request, which not all requests have at hand
    context: AttemptContext,
    request: httpx.Request,
    *,
    path: str,
    query: Mapping[str, str],
    content: bytes,
    timeout: float | None,  # noqa: ASYNC109 - the world's time, not the loop's
) -> WireReply:
    """What the context's world answers.

    Args:
        context: Who asks.
        request: Its method counts; what it is sent to and what it holds is said by the rest.
        path: Where it is sent to, on whatever host.
        query: The parameters in its URL.
        content: Its body.
        timeout: Seconds until the caller gives up.

    Raises:
        httpx.TransportError: The caller gets no answer.
        sagacheck.network.UnknownRouteError: No fake has this route.
    """
    network = context.network
    if request.method == "GET":
        rows = read(network.services, path, query.get("order_id"))
        return as_sent(Reply(HTTPStatus.OK, rows))
    operation, path_fields = network.routes.match(request.method, path)
    call = call_of(
        operation,
        path_fields,
        query,
        content,
        order=context.order,
        activity=context.activity,
        timeout=timeout,
        lifetime=context.lifetime,
    )
    try:
        return await network.send(call)
    except TransportError as error:
        raise _HTTPX_ERRORS[type(error)](str(error), request=request) from None


async def answer_request(context: AttemptContext, request: httpx.Request) -> WireReply:
    """What the context's world answers to a request that is complete in itself."""
    return await answer(
        context,
        request,
        path=request.url.path,
        query=request.url.params,
        content=request.content,
        timeout=request.extensions.get("timeout", {}).get("read"),
    )
