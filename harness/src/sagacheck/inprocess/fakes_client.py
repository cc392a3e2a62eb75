"""The short way to the fakes, for whoever can choose the client: it needs no hook.

An order's four requests are most of what a simulated order would cost, were they sent through all
of httpx: URLs merged and parsed, headers, cookies, redirects and authentication that no fake has,
and a response that is read piece by piece.
"""

from __future__ import annotations

import json as json_
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import httpx
import msgspec

from sagacheck.inprocess.attempt_context import answer, answer_request, context_of
from sagacheck.network import WireReply

_encode = json_.JSONEncoder(ensure_ascii=False, allow_nan=False).encode
_ALIKE = frozenset({str, int, bool, type(None)})


class FakesClient(httpx.AsyncClient):
    """An httpx client whose requests go straight to the caller's world, as through the hook."""

    def __init__(self) -> None:
        # A transport of its own would make a TLS context, which takes a fiftieth of a second.
        super().__init__(transport=httpx.AsyncBaseTransport(), trust_env=False)

    async def request(
        self,
        method: str,
        url: httpx.URL | str,
        *,
        json: Any = None,
        params: Any = None,
        timeout: Any = httpx.USE_CLIENT_DEFAULT,  # noqa: ASYNC109 - httpx's signature
        **others: Any,
    ) -> httpx.Response:
        """Let the world answer; whatever is unusual goes the long way, through `send`.

        The request that a response or an error knows has neither body nor `params`.
        """
        if others:
            return await super().request(
                method, url, json=json, params=params, timeout=timeout, **others
            )
        request, path, query = _addressed(method, str(url))
        reply = await answer(
            context_of(request),
            request,
            path=path,
            query=httpx.QueryParams(params) if params else query,
            content=b"" if json is None else _as_json(json),
            timeout=self._read_timeout(timeout),
        )
        return _Response(reply, request)

    async def send(self, request: httpx.Request, **_: Any) -> httpx.Response:
        """Let the world answer."""
        return _Response(await answer_request(context_of(request), request), request)

    def _read_timeout(self, timeout: Any) -> float | None:
        if timeout is None or isinstance(timeout, float | int):
            return timeout
        if timeout is httpx.USE_CLIENT_DEFAULT:
            return self.timeout.read
        return httpx.Timeout(timeout).read


def _as_json(value: Any) -> bytes:
    """The value as httpx would send it, and its own errors where it would not.

    msgspec is sooner done, and also takes what is no JSON; with these types it is the same.
    """
    if type(value) is dict and _ALIKE.issuperset(map(type, (*value, *value.values()))):
        return msgspec.json.encode(value)
    return _encode(value).encode()


class _Response(httpx.Response):
    """A response that is there as a whole from the beginning."""

    def __init__(self, reply: WireReply, request: httpx.Request) -> None:
        headers = _headers(tuple(reply.headers.items()))
        stream = httpx.ByteStream(reply.content)
        super().__init__(reply.status, headers=headers, stream=stream, request=request)
        self._content = reply.content
        self.is_stream_consumed = self.is_closed = True

    def json(self, **options: Any) -> Any:
        """The content as JSON, or httpx's own error."""
        try:
            return msgspec.json.decode(self.content)
        except msgspec.DecodeError:
            return super().json(**options)


@lru_cache(maxsize=100)
def _headers(fields: tuple[tuple[str, str], ...]) -> httpx.Headers:
    """Headers to be copied, which is done sooner than making them."""
    return httpx.Headers(fields)


@lru_cache(maxsize=1000)
def _addressed(method: str, url: str) -> tuple[httpx.Request, str, Mapping[str, str]]:
    """A request without a body, the path it goes to, and the parameters in its URL."""
    request = httpx.Request(method, url)
    return request, request.url.path, request.url.params
