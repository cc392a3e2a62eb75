"""The short way to the fakes, for whoever can choose the client: it needs no hook.

An order's four requests are most of what a simulated order would cost, were they sent through all
of httpx: URLs merged and parsed, headers, cookies, redirects and authentication that no fake has,
and a response that is read piece by piece.
"""

from __future__ import annotations

import json as json_
from functools import lru_cache
from typing import Any

import httpx

from fakes.caller import answer, answer_request, caller_of


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

        The response's request knows no body.
        """
        if others:
            return await super().request(
                method, url, json=json, params=params, timeout=timeout, **others
            )
        request, path = _addressed(method, str(url))
        return await answer(
            caller_of(request),
            request,
            path=path,
            query=httpx.QueryParams(params) if params else request.url.params,
            content=b"" if json is None else json_.dumps(json, allow_nan=False).encode(),
            timeout=self._read_timeout(timeout),
        )

    async def send(self, request: httpx.Request, **_: Any) -> httpx.Response:
        """Let the world answer."""
        return await answer_request(caller_of(request), request)

    def _read_timeout(self, timeout: Any) -> float | None:
        if timeout is None or isinstance(timeout, float | int):
            return timeout
        if timeout is httpx.USE_CLIENT_DEFAULT:
            return self.timeout.read
        return httpx.Timeout(timeout).read


@lru_cache(maxsize=1000)
def _addressed(method: str, url: str) -> tuple[httpx.Request, str]:
    """A request without a body, and the path it goes to."""
    request = httpx.Request(method, url)
    return request, request.url.path
