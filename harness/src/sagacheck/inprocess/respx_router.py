"""The router of respx that answers the requests of any httpx client from the caller's world.

respx imports all of httpcore, which takes a twelfth of the SDK's own imports; so `httpx_patch`
imports this module where a client needs it.
"""

from __future__ import annotations

import httpx
import respx

from sagacheck.inprocess.attempt_context import answer_request, answer_thread, context_of
from sagacheck.network import WireReply


class Router(respx.MockRouter):
    """Answers from the caller's world. It records no calls: the journal does."""

    def handler(self, request: httpx.Request) -> httpx.Response:
        """Let the world answer a synchronous client."""
        context, what = context_of(request), f"{request.method} {request.url}"
        return _response(answer_thread(context, what, answer_request(context, request)))

    async def async_handler(self, request: httpx.Request) -> httpx.Response:
        """Let the world answer."""
        return _response(await answer_request(context_of(request), request))


def _response(reply: WireReply) -> httpx.Response:
    return httpx.Response(reply.status, content=reply.content, headers=reply.headers)
