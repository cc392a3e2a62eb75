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

from sagacheck.network import call_of, read, wire
from sagacheck.services import Reply
from sagacheck.world import World

_HTTPX_ERRORS: dict[type[wire.TransportError], type[httpx.TransportError]] = {
    wire.NoConnectionError: httpx.ConnectError,
    wire.NoReplyError: httpx.ReadTimeout,
    wire.ConnectionLostError: httpx.ReadError,
    wire.IncompleteReplyError: httpx.RemoteProtocolError,
}


class Caller(msgspec.Struct, frozen=True):
    """Who makes the requests of this context, and in which world.

    Attributes:
        world: The world that answers.
        order: The order that the requests are made for.
        activity: The activity that makes them.
        lifetime: Seconds until the activity's attempt is given up, ``None`` for no limit.
        loop: The event loop of the world, for callers in other threads.
        waiting: Entered on that loop while a caller in another thread waits for an answer.
    """

    world: World
    order: str = ""
    activity: str = ""
    lifetime: float | None = None
    loop: asyncio.AbstractEventLoop | None = None
    waiting: Callable[[], AbstractContextManager[None]] = nullcontext


_caller: ContextVar[Caller] = ContextVar("caller")


class calling(AbstractContextManager[None]):  # noqa: N801 - it reads as a verb: `with calling(…)`
    """Send the httpx requests of this context to the caller's world."""

    def __init__(self, caller: Caller) -> None:
        self._called_by = caller

    def __enter__(self) -> None:
        self._token = _caller.set(self._called_by)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        _caller.reset(self._token)


def caller_of(request: httpx.Request) -> Caller:
    """Who makes `request`.

    Raises:
        RuntimeError: Nobody who is known here.
    """
    caller = _caller.get(None)
    if caller is None:
        msg = f"{request.method} {request.url} was sent outside of any world"
        raise RuntimeError(msg)
    return caller


async def answer(  # noqa: PLR0913 - the parts of a request, which not all requests have at hand
    caller: Caller,
    request: httpx.Request,
    *,
    path: str,
    query: Mapping[str, str],
    content: bytes,
    timeout: float | None,  # noqa: ASYNC109 - the world's time, not the loop's
) -> wire.WireReply:
    """What the caller's world answers.

    Args:
        caller: Who asks.
        request: Its method counts; what it is sent to and what it holds is said by the rest.
        path: Where it is sent to, on whatever host.
        query: The parameters in its URL.
        content: Its body.
        timeout: Seconds until the caller gives up.

    Raises:
        httpx.TransportError: The caller gets no answer.
        fakes.routes.UnknownRouteError: No fake has this route.
    """
    world = caller.world
    if request.method == "GET":
        rows = read(world, path, query.get("order_id"))
        return wire.as_sent(Reply(HTTPStatus.OK, rows))
    operation, path_fields = world.routes.match(request.method, path)
    call = call_of(
        operation,
        path_fields,
        query,
        content,
        order=caller.order,
        activity=caller.activity,
        timeout=timeout,
        lifetime=caller.lifetime,
    )
    try:
        return await world.network.send(call)
    except wire.TransportError as error:
        raise _HTTPX_ERRORS[type(error)](str(error), request=request) from None


async def answer_request(caller: Caller, request: httpx.Request) -> wire.WireReply:
    """What the caller's world answers to a request that is complete in itself."""
    return await answer(
        caller,
        request,
        path=request.url.path,
        query=request.url.params,
        content=request.content,
        timeout=request.extensions.get("timeout", {}).get("read"),
    )
