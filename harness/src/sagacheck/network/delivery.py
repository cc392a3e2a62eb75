"""One attempt under way: the call, its arrivals at the service, and the time its caller waits."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextvars import copy_context
from typing import Any, NoReturn

import msgspec

from sagacheck.network.callbacks import Callback, CallbackSink
from sagacheck.network.faults import Fault
from sagacheck.network.wire import NoReplyError, WorkerCrash
from sagacheck.services import Handling, Operation, RefusedError, Request, Service
from sagacheck.world import Arrival, Attempt, Clock, Journal, Reply

Action = Callable[[], Awaitable[None]]
"""What an activity does by itself; it raises `RefusedError` where it failed."""


class Call(msgspec.Struct, frozen=True):
    """A request as its caller makes it.

    Attributes:
        operation: What it asks for.
        fields: Path and query parameters and the body's members together.
        order: The order it is made for; empty where the request itself has to say.
        activity: The activity that makes it, if any.
        execution: The workflow, the number of its run, and the id of that activity, if known.
        retry: Which attempt of the activity makes it, from 1; 0 where that is unknown.
        timeout: The caller's timeout in seconds; ``None`` if it is unknown.
        lifetime: Seconds until the caller's own attempt times out (start-to-close).
        malformed: What is wrong with the body, where it could not be read; empty if nothing is.
        too_large: Whether it is the size of the body that is wrong.
        unread_key: The header that looks like an idempotency key and is not read; empty for none.
        connected: Whether the connection is open already, so that a refusal looks like a reset.
        action: Does what the call is about, where an activity does so by itself; ``None`` for a
            request, of which its service does all.
    """

    operation: Operation
    fields: Mapping[str, Any]
    order: str = ""
    activity: str = ""
    execution: str = ""
    retry: int = 0
    timeout: float | None = None
    lifetime: float | None = None
    malformed: str = ""
    too_large: bool = False
    unread_key: str = ""
    connected: bool = False
    action: Action | None = None


class Delivery(msgspec.Struct):
    """An attempt with both of its sides, the caller's and the service's.

    Attributes:
        detached: Where it puts actions that begin late: their callers have gone.
        callbacks: Takes what the service is going to tell the saga; ``None`` where nobody listens.
        callback_fault: What happens to that, if anything.
    """

    call: Call
    attempt: Attempt
    journal: Journal
    service: Service
    request: Request
    clock: Clock
    detached: set[asyncio.Task[None]]
    callbacks: CallbackSink | None = None
    callback_fault: Fault | None = None

    async def arrive(self) -> Handling:
        """Let the request arrive at its service, and add the arrival to the journal.

        What an activity does by itself is done now, and its service records the effect then. It is
        not done where the service refuses it.
        """
        if self.call.action is None:
            return self._record(self.service.begin(self.request))
        try:
            self.service.check(self.request)
            await self.call.action()
        except RefusedError as refused:
            return self._record(Handling(refused.reply()))
        return self._record(self.service.begin(self.request))

    def _record(self, handling: Handling) -> Handling:
        self.journal.arrive(
            self.attempt,
            Arrival(
                at=self.clock.now(),
                status=handling.reply.status,
                code=handling.reply.code,
                entries=handling.entries,
            ),
        )
        if self.callbacks is not None and handling.entries and self.call.operation.callback:
            self.callbacks(self._callback(handling.reply), self.callback_fault)
        return handling

    def _callback(self, reply: Reply) -> Callback:
        operation, request = self.call.operation, self.request
        body = self.service.callback_body(request, reply)
        return Callback(operation.callback, request.order, operation.name, body)

    async def answer(self) -> Reply:
        """Let the request arrive and its reply leave at once."""
        return self.service.finish(await self.arrive())

    async def reply_after(self, delay: float, prepare: Callable[[], Awaitable[Reply]]) -> Reply:
        """The reply that `prepare` makes in `delay` seconds, whether or not the caller still waits.

        Raises:
            NoReplyError: The caller's timeout passes first.
        """
        left: list[Reply] = []
        replied = asyncio.Event()
        context = copy_context()

        async def reply() -> None:
            try:
                left.append(await prepare())
                replied.set()
            finally:
                self.journal.end(self.attempt)

        def leave() -> None:
            if self.call.action is None:
                _run_to_its_end(reply())  # at this very moment of the world's clock
                return
            task = asyncio.get_running_loop().create_task(reply(), context=context)
            self.detached.add(task)
            task.add_done_callback(self.detached.discard)

        self.journal.begin(self.attempt)
        self.clock.call_at(self.clock.now() + delay, leave)
        timeout = self.call.timeout
        if timeout is not None and timeout <= delay:
            await self.time_out()
        await self._pass_time(delay)
        await replied.wait()  # two timers of the same moment may fire in either order
        return left[0]

    async def time_out(self) -> NoReturn:
        """Let the caller wait until its timeout.

        Raises:
            NoReplyError: Its timeout has passed.
            WorkerCrash: Its own attempt timed out before.
        """
        if self.call.timeout is None and self.call.lifetime is None:
            await asyncio.get_running_loop().create_future()  # until the caller hangs up
        await self._pass_time(self.call.timeout)
        raise NoReplyError(f"no reply within {self.call.timeout:g} s")

    async def _pass_time(self, seconds: float | None) -> None:
        lifetime = self.call.lifetime
        if lifetime is not None and (seconds is None or seconds > lifetime):
            msg = f"the attempt outlived its start-to-close timeout of {lifetime:g} s"
            raise WorkerCrash(msg)
        assert seconds is not None, "a caller without any limit waits on the loop"
        await self.clock.sleep_until(self.clock.now() + seconds)


def _run_to_its_end(coroutine: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine that waits for nothing."""
    try:
        coroutine.send(None)
    except StopIteration:
        return
    msg = "what a service does waits for nothing"
    raise RuntimeError(msg)
