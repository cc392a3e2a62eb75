"""The network to services that ``sagacheck serve`` has in another process."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NoReturn
from urllib.parse import quote

from sagacheck.load.worker.json_client import JsonClient
from sagacheck.network import (
    Call,
    ConnectionLostError,
    IncompleteReplyError,
    Network,
    NoConnectionError,
    NoReplyError,
    TransportError,
    UnknownRouteError,
    WireReply,
)
from sagacheck.services import RefusedError, ServiceFactory, Services
from sagacheck.world import World

_ERRORS: Mapping[str, type[TransportError]] = {
    error.kind: error for error in (NoConnectionError, NoReplyError, ConnectionLostError)
}
_CALLS = "/__fakes__/calls"


class ServedNetwork(Network):
    """Sends the calls of a worker to the process that serves the services.

    What a call is about is done here where an activity does it by itself: once, late, twice or not
    at all, as the network there says.

    Args:
        services: Makes the services, whose operations and routes are known here too.
        url: The base URL of the process that serves them.
        limit_seconds: How long a caller waits for a reply at the most.
    """

    def __init__(self, services: ServiceFactory, url: str, limit_seconds: float) -> None:
        super().__init__(Services(World(), services))
        self._client = JsonClient(url)
        self._limit_seconds = limit_seconds

    @property
    def address(self) -> str:
        """The host and port of the process that serves the services."""
        return self._client.address

    async def send(self, call: Call) -> WireReply:
        """Send `call` to its service and return what its caller sees.

        Raises:
            TransportError: The caller gets no answer.
        """
        message = await self._ask(_CALLS, self._in_words(call))
        message = await self._do_all(call, message)
        if message.get("later"):
            self._do_late(call, message["call"])
        if "error" in message:
            _raise(message)
        return _reply_of(message["reply"])

    async def collection(self, path: str, order: str | None = None) -> Any:
        """The rows of a read-only collection as JSON, those of `order` where one is named.

        Raises:
            UnknownRouteError: There is no such collection; the message names the nearest.
            ConnectionError: There is no answer.
        """
        query = "" if order is None else f"?order_id={quote(order, safe='')}"
        status, rows = await self._client.request("GET", quote(path) + query)
        if status >= 400:
            raise UnknownRouteError(rows["detail"])
        return rows

    async def close(self) -> None:
        """Close the connections that are idle."""
        await self._client.close()

    async def _do_all(self, call: Call, message: Mapping[str, Any]) -> Mapping[str, Any]:
        """Do what the call is about as often as a message says so; the first that does not."""
        while "do" in message:
            outcome: dict[str, Any] = {"call": message["call"]}
            assert call.action is not None, "it has said that it does something"
            try:
                await call.action()
            except RefusedError as refused:
                outcome |= {"status": refused.status, "code": refused.code}
                outcome["detail"] = refused.detail
            except asyncio.CancelledError:
                gone = {"status": 500, "code": "caller_gone", "detail": "it was cancelled"}
                with suppress(TransportError):
                    await self._ask(f"{_CALLS}/done", outcome | gone)
                raise
            message = await self._ask(f"{_CALLS}/done", outcome)
        return message

    def _do_late(self, call: Call, name: str) -> None:
        """Do in the background what is yet to be done: the caller does not wait any more."""

        async def do() -> None:
            with suppress(TransportError):  # they began anew, and know nothing of the call
                await self._do_all(call, await self._ask(f"{_CALLS}/next", {"call": name}))

        task = asyncio.get_running_loop().create_task(do())
        self.detached.add(task)
        task.add_done_callback(self.detached.discard)

    def _in_words(self, call: Call) -> Mapping[str, Any]:
        timeout = min(call.timeout or self._limit_seconds, self._limit_seconds)
        texts = ("order", "activity", "execution", "malformed", "unread_key")
        return {
            "operation": call.operation.name,
            "fields": call.fields,
            "timeout": timeout,
            "retry": call.retry,
            "by_caller": call.action is not None,
            "too_large": call.too_large,
            **({} if call.lifetime is None else {"limit": call.lifetime}),
            **{name: getattr(call, name) for name in texts if getattr(call, name)},
        }

    async def _ask(self, path: str, body: Any) -> Mapping[str, Any]:
        """What the process that serves the services answers.

        Raises:
            TransportError: It does not answer, or cannot.
        """
        try:
            status, answer = await self._client.request("POST", path, body)
        except ConnectionRefusedError as error:
            raise NoConnectionError(str(error)) from None
        except (ConnectionError, ValueError) as error:
            raise ConnectionLostError(str(error)) from None
        if status >= 400:
            raise ConnectionLostError(str(answer.get("detail", status)))
        message: Mapping[str, Any] = answer
        return message


def _raise(message: Mapping[str, Any]) -> NoReturn:
    kind, detail = message["error"], message["detail"]
    if kind == IncompleteReplyError.kind:
        raise IncompleteReplyError(detail, _reply_of(message["reply"]))
    raise _ERRORS[kind](detail)


def _reply_of(reply: Mapping[str, Any]) -> WireReply:
    return WireReply(reply["status"], reply["content"].encode(), reply["headers"])
