"""The attempt that makes a request in this process, and the answer of its world.

A context variable says which world that is, so that many worlds can be played in one process at the
same time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from http import HTTPStatus
from types import TracebackType
from typing import Any

import httpx
import msgspec

from sagacheck.network import (
    ConnectionLostError,
    IncompleteReplyError,
    Network,
    NoConnectionError,
    NoReplyError,
    TransportError,
    UnknownRouteError,
    WireReply,
    call_of,
    encoded,
)
from sagacheck.world import Reply

_HTTPX_ERRORS: dict[type[TransportError], type[httpx.TransportError]] = {
    NoConnectionError: httpx.ConnectError,
    NoReplyError: httpx.ReadTimeout,
    ConnectionLostError: httpx.ReadError,
    IncompleteReplyError: httpx.RemoteProtocolError,
}


class AttemptContext(msgspec.Struct, frozen=True):
    """Which attempt makes the requests of the present context, and in which world.

    Attributes:
        network: The network to the world's services.
        order: The order that the requests are made for; empty where it is unknown.
        activity: The activity that makes them; empty where none does.
        execution: The workflow, the number of its run, and the activity's id; empty if unknown.
        retry: Which attempt of the activity it is, from 1; 0 where that is unknown.
        lifetime: Seconds until the activity's attempt times out (start-to-close), if it does.
        loop: The event loop of the world, for callers in other threads.
        waiting: Entered on that loop while a caller in another thread waits for an answer.
        before_call: Awaited before each call, where the world's clock has to be set first.
        refuse: Called with the message where a request or connection of the attempt can neither be
            answered nor be let go.
    """

    network: Network
    order: str = ""
    activity: str = ""
    execution: str = ""
    retry: int = 0
    lifetime: float | None = None
    loop: asyncio.AbstractEventLoop | None = None
    waiting: Callable[[], AbstractContextManager[None]] = nullcontext
    before_call: Callable[[], Awaitable[None]] | None = None
    refuse: Callable[[str], None] = lambda _message: None


_context: ContextVar[AttemptContext] = ContextVar("context")


class in_context(AbstractContextManager[None]):  # noqa: N801 - it reads as a verb: `with in_context(…)`
    """While open, requests of the present context are answered by the world of `context`."""

    def __init__(self, context: AttemptContext) -> None:
        self._entered = context

    def __enter__(self) -> None:
        self._token = _context.set(self._entered)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        _context.reset(self._token)


def attempt_here() -> AttemptContext | None:
    """The attempt that is under way in the present context, if one is."""
    return _context.get(None)


def context_of(request: httpx.Request) -> AttemptContext:
    """The context in which `request` is made.

    Raises:
        RuntimeError: There is none: no attempt is under way here.
    """
    return present_context(f"{request.method} {request.url}")


def present_context(what: str) -> AttemptContext:
    """The present context, in which `what` is done.

    Raises:
        RuntimeError: There is none: no attempt is under way here.
    """
    context = _context.get(None)
    if context is None:
        msg = f"{what} was sent outside of any world"
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
    headers: Mapping[str, str] | None = None,
) -> WireReply:
    """The answer of the world of `context`.

    Args:
        context: The attempt that makes the request.
        request: Its method counts, and errors refer to it; the other arguments say the rest.
        path: The path of its URL, on any host.
        query: The parameters in its URL.
        content: Its body.
        timeout: The caller's timeout in seconds; ``None`` for none.
        headers: Its headers; ``None`` where it has none of its own.

    Raises:
        httpx.TransportError: The caller gets no answer.
        sagacheck.network.UnknownRouteError: No fake has this route.
    """
    try:
        return await exchange(
            context,
            request.method,
            path=path,
            query=query,
            content=content,
            timeout=timeout,
            headers=headers,
        )
    except TransportError as error:
        raise _HTTPX_ERRORS[type(error)](str(error), request=request) from None


async def exchange(  # noqa: PLR0913 - the parts of a request, whatever client makes it
    context: AttemptContext,
    method: str,
    *,
    path: str,
    query: Mapping[str, str],
    content: bytes,
    timeout: float | None,  # noqa: ASYNC109 - the world's time, not the loop's
    headers: Mapping[str, str] | None = None,
) -> WireReply:
    """The answer of the world of `context`; the arguments are those of `answer`.

    Raises:
        sagacheck.network.TransportError: The caller gets no answer.
        sagacheck.network.UnknownRouteError: No fake has this route.
    """
    network = context.network
    if context.before_call is not None:
        await context.before_call()
    try:
        if method == "GET" and not (context.order and network.routes.reads(path)):
            rows = await network.collection(path, query.get("order_id"))
            return encoded(Reply(HTTPStatus.OK, rows))
        operation, path_fields = network.routes.match(method, path)
    except UnknownRouteError as error:
        context.refuse(str(error))
        raise
    call = call_of(
        operation,
        path_fields,
        query,
        content,
        headers,
        order=context.order,
        activity=context.activity,
        execution=context.execution,
        retry=context.retry,
        timeout=timeout,
        lifetime=context.lifetime,
    )
    return await network.send(call)


async def answer_request(context: AttemptContext, request: httpx.Request) -> WireReply:
    """The answer of the world of `context` to a whole request."""
    return await answer(
        context,
        request,
        path=request.url.path,
        query=request.url.params,
        content=request.content,
        timeout=request.extensions.get("timeout", {}).get("read"),
        headers=request.headers,
    )


def answer_thread(
    context: AttemptContext, what: str, answering: Coroutine[Any, Any, WireReply]
) -> WireReply:
    """The answer to a caller in a thread, which waits for it here.

    Args:
        context: The attempt that makes the request.
        what: The request, for messages.
        answering: Runs on the world's loop.

    Raises:
        RuntimeError: The caller holds up the loop that has to answer.
    """
    if context.loop is None or context.loop is _running_loop():
        answering.close()
        msg = (
            f"a synchronous {what} needs a thread beside the world's: an activity that is a "
            "coroutine holds up its worker by it; write the activity as a plain function, or use "
            "asyncio.to_thread"
        )
        context.refuse(msg)
        raise RuntimeError(msg)

    async def answer_meanwhile() -> WireReply:
        with context.waiting():
            return await answering

    return asyncio.run_coroutine_threadsafe(answer_meanwhile(), context.loop).result()


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
