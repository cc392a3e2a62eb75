"""The workflow of an order on a Temporal server, where time is skipped or passes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio import activity
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import DeleteWorkflowExecutionRequest
from temporalio.client import Client, WorkflowHistory
from temporalio.testing import TimeSkipper, TimeSkippingConfig

from sagacheck.engines.event_client import PATIENCE
from sagacheck.engines.events.answer import Answer
from sagacheck.engines.histories import unsticky_tasks
from sagacheck.engines.order_workflow import OrderWorkflow
from sagacheck.engines.server.left_children import LeftChildren
from sagacheck.engines.server.passing_time import fast_forward, pass_time
from sagacheck.engines.server.stepped_time import times_of
from sagacheck.engines.server.stuck_detector import StuckDetector
from sagacheck.engines.server.time_gaps import TimeGaps
from sagacheck.engines.server.world_times import WorldTimes
from sagacheck.engines.trial import Trial
from sagacheck.engines.workflow_view import WorkflowState, WorkflowView
from sagacheck.language import AnyOrder

MAX_SKIPS = 1_000_000
"""By default the server stops skipping time after 200 skips, without an error."""
LEFTOVER_SECONDS = 120.0
"""Of real time: how long attempts are waited for that have outlived their workflow."""
NO_TIME = timedelta()
DEATH_NOTICE = timedelta(seconds=1)
"""The start-to-close timeout that the server gets for an attempt whose worker has died."""

DELETION_SECONDS = 120.0
"""Of real time, in which a server deletes a workflow."""

ACCEPTANCE_SECONDS = 20.0
"""Of real time, in which a worker accepts a message if it can, on a busy machine too."""
BUSY_ACCEPTANCE_SECONDS = 0.05
"""The same, while a local activity keeps the workflow inside of its task: the worker cannot."""


class ServerOrderWorkflow(OrderWorkflow):
    """The workflow of an order on a Temporal server.

    Args:
        trial: The trial that the order belongs to.
        order: The order.
        client: The connection to the server.
        workflow_id: The id of the order's workflow, unique on the server.
        task_queue: The queue of the worker that is to run it.
        skips_time: Whether the server can skip time.
        is_known: Whether the workflow with an id belongs to an order.
    """

    def __init__(  # noqa: PLR0913 - made in one place, from what that place has
        self,
        trial: Trial,
        order: AnyOrder,
        client: Client,
        *,
        workflow_id: str,
        task_queue: str,
        skips_time: bool,
        is_known: Callable[[str], bool],
    ) -> None:
        self._skips_time = skips_time
        # With events of its own the order's time is skipped step by step, from one to the next.
        has_events = times_of(trial, order.id) or trial.next_while_waiting(order.id) is not None
        skip_freely = not has_events and not trial.calls_back
        self.times = None if skip_freely or not skips_time else WorldTimes(trial)
        config = TimeSkippingConfig(enabled=skip_freely, max_session_skip_count=MAX_SKIPS)
        self._skipper = TimeSkipper(client, config=config)
        client = self._skipper.client if skips_time else client
        super().__init__(
            trial,
            order,
            lambda: client,
            workflow_id=workflow_id,
            task_queue=task_queue,
            is_known=is_known,
        )
        left_to_skip = self._skipper if skips_time else None
        self._left_children = LeftChildren(client, left_to_skip, LEFTOVER_SECONDS)
        self._placed = asyncio.Event()
        self.jumped = 0.0
        self._abandoned: set[str] = set()
        self._gaps = TimeGaps()
        self._local_attempts = 0
        self._attempts = 0
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def acceptance_seconds(self) -> float:
        """How long a client's message may take to be accepted before the calls go on."""
        return BUSY_ACCEPTANCE_SECONDS if self._local_attempts else ACCEPTANCE_SECONDS

    @property
    def patience(self) -> timedelta:
        """How long a client waits for the answer to a message, in real time."""
        return PATIENCE

    async def submit(self, changed: AnyOrder | None = None) -> Answer:
        """Place the order; one that is placed later than others begins at the world's present."""
        if not self.is_placed and self.trial.has_begun:
            now = datetime.now(UTC)
            passed = (now - self.trial.began_at(now)).total_seconds()
            self.jumped = max(0.0, self.trial.clock.now() - passed)
        answer = await super().submit(changed)
        self._placed.set()
        return answer

    async def wait_for_end(self) -> None:
        """Let time pass, with the order's own events at their times, until the order has ended.

        One that is to be placed by an event is waited for first.
        """
        await self._placed.wait()
        passing = asyncio.create_task(pass_time(self))
        try:
            detector = StuckDetector(
                self.trial,
                self.view,
                patient=not self._skips_time,
                world_time=self.world_time,
                strangers=self._strangers,
            )
            self._waits_for = await detector.wait_for(self._endings[0])
        finally:
            passing.cancel()
            with suppress(asyncio.CancelledError):
                await passing
        if not self._waits_for:
            await self._note_end()
        elif detector.gave_up:
            self.trial.troubles.append(f"{self.order.id}: {self._waits_for}")

    async def _start_workflow(
        self, workflow: str, arguments: Sequence[Any], **options: Any
    ) -> None:
        if self._is_forgotten:
            await self._delete_execution()
        await super()._start_workflow(workflow, arguments, **options)

    @property
    def _is_forgotten(self) -> bool:
        """Whether Temporal would have forgotten the workflow, were its time the world's."""
        retention = self.trial.scenario.given.retention
        if retention is None or self._ended_at is None:
            return False
        return self.trial.clock.now() >= self._ended_at + retention

    async def _delete_execution(self) -> None:
        """Delete the workflow: the server's own retention counts real days."""
        client = self._client
        await client.workflow_service.delete_workflow_execution(
            DeleteWorkflowExecutionRequest(
                namespace=client.namespace,
                workflow_execution=WorkflowExecution(workflow_id=self.workflow_id),
            )
        )
        try:
            async with asyncio.timeout(DELETION_SECONDS):
                while await self.view.exists():  # noqa: ASYNC110 - the server tells nobody
                    await asyncio.sleep(0.01)
        except TimeoutError:
            detail = f"{self.order.id}: the server did not delete its workflow to forget it"
            self.trial.troubles.append(detail)

    async def let_attempts_end(self) -> None:
        """Let attempts that have outlived their workflow end, if they do so by themselves.

        To be called before the world's clock goes on to later events: it would pass them by in the
        midst of their calls, which would then have taken as long. One that waits for such an event
        is not waited for long.
        """
        if not self.is_stuck:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._idle.wait(), ACCEPTANCE_SECONDS)

    async def wait_for_leftovers(self) -> bool:
        """Wait for attempts and children that have outlived their workflow; whether any had."""
        if self.is_stuck or not self.is_placed:
            return False  # an order that is stuck may never end, and the verdict says so
        found = await self._wait_for_attempts()
        return await self._left_children.end(self.view) or found

    async def _wait_for_attempts(self) -> bool:
        if not self._attempts:
            return False
        try:
            await asyncio.wait_for(self._idle.wait(), LEFTOVER_SECONDS)
        except TimeoutError:
            after = f"{LEFTOVER_SECONDS:g} s of real time after its order has ended"
            self.trial.troubles.append(f"{after}, an attempt at an activity is still under way")
            return False
        return True

    def _replays(self, history: WorkflowHistory) -> int:
        # The first task has nothing to replay.
        return max(0, unsticky_tasks(history.events) - 1)

    # -- time ---------------------------------------------------------------------------------

    async def settle(self) -> None:
        """Return once the workflow has seen what was sent to it, if it can."""
        if not self._local_attempts:  # such an attempt keeps the workflow inside of its task
            await self.until_no_task_waits()

    @contextmanager
    def attempt_under_way(self, info: activity.Info) -> Iterator[None]:
        """While open, an attempt at an activity of the order is under way."""
        self._local_attempts += info.is_local
        self._attempts += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._local_attempts -= info.is_local
            self._attempts -= 1
            if not self._attempts:
                self._idle.set()

    async def begin_attempt(self, info: activity.Info) -> float:
        """Bring the world's clock to the moment at which an attempt begins.

        Returns:
            That moment.
        """
        if info.workflow_id != self.workflow_id:
            await self._note_end()  # a child may outlive it, and move the clock on
        started_at = await self._virtual_now() if info.is_local else info.started_time
        begun = self._since_zero(started_at) + self.jumped
        if self.times is not None and info.workflow_id == self.workflow_id:
            events = (await self.view.history()).events
            if self.times is not None:  # it may skip freely by now
                begun = self.times.begin(info, events)
        await self.trial.advance_to(begun)
        self.unplayable = self.unplayable or self._gaps.overdue(info)
        if info.activity_id in self._abandoned:
            self._abandoned.discard(info.activity_id)
            await self._limit_attempt(info, None)
        return begun

    async def _note_end(self) -> None:
        """Note when the order ended, if it has."""
        if self._ended_at is None and (await self.view.state()).has_ended:
            self._ended_at = self.trial.clock.now()

    def world_time(self, state: WorkflowState) -> float:
        """The moment of the world's clock at which the server described the workflow."""
        if self.times is not None:
            return self.trial.clock.now()
        now = state.virtual_time if self._skips_time else datetime.now(UTC)
        return self._since_zero(now) + self.jumped

    def _since_zero(self, moment: datetime) -> float:
        """Seconds of the workflow's time since the world's clock showed zero.

        That was when the first attempt or look came, less what was skipped before: a timer that the
        workflow waits for ahead of its first call counts, and the start of a worker does not.
        """
        skipped = moment - datetime.now(UTC) if self._skips_time else NO_TIME
        return (moment - self.trial.began_at(moment - max(skipped, NO_TIME))).total_seconds()

    async def _virtual_now(self) -> datetime:
        """The workflow's time, for a local activity: it starts in its worker, not on the server."""
        if not self._skips_time:
            return datetime.now(UTC)
        return (await self.view.state()).virtual_time

    def give_up_on_local_crash(self, info: activity.Info) -> None:
        """Note that a worker cannot die under a local activity here.

        Its workflow task would have to die with it, and the worker is in this process. An eviction
        is no substitute: sdk-core completes the task with the markers that it has, so the workflow
        keeps the local activities that are done; with a dead worker it would lose them.
        """
        self.unplayable = (
            f"the worker of {self.order.id} was to die under the local activity "
            f"{info.activity_type}, and the server engine cannot kill its own process; "
            "use --engine simulated"
        )

    async def catch_up(
        self, info: activity.Info, began: float, begun: float, first_attempt: int
    ) -> None:
        """Bring the world's clock to the moment of a call: what its activity did took real time.

        Args:
            info: Its attempt.
            began: When that began, in seconds of ``time.monotonic``.
            begun: When that was in the world.
            first_attempt: The number of the first call that the attempt may have made.
        """
        passed = time.monotonic() - began
        if self.times is not None and info.workflow_id == self.workflow_id:
            passed = self.times.taken(info)
        await self.trial.advance_to(begun + passed + self._time_of_calls(first_attempt))

    async def spend_time_of_calls(
        self, info: activity.Info, began: float, first_attempt: int
    ) -> None:
        """Add the time that callers spent waiting, which did not pass on the server.

        Args:
            info: The attempt that made the calls.
            began: When it began, in seconds of ``time.monotonic``.
            first_attempt: The number of the first call that it may have made.
        """
        await self._jump(info, began, self._time_of_calls(first_attempt))

    async def _jump(self, info: activity.Info, began: float, seconds: float) -> None:
        """Let time pass that does not pass on the server, and see whether that changes anything."""
        self.jumped += seconds
        if self._gaps.add(info, began, seconds) and not self.unplayable:
            view = WorkflowView(self._client, str(info.workflow_id))
            self.unplayable = self._gaps.missed(info, began, (await view.history()).events)

    def _time_of_calls(self, first_attempt: int) -> float:
        """How long callers have waited for the calls from this one on."""
        return sum(
            attempt.ended_at - attempt.sent_at
            for attempt in self.trial.world.journal.attempts[first_attempt:]
            if attempt.order == self.order.id and attempt.ended_at is not None
        )

    async def end_attempt(
        self, info: activity.Info, begun: float, error: BaseException | None
    ) -> None:
        """Note when in the world an attempt has ended.

        What clients did while it waited is seen by the workflow before it ends.

        Args:
            info: The attempt.
            begun: When it began.
            error: Why it has failed, if it has.
        """
        times = self.times
        if times is None or info.workflow_id != self.workflow_id:
            return
        execution = self.trial.execution_of(
            info.workflow_id, info.workflow_run_id, info.activity_id
        )
        calls = [
            attempt.ended_at
            for attempt in self.trial.world.journal.attempts
            if attempt.execution == execution and attempt.ended_at is not None
        ]
        ended = max([begun, *calls])
        if self.trial.has_events_between(begun, ended, self.order.id):
            await self.trial.finish_events(self.order.id)
            await self.settle()
        times.end(info, ended, error)

    async def abandon_attempt(self, info: activity.Info, begun: float) -> None:
        """Let the server give up a dead attempt at once, and the world after its timeout."""
        self._abandoned.add(info.activity_id)
        if info.start_to_close_timeout is not None:
            limit = info.start_to_close_timeout.total_seconds()
            await self._jump(info, time.monotonic(), limit)
            if self.times is not None and info.workflow_id == self.workflow_id:
                await self.trial.advance_to(begun + limit)
                self.times.end(info, begun + limit, None)
        await self._limit_attempt(info, DEATH_NOTICE)

    async def _limit_attempt(self, info: activity.Info, limit: timedelta | None) -> None:
        run_id = info.workflow_run_id or ""
        await self.view.limit_attempt(info.activity_id, limit, run_id=run_id)

    async def fast_forward(self, seconds: float | None) -> bool:
        """Skip so many seconds, or to the end; whether the order has not ended by then."""
        return await fast_forward(self._skipper, self.handle, seconds)

    async def skip_freely(self) -> None:
        """Let the server skip time to the end of the order; its time is the world's from now on."""
        times = self.times
        while times is not None:
            await times.idle.wait()  # the calls of an attempt take the world's time
            await self.until_no_task_waits()
            state = await self.view.state()
            if not times.under_way:
                now = self.trial.clock.now()
                self.times = times = None
                self.jumped = now - self._since_zero(state.virtual_time)
        await self.fast_forward(None)

    async def until_no_task_waits(self) -> None:
        """Wait until the workflow has processed what has just happened.

        When skipping is switched on while a workflow task waits for its worker, the server
        (1.32.0) starts activities whose backoff is not over yet.
        """
        while (await self.view.state()).task_attempt == 1:  # noqa: ASYNC110 - there is no event
            await asyncio.sleep(0.01)
