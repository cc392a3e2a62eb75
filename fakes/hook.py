"""The in-process face: whatever uses httpx talks to the fakes, unchanged, through respx.

Which world a request belongs to is told by a context variable, so that many worlds can be at work
in one process at the same time.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import httpx
import respx

from fakes import network
from fakes.operations import OperationTable
from fakes.routes import Routes
from fakes.world import World

_HTTPX_ERRORS: dict[type[network.TransportError], type[httpx.TransportError]] = {
    network.ConnectionRefusedByFault: httpx.ConnectError,
    network.NoReplyInTime: httpx.ReadTimeout,
    network.ConnectionReset: httpx.ReadError,
    network.ReplyBrokeOff: httpx.RemoteProtocolError,
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


@contextmanager
def httpx_to_fakes() -> Iterator[None]:
    """While open, every httpx request of the process goes to the fakes and none to a socket."""
    router = respx.MockRouter(assert_all_called=False, assert_all_mocked=True)
    router.route().mock(side_effect=_answer)
    with router:
        yield


async def _answer_in_loop(request: httpx.Request) -> httpx.Response:
    caller = _caller.get(None)
    if caller is None:
        msg = f"{request.method} {request.url} was sent outside of any world"
        raise RuntimeError(msg)
    try:
        wire = await caller.world.network.send(_call(caller, request))
    except network.TransportError as error:
        raise _HTTPX_ERRORS[type(error)](str(error), request=request) from None
    return httpx.Response(wire.status, content=wire.content, headers=wire.headers)


def _answer(request: httpx.Request) -> Any:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return _answer_from_thread(request)
    return _answer_in_loop(request)


def _answer_from_thread(request: httpx.Request) -> httpx.Response:
    """A synchronous activity runs in a thread; the world lives on the loop."""
    caller = _caller.get(None)
    if caller is None or caller.loop is None:
        msg = f"{request.method} {request.url} was sent outside of any world"
        raise RuntimeError(msg)
    return asyncio.run_coroutine_threadsafe(_answer_in_loop(request), caller.loop).result()


def _call(caller: Caller, request: httpx.Request) -> network.Call:
    operation, path_fields = _routes(caller.world.operations).match(
        request.method, request.url.path
    )
    return network.Call(
        operation=operation,
        fields={**path_fields, **request.url.params, **_body(request)},
        order=caller.order,
        activity=caller.activity,
        timeout=request.extensions.get("timeout", {}).get("read"),
        lifetime=caller.lifetime,
    )


@lru_cache(maxsize=16)
def _routes(table: OperationTable) -> Routes:
    return Routes(table)


def _body(request: httpx.Request) -> dict[str, Any]:
    """The members of a JSON body; a body that is no object has none, and the service says so."""
    try:
        body = json.loads(request.content or b"{}")
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
