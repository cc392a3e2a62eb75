"""A fast client of the fakes, for sagas whose client can be chosen: it needs no patch of httpx.

Sent through all of httpx, an order's four requests would be most of the cost of a simulated order:
URLs are merged and parsed, there are headers, cookies, redirects and authentication that no fake
has, and a response is read piece by piece.
"""

from __future__ import annotations

import json as json_
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from functools import lru_cache, partial
from typing import Any

import httpx
import msgspec

from sagacheck.inprocess.attempt_context import answer, answer_request, context_of
from sagacheck.network import WireReply

_encode = json_.JSONEncoder(ensure_ascii=False, allow_nan=False).encode
_SAME_IN_BOTH = frozenset({str, int, bool, type(None)})


class FakesClient(httpx.AsyncClient):
    """An httpx client whose requests are answered by the caller's world."""

    def __init__(self) -> None:
        # The default transport would make a TLS context, which takes 20 ms.
        super().__init__(transport=httpx.AsyncBaseTransport(), trust_env=False)

    async def request(  # noqa: PLR0913 - httpx has that many
        self,
        method: str,
        url: httpx.URL | str,
        *,
        json: Any = None,
        params: Any = None,
        headers: Any = None,
        timeout: Any = httpx.USE_CLIENT_DEFAULT,  # noqa: ASYNC109 - httpx's signature
        follow_redirects: Any = httpx.USE_CLIENT_DEFAULT,
        **others: Any,
    ) -> httpx.Response:
        """Let the world answer; requests with unusual options go through all of httpx, to `send`.

        The ``request`` of a response or an error has neither body nor `params`, nor `headers`.
        """
        if others or self._is_unusual(headers, follow_redirects):
            others |= {"headers": headers, "follow_redirects": follow_redirects}
            return await super().request(
                method, url, json=json, params=params, timeout=timeout, **others
            )
        request, path, query = _parsed(method, str(url))
        reply = await answer(
            context_of(request),
            request,
            path=path,
            query=httpx.QueryParams(params) if params else query,
            content=b"" if json is None else _as_json(json),
            timeout=self._read_timeout(timeout),
            headers=headers,
        )
        return _Response(reply, request)

    def stream(  # type: ignore[override]  # httpx's own type is a class of contextlib's
        self, method: str, url: httpx.URL | str, **options: Any
    ) -> AbstractAsyncContextManager[httpx.Response]:
        """Let the world answer, in one piece."""
        return _Streaming(partial(self.request, method, url, **options))

    async def send(self, request: httpx.Request, **_: Any) -> httpx.Response:
        """Let the world answer."""
        return _Response(await answer_request(context_of(request), request), request)

    def _is_unusual(self, headers: Any, follow_redirects: Any) -> bool:
        if follow_redirects is httpx.USE_CLIENT_DEFAULT:
            follow_redirects = self.follow_redirects
        if headers is None:
            return bool(follow_redirects)
        is_dict = type(headers) is dict
        return bool(follow_redirects) or not (is_dict and _are_plain(tuple(headers.items())))

    def _read_timeout(self, timeout: Any) -> float | None:
        if timeout is None or isinstance(timeout, float | int):
            return timeout
        if timeout is httpx.USE_CLIENT_DEFAULT:
            return self.timeout.read
        return httpx.Timeout(timeout).read


def _as_json(value: Any) -> bytes:
    """The value as httpx would send it, with httpx's errors where it is not JSON.

    msgspec is faster, but takes more than JSON; for these types both are the same.
    """
    if type(value) is dict and _SAME_IN_BOTH.issuperset(map(type, (*value, *value.values()))):
        return msgspec.json.encode(value)
    return _encode(value).encode()


class _Streaming(AbstractAsyncContextManager[httpx.Response]):
    """The context of a request whose reply is there in one piece: nothing is left to close."""

    def __init__(self, answer: Callable[[], Awaitable[httpx.Response]]) -> None:
        self._answer = answer

    async def __aenter__(self) -> httpx.Response:
        return await self._answer()

    async def __aexit__(self, *_: object) -> None:
        return None


class _Pieces(AsyncIterator[bytes]):
    """One piece, or none of empty content: event loops need not know it, as they do generators."""

    def __init__(self, content: bytes) -> None:
        self._left = content

    async def __anext__(self) -> bytes:
        if not self._left:
            raise StopAsyncIteration
        piece, self._left = self._left, b""
        return piece


class _Response(httpx.Response):
    """A response that is complete from the beginning."""

    def __init__(self, reply: WireReply, request: httpx.Request) -> None:
        headers = _headers(tuple(reply.headers.items()))
        stream = httpx.ByteStream(reply.content)
        super().__init__(reply.status, headers=headers, stream=stream, request=request)
        # Copied headers do not keep what httpx finds out by decoding all of them.
        self.headers.encoding = headers.encoding
        self._content = reply.content
        self.is_stream_consumed = self.is_closed = True

    def aiter_bytes(self, chunk_size: int | None = None) -> AsyncIterator[bytes]:
        """The content, in one piece where no size is asked for."""
        if chunk_size is not None:
            return super().aiter_bytes(chunk_size)
        return _Pieces(self._content)

    def json(self, **options: Any) -> Any:
        """The content as JSON, with httpx's errors where it is none."""
        try:
            return msgspec.json.decode(self.content)
        except msgspec.DecodeError:
            return super().json(**options)


@lru_cache(maxsize=1000)
def _are_plain(headers: tuple[tuple[Any, Any], ...]) -> bool:
    """Whether each is ASCII text, and each name there once: httpx takes more, or refuses it."""
    texts = [text for field in headers for text in field]
    names = {str(name).lower() for name, _ in headers}
    is_text = all(type(text) is str and text.isascii() for text in texts)
    return is_text and len(names) == len(headers)


@lru_cache(maxsize=100)
def _headers(fields: tuple[tuple[str, str], ...]) -> httpx.Headers:
    """Headers to be copied: that is faster than making them."""
    return httpx.Headers(fields)


@lru_cache(maxsize=1000)
def _parsed(method: str, url: str) -> tuple[httpx.Request, str, Mapping[str, str]]:
    """A request without a body, the path of its URL, and the parameters in it."""
    request = httpx.Request(method, url)
    return request, request.url.path, request.url.params
