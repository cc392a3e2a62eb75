"""The simulated engine: scenarios in virtual time, one event loop each, no server.

The real workflow code and the real activities run on `sagacheck.temporal`. The same seed gives the
same run, down to the last byte of its journal.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, AsyncExitStack, suppress
from functools import partial
from types import TracebackType
from typing import Any, Self

from temporalio.client import WorkflowHistory

from sagacheck.checks import Ending
from sagacheck.engines.answer import Answer
from sagacheck.engines.event_client import EventClient
from sagacheck.engines.order_workflow import OrderWorkflow, order_in
from sagacheck.engines.quiet import quiet_sdk
from sagacheck.engines.trial import DAY, Trial
from sagacheck.inprocess import AttemptContext, httpx_patch, in_context
from sagacheck.network import Moment, WorkerCrash
from sagacheck.saga import SagaUnderTest
from sagacheck.temporal import (
    AttemptFacts,
    DeadlockError,
    FastClient,
    NeverReports,
    NoResultError,
    SimulatedTemporal,
    SimulatedWorker,
    VirtualTimeLoop,
    is_plain,
    running_loop,
    simulated_client,
)
from sagacheck.world import Attempt, LoopClock

TASK_QUEUE = "orders"
TURNS_AT_ONCE = 1_000
TURNS_A_SECOND = 20
"""What an order may take of the event loop: a call takes two turns or three, and one that is tried
each second, for as long as an outage lasts, is no spinning."""


class SimulatedEngine:
    """Plays trials in virtual time; use it with ``async with``.

    Args:
        saga: The saga under test.
        seed: Decides what is random: run ids, and the workflows' own random numbers.
        evict_always: Whether each workflow is forgotten after each of its tasks, and rebuilt for
            the next by replaying its history.
    """

    name = "simulated"

    def __init__(self, saga: SagaUnderTest, *, seed: int = 0, evict_always: bool = False) -> None:
        self._saga = saga
        self._evict_always = evict_always
        self._seed = seed
        self._stack = AsyncExitStack()
        self._loop: VirtualTimeLoop | None = None

    async def __aenter__(self) -> Self:
        self._stack.enter_context(httpx_patch())
        self._stack.enter_context(quiet_sdk())
        self._thread = self._stack.enter_context(ThreadPoolExecutor(max_workers=1))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._stack.aclose()
        if self._loop is not None:
            self._loop.close()

    def new_clock(self) -> LoopClock:
        """A clock that follows the trial's own event loop."""
        return LoopClock()

    async def play(self, trial: Trial) -> None:
        """Play `trial` to its end; its outcomes tell how its orders ended."""
        # A loop cannot run inside a running one, so the trial's runs in a thread beside it.
        await asyncio.get_running_loop().run_in_executor(self._thread, self.play_now, trial)

    def play_now(self, trial: Trial) -> None:
        """Play `trial` in this thread, in which no event loop may be running.

        Trials are played one after another. What comes of one depends on nothing but the trial.
        """
        loop, self._loop = self._loop or VirtualTimeLoop(), None
        try:
            stage = _Stage(trial, self._saga, self._seed, cached=not self._evict_always)
            loop.run_until_complete(stage.play())
        except BaseException:
            _close(loop)
            raise
        if loop.has_threads:
            _close(loop)  # whatever hangs in there would hold up the time of the next trial
        else:
            loop.restart()
            self._loop = loop


class _Stage:
    """All that is made anew for one trial."""

    def __init__(
        self, trial: Trial, saga: SagaUnderTest, seed: int, *, cached: bool = True
    ) -> None:
        self._trial = trial
        self._temporal = temporal = SimulatedTemporal(
            seed=seed, search_attributes=saga.search_attributes
        )
        connect = partial(simulated_client, temporal, saga.data_converter)
        self._worker = SimulatedWorker(
            workflows=[saga.workflow, *saga.children],
            activities=saga.activities,
            data_converter=saga.data_converter,
            client=connect,
            interceptors=saga.interceptors,
            around=self._around,
            cached=cached,
        )
        temporal.register(TASK_QUEUE, self._worker)
        self._runs = {
            order.id: SimulatedRun(
                temporal,
                trial,
                order,
                connect,
                workflow_id=saga.workflow_id.format(order_id=order.id),
                task_queue=TASK_QUEUE,
            )
            for order in trial.scenario.orders
        }
        self._order_of = {run.workflow_id: order for order, run in self._runs.items()}

    async def play(self) -> None:
        trial = self._trial
        trial.client = EventClient(self._runs)
        if trial.has_fault("evict"):
            trial.network.observers.append(self._evict)
        trial.begin()
        spins = self._watch_for_spinning()
        try:
            for run in self._runs.values():
                await run.submit()
            if 0.0 in trial.times_ahead:
                opening = asyncio.create_task(trial.advance_to(0.0))
                # Those events come first; an update waits for the worker, though.
                await asyncio.wait({opening}, timeout=0.001)
                self._worker.start()
                await opening
            else:
                self._worker.start()
            for run in self._runs.values():
                await run.see_to_the_end(spins)
            if not spins.done():  # the clock cannot be moved on otherwise
                await trial.finish()
            for run in self._runs.values():
                await run.see_to_later_ends(spins)
            for run in self._runs.values():
                trial.outcomes[run.order.id] = await run.conclude()
        finally:
            for run in self._runs.values():
                run.forget()
            self._temporal.close()
            trial.close()

    def _watch_for_spinning(self) -> asyncio.Future[None]:
        """Done once the trial goes on and on, while hardly any time passes."""
        loop = running_loop()
        spins = loop.create_future()
        orders = len(self._runs)
        loop.limit_turns(
            TURNS_AT_ONCE * orders, TURNS_A_SECOND * orders, lambda: spins.set_result(None)
        )
        return spins

    def _around(self, attempt: AttemptFacts) -> AbstractContextManager[None]:
        """Put an attempt into its world, and let it die there."""
        loop = running_loop()
        return _Life(
            AttemptContext(
                self._trial.network,
                order=order_in(self._order_of, attempt.workflow_id),
                activity=attempt.activity_type,
                loop=loop,
                waiting=loop.thread_waits,
            )
        )

    async def _evict(self, moment: Moment, attempt: Attempt) -> None:
        if moment is Moment.AFTER and attempt.fault == "evict":
            self._temporal.evict(self._runs[attempt.order].workflow_id)


class _Life(in_context):
    """An attempt's life in its world; when it ends before its time, nobody is told."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        super().__exit__(kind, error, trace)
        if isinstance(error, WorkerCrash):
            raise NeverReports(str(error)) from None


class SimulatedRun(OrderWorkflow):
    """One order of a trial on the simulated service."""

    def __init__(self, temporal: SimulatedTemporal, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._temporal = temporal
        converter = self.trial.saga.data_converter
        plain = is_plain(converter)
        self._fast_client = FastClient(temporal, converter.payload_converter) if plain else None

    async def _start_workflow(self, workflow: str, argument: Any, **options: Any) -> None:
        if self._fast_client is None:
            await super()._start_workflow(workflow, argument, **options)
        else:
            self._fast_client.start_workflow(workflow, argument, **options)

    async def _ending(self) -> Ending:
        if self._fast_client is not None:
            with suppress(NoResultError):
                return Ending.of_result(await self._fast_client.result(self.workflow_id))
        return await super()._ending()

    async def _last_ending(self) -> Ending:
        """What the last who placed the order was told: the service says it to all alike."""
        return await self._told[-1]

    async def _history(self) -> WorkflowHistory:
        """The service's own events: the client would read them page by page."""
        return self._temporal.history(self.workflow_id).as_workflow_history(self.workflow_id)

    def _broken_replay(self, history: WorkflowHistory) -> str:
        # Most histories tell of no failed task, and then nobody needs to read their events.
        failed = self._temporal.history(self.workflow_id).has_event("workflow_task_failed")
        return super()._broken_replay(history) if failed else ""

    async def see_to_the_end(self, spins: asyncio.Future[None]) -> None:
        """Wait for the end of the order, for two days of virtual time at the most.

        One order after another is waited for; each notes for itself when it has ended.

        Args:
            spins: Done once nobody should wait for the trial any more.
        """
        await self._wait_for(self._told[0], spins, until=2 * DAY)
        if self._waits_for:
            self._told[0].remove_done_callback(self._note_the_end)

    async def see_to_later_ends(self, spins: asyncio.Future[None]) -> None:
        """Wait for what those are told who have placed the order again: it may run once more.

        Args:
            spins: As above.
        """
        until = max(2 * DAY, self.trial.clock.now() + DAY)
        for told in self._told[1:]:
            if not self._waits_for:
                await self._wait_for(told, spins, until=until)

    async def _wait_for(
        self, told: asyncio.Task[Ending], spins: asyncio.Future[None], *, until: float
    ) -> None:
        limit = until - self.trial.clock.now()
        ends: set[asyncio.Future[Any]] = {told, spins}
        await asyncio.wait(ends, timeout=limit, return_when=asyncio.FIRST_COMPLETED)
        if not told.done():
            self._waits_for = self._how_busy() if spins.done() else await self._why_stuck()

    async def submit(self) -> Answer:
        """Place the order, and note when the first who has placed it is told of its end."""
        answer = await super().submit()
        if len(self._told) == 1:
            self._told[0].add_done_callback(self._note_the_end)
        return answer

    def _note_the_end(self, told: asyncio.Task[Ending]) -> None:
        if not told.cancelled():
            self._ended_at = self.trial.clock.now()

    def _replays(self, history: WorkflowHistory) -> int:
        return self._temporal.replays(self.workflow_id)

    def _how_busy(self) -> str:
        events = len(self._temporal.history(self.workflow_id))
        calls = sum(attempt.order == self.order.id for attempt in self.trial.world.journal)
        return (
            f"at {self.trial.clock.now():g} s the trial spins, and hardly any time passes; "
            f"{events:,} events and {calls:,} calls are this order's"
        )

    async def _why_stuck(self) -> str:
        state = await self.view.state()
        if state.task_attempt > 1:
            return f"its workflow task fails again and again: {await self.view.task_failure()}"
        return f"after two days it waits for {state.waits_for}"


def _close(loop: VirtualTimeLoop) -> None:
    loop.cancel_tasks()
    loop.close()


__all__ = ["DeadlockError", "SimulatedEngine"]
