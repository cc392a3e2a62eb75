"""The workflow of an order on the simulated service."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

from temporalio.client import Client, WorkflowHistory

from sagacheck.checks import Ending
from sagacheck.engines.events.answer import Answer
from sagacheck.engines.order_workflow import OrderWorkflow
from sagacheck.engines.trial import Trial
from sagacheck.language import AnyOrder
from sagacheck.plural import count
from sagacheck.temporal import FAST_OPTIONS, FastClient, NoResultError, SimulatedTemporal, is_plain

ACCEPTANCE_SECONDS = 0.001
"""Of virtual time, in which a worker accepts a message if it can."""


class SimulatedOrderWorkflow(OrderWorkflow):
    """The workflow of an order on the simulated service.

    Args:
        trial: The trial that the order belongs to.
        order: The order.
        connect: Gives a client of the service, should it be needed.
        temporal: The service.
        workflow_id: The id of the workflow.
        task_queue: The queue of the worker that is to run it.
        is_known: Whether the workflow with an id belongs to an order.

    Attributes:
        attempts: How many attempts at its activities were made.
    """

    def __init__(  # noqa: PLR0913 - made in one place, from what that place has
        self,
        trial: Trial,
        order: AnyOrder,
        connect: Callable[[], Client],
        *,
        temporal: SimulatedTemporal,
        workflow_id: str,
        task_queue: str,
        is_known: Callable[[str], bool],
    ) -> None:
        super().__init__(
            trial,
            order,
            connect,
            workflow_id=workflow_id,
            task_queue=task_queue,
            is_known=is_known,
        )
        self._temporal = temporal
        self.attempts = 0
        converter = trial.saga.data_converter
        plain = is_plain(converter)
        self._fast_client = FastClient(temporal, converter.payload_converter) if plain else None

    @property
    def acceptance_seconds(self) -> float:
        """How long a client's message may take to be accepted before the calls go on."""
        return ACCEPTANCE_SECONDS

    @property
    def patience(self) -> timedelta:
        """How long a client waits for the answer to a message, in virtual time."""
        return timedelta(seconds=self.trial.saga.horizon_seconds)

    async def settle(self) -> None:
        """Return at once: the workflow sees what is sent to it before any time passes."""

    async def submit(self, changed: AnyOrder | None = None) -> Answer:
        """Place the order, and note when the workflow ends that the first client waits for."""
        answer = await super().submit(changed)
        if len(self._endings) == 1:
            self._endings[0].add_done_callback(self._note_the_end)
        return answer

    async def wait_for_end(self, livelock: asyncio.Future[None]) -> None:
        """Wait for the end of the order, for the horizon of the saga at the most.

        One order after another is waited for; each notes for itself when it has ended.

        Args:
            livelock: Done once the trial is in a livelock, and no order will end.
        """
        if not self.is_placed:
            return
        await self._wait_for(self._endings[0], livelock, until=self.trial.saga.horizon_seconds)
        if self._waits_for:
            self._endings[0].remove_done_callback(self._note_the_end)

    async def wait_for_later_ends(self, livelock: asyncio.Future[None]) -> None:
        """Wait for the ends that later clients get, which have placed the order again.

        The workflow may run once more for them. An order may even be placed later than others end.

        Args:
            livelock: As above.
        """
        saga, now = self.trial.saga, self.trial.clock.now()
        until = max(saga.horizon_seconds, now + saga.horizon_seconds - saga.faults_end_at)
        for ending in self._endings:
            if not self._waits_for:
                await self._wait_for(ending, livelock, until=until)

    async def _wait_for(
        self, ending: asyncio.Task[Ending], livelock: asyncio.Future[None], *, until: float
    ) -> None:
        if ending.done():
            return
        limit = until - self.trial.clock.now()
        either: set[asyncio.Future[Any]] = {ending, livelock}
        await asyncio.wait(either, timeout=limit, return_when=asyncio.FIRST_COMPLETED)
        if not ending.done():
            self._waits_for = self._how_busy() if livelock.done() else await self._why_stuck()

    def _note_the_end(self, ending: asyncio.Task[Ending]) -> None:
        if not ending.cancelled():
            self._ended_at = self.trial.clock.now()

    def _how_busy(self) -> str:
        if self.attempts >= 2 * self.trial.saga.attempt_limit:
            made = count(self.attempts, "attempt")
            return f"it has made {made} at activities (SagaUnderTest.attempt_limit)"
        events = len(self._temporal.history(self.workflow_id))
        calls = sum(attempt.order == self.order.id for attempt in self.trial.world.journal)
        return (
            f"at {self.trial.clock.now():g} s the trial makes no progress: hardly any time passes, "
            f"with {count(events, 'event')} and {count(calls, 'call')} of this order"
        )

    async def _why_stuck(self) -> str:
        state = await self.view.state()
        if state.task_attempt > 1:
            return f"its workflow task keeps failing: {await self.view.task_failure()}"
        return f"after {self.trial.saga.horizon_in_words} it waits for {state.waits_for}"

    # -- shorter ways than by the SDK's client ----------------------------------------------------

    async def _start_workflow(
        self, workflow: str, arguments: Sequence[Any], **options: Any
    ) -> None:
        if self._fast_client is None or not options.keys() <= FAST_OPTIONS:
            await super()._start_workflow(workflow, arguments, **options)
        else:
            self._fast_client.start_workflow(workflow, arguments, **options)

    async def _ending(self) -> Ending:
        if self._fast_client is not None:
            with suppress(NoResultError):
                result = await self._fast_client.result(self.workflow_id)
                return Ending.of_result(result, self.trial.saga.reading)
        return await super()._ending()

    async def _last_ending(self) -> Ending:
        """The end that the last client got: the service gives the same to all that ask later."""
        return await self._endings[-1]

    async def _history_of(self, workflow_id: str) -> WorkflowHistory:
        """The service's own events: the client would read them page by page."""
        return self._temporal.history(workflow_id).as_workflow_history(workflow_id)

    async def _strangers(self, history: WorkflowHistory) -> str:
        # Most workflows start no children, and then their events need not be read.
        events = self._temporal.history(self.workflow_id)
        telling = ("start_child_workflow_execution_initiated", "workflow_task_failed")
        if self._temporal.unserved or any(events.has_event(each) for each in telling):
            return await super()._strangers(history)
        return ""

    def _broken_replay(self, history: WorkflowHistory) -> str:
        # Most histories have no failed task, and then their events need not be read.
        failed = self._temporal.history(self.workflow_id).has_event("workflow_task_failed")
        return super()._broken_replay(history) if failed else ""

    def _replays(self, history: WorkflowHistory) -> int:
        return self._temporal.replays(self.workflow_id)
