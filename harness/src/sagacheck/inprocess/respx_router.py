"""The router of respx that answers the requests of any httpx client from the caller's world.

respx imports all of httpcore, which takes a twelfth of the SDK's own imports; so `httpx_patch`
imports this module where a client needs it.
"""

from __future__ import annotations

import httpx
import respx
from respx.models import PassThrough

from sagacheck.inprocess.allowed_hosts import is_allowed
from sagacheck.inprocess.attempt_context import answer_request, answer_thread, context_of
from sagacheck.network import WireReply

_PORTS = {"http": 80, "https": 443}
_NO_ROUTE = respx.Route()


class Router(respx.MockRouter):
    """Answers from the caller's world. It records no calls: the journal does."""

    def handler(self, request: httpx.Request) -> httpx.Response:
        """Let the world answer a synchronous client."""
        _let_pass(request)
        context, what = context_of(request), f"{request.method} {request.url}"
        return _response(answer_thread(context, what, answer_request(context, request)))

    async def async_handler(self, request: httpx.Request) -> httpx.Response:
        """Let the world answer."""
        _let_pass(request)
        return _response(await answer_request(context_of(request), request))


def _let_pass(request: httpx.Request) -> None:
    """Let a request to an allowed host go where it is meant to.

    Raises:
        PassThrough: It is one.
    """
    url = request.url
    if is_allowed(url.host, url.port or _PORTS.get(url.scheme)):
        raise PassThrough("the saga allows its host", request=request, origin=_NO_ROUTE)


def _response(reply: WireReply) -> httpx.Response:
    return httpx.Response(reply.status, content=reply.content, headers=reply.headers)
