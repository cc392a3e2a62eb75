"""Calls of workers in other processes, whose activities have effects by themselves.

A worker says what its activity is about to do. The network decides what happens to the call, and
answers with what the worker is to do next: run the activity and say how that ended, or return what
the caller sees. So every fault can happen before, after and around an activity that runs elsewhere:
it may be run late, twice, or not at all.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from msgspec import structs

from sagacheck.http.world_store import WorldStore
from sagacheck.http.write_ahead_log import NotWrittenError
from sagacheck.network import Call, IncompleteReplyError, TransportError, WireReply
from sagacheck.services import RefusedError
from sagacheck.world import ParsingError

Message = Mapping[str, Any]
"""What a worker is answered: one of ``do``, ``reply``, ``error`` and ``over``."""

LOOK_EVERY_SECONDS = 0.2
SETTLE_SECONDS = 5.0
"""How long workers may take to do late what they were asked for, when everything is to end."""


class RemoteCalls:
    """The calls that are under way.

    Attributes:
        calls: The calls by their ids.
    """

    def __init__(self) -> None:
        self.calls: dict[str, _RemoteCall] = {}

    async def begin(self, store: WorldStore, call: Call, limit: float | None) -> Message:
        """Begin a call; returns what its caller is to do first.

        Args:
            store: The world that it goes to.
            call: The call.
            limit: How many seconds its caller may take to do what the call is about; ``None`` for a
                call whose service does all.
        """
        remote = _RemoteCall(store, call, limit)
        self.calls[remote.id] = remote
        try:
            return await self._next(remote)
        except asyncio.CancelledError:
            remote.end()  # its caller has left
            raise

    async def done(self, name: str, error: RefusedError | None) -> Message:
        """The caller has done what it was to do; returns what it is to do next.

        Args:
            name: The id of the call.
            error: How it failed; ``None`` where it has not.

        Raises:
            ParsingError: There is no such call, or its caller was to do nothing.
        """
        remote = self._named(name)
        remote.done(error)
        return await self._next(remote)

    async def next_of(self, name: str) -> Message:
        """What the caller of a call is to do late, though it does not wait for its reply any more.

        Raises:
            ParsingError: There is no such call.
        """
        return await self._next(self._named(name))

    async def settle(self) -> None:
        """Wait until every call is over; those whose callers are gone are ended."""
        deadline = asyncio.get_running_loop().time() + SETTLE_SECONDS
        while self.calls and asyncio.get_running_loop().time() < deadline:
            self._forget_those_that_are_over()
            await asyncio.sleep(0 if not self.calls else LOOK_EVERY_SECONDS / 4)
        for remote in list(self.calls.values()):
            remote.end()
        self.calls.clear()
        await asyncio.sleep(0)

    def _named(self, name: str) -> _RemoteCall:
        remote = self.calls.get(name)
        if remote is None:
            raise ParsingError(f"there is no call {name[:80]} under way")
        return remote

    async def _next(self, remote: _RemoteCall) -> Message:
        message = await remote.next()
        if not message.get("later") and "do" not in message:
            self.calls.pop(remote.id, None)
        return message

    def _forget_those_that_are_over(self) -> None:
        for name, remote in list(self.calls.items()):
            if remote.is_over:
                del self.calls[name]


class _RemoteCall:
    """One call."""

    def __init__(self, store: WorldStore, call: Call, limit: float | None) -> None:
        self.id = uuid.uuid4().hex
        self._store = store
        self._order = call.order
        self._limit = limit
        self._messages: asyncio.Queue[Message] = asyncio.Queue()
        self._asked: asyncio.Future[None] | None = None
        self._has_ended = False
        if limit is not None:
            call = structs.replace(call, action=self._ask)
        store.recall_for(call)
        self._sending = asyncio.get_running_loop().create_task(self._send(call))

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen."""
        return self._sending.done() and not self._is_under_way and self._messages.empty()

    @property
    def _is_under_way(self) -> bool:
        if self._limit is None:
            return False  # what arrives late does so without its caller
        return self._order in self._store.world.journal.orders_under_way()

    async def next(self) -> Message:
        """The next message to the caller."""
        while True:
            if self.is_over:
                if not self._sending.cancelled():
                    self._sending.result()  # an error of the fakes themselves is not kept quiet
                return {"over": True}
            try:
                async with asyncio.timeout(LOOK_EVERY_SECONDS):
                    return await self._messages.get()
            except TimeoutError:
                continue

    def done(self, error: RefusedError | None) -> None:
        """The caller has done what it was asked for.

        Raises:
            ParsingError: It was asked for nothing.
        """
        if self._asked is None or self._asked.done():
            raise ParsingError(f"the call {self.id} has nothing to be done")
        if error is None:
            self._asked.set_result(None)
        else:
            self._asked.set_exception(error)

    def end(self) -> None:
        """The caller is gone: it does nothing any more."""
        self._has_ended = True
        if self._asked is not None and not self._asked.done():
            self._asked.set_exception(_gone())
        if not self._sending.done() and self._asked is None:
            self._sending.cancel()

    async def _send(self, call: Call) -> None:
        message: dict[str, Any]
        try:
            message = {"reply": _reply(await self._store.network.send(call))}
        except IncompleteReplyError as error:
            message = {"error": error.kind, "detail": str(error), "reply": _reply(error.reply)}
        except TransportError as error:
            message = {"error": error.kind, "detail": str(error)}
        try:
            self._store.commit()
        except NotWrittenError as error:
            message = {"error": "read_error", "detail": str(error)}
        later = self._is_under_way
        self._messages.put_nowait(
            {"call": self.id, **message, **({"later": True} if later else {})}
        )

    async def _ask(self) -> None:
        """Let the caller do what the call is about.

        Raises:
            RefusedError: It has failed, or is gone.
        """
        if self._has_ended:
            raise _gone()
        self._store.commit()
        asked = self._asked = asyncio.get_running_loop().create_future()
        self._messages.put_nowait({"call": self.id, "do": True})
        try:
            async with asyncio.timeout(self._limit):
                await asked
        except TimeoutError:
            raise _gone() from None
        finally:
            self._asked = None


def _gone() -> RefusedError:
    detail = "the worker that was to do it is gone"
    return RefusedError(HTTPStatus.INTERNAL_SERVER_ERROR, "worker_gone", detail)


def _reply(wire: WireReply) -> Message:
    content = wire.content.decode(errors="replace")
    return {"status": wire.status, "headers": dict(wire.headers), "content": content}
