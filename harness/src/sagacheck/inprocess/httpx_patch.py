"""Any httpx client talks to the fakes, unchanged, through respx.

A saga whose client can be chosen takes a `FakesClient`, which is faster.

Limitations: replies come in one piece, so streaming clients see one chunk; a synchronous client
must run in a thread of its own, beside the world's event loop; of a client's timeouts only the read
timeout counts, for connecting and writing take no time. Clients that ask for no TLS context of
their own share one: for that the private `httpx._transports.default` is patched.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from unittest.mock import patch

import httpx
import respx
from httpx._transports import default as transports

from sagacheck.inprocess.attempt_context import AttemptContext, answer_request, context_of
from sagacheck.network import WireReply


@contextmanager
def httpx_patch() -> Iterator[None]:
    """While open, every httpx request of the process goes to the fakes and none to a socket."""
    with _shared_tls_context(), _Router(assert_all_called=False):
        yield


@contextmanager
def _shared_tls_context() -> Iterator[None]:
    """Make one TLS context for all: each takes 20 ms, and some sagas make a client a call."""
    make = httpx.create_ssl_context

    @cache
    def default() -> ssl.SSLContext:
        return make()

    def shared(verify: Any = True, cert: Any = None, trust_env: bool = True) -> ssl.SSLContext:
        is_default = verify is True and cert is None and trust_env
        return default() if is_default else make(verify, cert, trust_env)

    with patch.object(transports, "create_ssl_context", shared):
        yield


class _Router(respx.MockRouter):
    """Answers from the caller's world. It records no calls: the journal does."""

    def handler(self, request: httpx.Request) -> httpx.Response:
        context = context_of(request)
        if context.loop is None or context.loop is _running_loop():
            msg = f"a synchronous {request.method} {request.url} needs a thread beside the world's"
            raise RuntimeError(msg)
        answering = _answer_thread(context, request)
        return _response(asyncio.run_coroutine_threadsafe(answering, context.loop).result())

    async def async_handler(self, request: httpx.Request) -> httpx.Response:
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
