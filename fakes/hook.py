"""The in-process face: whatever uses httpx talks to the fakes, unchanged, through respx.

There is a shorter way for whoever can choose the client: a `FakesClient` needs no hook, and leaves
out all that httpx and respx do for a request that might go anywhere. Which world a request belongs to is told by a context variable, so that many worlds can be at work
in one process at the same time.

Limitations: replies come in one piece, so streaming clients see one chunk; a synchronous client
must run in a thread of its own, beside the loop that the world lives on; of a client's timeouts
only the read timeout counts, for connecting and writing take no time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import httpx
import respx

from fakes import wire
from fakes.exchange import Call
from fakes.reads import read
from fakes.routes import call_of
from fakes.world import World

_HTTPX_ERRORS: dict[type[wire.TransportError], type[httpx.TransportError]] = {
    wire.NoConnectionError: httpx.ConnectError,
    wire.NoReplyError: httpx.ReadTimeout,
    wire.ConnectionLostError: httpx.ReadError,
    wire.IncompleteReplyError: httpx.RemoteProtocolError,
}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who makes the requests of this context, and in which world.

    Attributes:
        world: The world that answers.
        order: The order that the requests are made for.
        activity: The activity that makes them.
        lifetime: Seconds until the activity's attempt is given up, ``None`` for no limit.
        loop: The event loop of the world, for callers in other threads.
    """

    world: World
    order: str = ""
    activity: str = ""
    lifetime: float | None = None
    loop: asyncio.AbstractEventLoop | None = None


_caller: ContextVar[Caller] = ContextVar("caller")


@contextmanager
def calling(caller: Caller) -> Iterator[None]:
    """Send the httpx requests of this context to the caller's world."""
    token = _caller.set(caller)
    try:
        yield
    finally:
        _caller.reset(token)


class FakesClient(httpx.AsyncClient):
    """An httpx client whose requests go straight to the caller's world.

    What it is asked and what it answers is the same as through the hook. It knows no redirects,
    cookies or authentication, for the fakes have none.
    """

    def __init__(self) -> None:
        # A transport of its own would make a TLS context, which takes a fiftieth of a second.
        super().__init__(transport=httpx.AsyncBaseTransport(), trust_env=False)

    async def send(self, request: httpx.Request, **_: Any) -> httpx.Response:
        """Let the world answer."""
        response = await _answer(_caller_of(request), request)
        response.request = request
        return response


@contextmanager
def httpx_to_fakes() -> Iterator[None]:
    """While open, every httpx request of the process goes to the fakes and none to a socket."""
    with _Router(assert_all_called=False):
        yield


class _Router(respx.MockRouter):
    """Answers from the caller's world, and records nothing: that is what the journal is for."""

    def handler(self, request: httpx.Request) -> httpx.Response:
        caller = _caller_of(request)
        if caller.loop is None or caller.loop is _running_loop():
            msg = f"a synchronous {request.method} {request.url} needs a thread beside the world's"
            raise RuntimeError(msg)
        return asyncio.run_coroutine_threadsafe(_answer(caller, request), caller.loop).result()

    async def async_handler(self, request: httpx.Request) -> httpx.Response:
        return await _answer(_caller_of(request), request)


def _caller_of(request: httpx.Request) -> Caller:
    caller = _caller.get(None)
    if caller is None:
        msg = f"{request.method} {request.url} was sent outside of any world"
        raise RuntimeError(msg)
    return caller


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


async def _answer(caller: Caller, request: httpx.Request) -> httpx.Response:
    if request.method == "GET":
        rows = read(caller.world, request.url.path, request.url.params.get("order_id"))
        return httpx.Response(200, json=rows)
    try:
        reply = await caller.world.network.send(_call(caller, request))
    except wire.TransportError as error:
        raise _HTTPX_ERRORS[type(error)](str(error), request=request) from None
    return httpx.Response(reply.status, content=reply.content, headers=reply.headers)


def _call(caller: Caller, request: httpx.Request) -> Call:
    url = request.url
    operation, path_fields = caller.world.routes.match(request.method, url.path)
    return call_of(
        operation,
        path_fields,
        url.params if url.query else {},
        request.content,
        order=caller.order,
        activity=caller.activity,
        timeout=request.extensions.get("timeout", {}).get("read"),
        lifetime=caller.lifetime,
    )
