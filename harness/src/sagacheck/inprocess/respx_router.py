"""The router of respx that answers the requests of any httpx client from the caller's world.

respx imports all of httpcore, which takes a twelfth of the SDK's own imports; so `httpx_patch`
imports this module where a client needs it.
"""

from __future__ import annotations

import asyncio

import httpx
import respx

from sagacheck.inprocess.attempt_context import AttemptContext, answer_request, context_of
from sagacheck.network import WireReply


class Router(respx.MockRouter):
    """Answers from the caller's world. It records no calls: the journal does."""

    def handler(self, request: httpx.Request) -> httpx.Response:
        """Let the world answer a synchronous client."""
        context = context_of(request)
        if context.loop is None or context.loop is _running_loop():
            msg = f"a synchronous {request.method} {request.url} needs a thread beside the world's"
            raise RuntimeError(msg)
        answering = _answer_thread(context, request)
        return _response(asyncio.run_coroutine_threadsafe(answering, context.loop).result())

    async def async_handler(self, request: httpx.Request) -> httpx.Response:
        """Let the world answer."""
        return _response(await answer_request(context_of(request), request))


async def _answer_thread(context: AttemptContext, request: httpx.Request) -> WireReply:
    with context.waiting():
        return await answer_request(context, request)


def _response(reply: WireReply) -> httpx.Response:
    return httpx.Response(reply.status, content=reply.content, headers=reply.headers)


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
