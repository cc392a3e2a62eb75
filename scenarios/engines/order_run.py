"""One order of a trial on a Temporal server, from its submission to its end."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import Any

from google.protobuf.field_mask_pb2 import FieldMask
from temporalio import activity
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import UpdateActivityOptionsRequest
from temporalio.client import Client, WorkflowFailureError, WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.exceptions import (
    CancelledError,
    TerminatedError,
    TimeoutError,  # noqa: A004 - Temporal's word for it
    WorkflowAlreadyStartedError,
)
from temporalio.service import RPCError
from temporalio.testing import TimeSkipper, TimeSkippingConfig

from scenarios.engines.stuck import Watchman
from scenarios.failures import describe_failure
from scenarios.outcome import Ending, Outcome, Status
from scenarios.scenario import Order
from scenarios.trial import Trial

MAX_SKIPS = 1_000_000
"""By default the server stops skipping time after 200 skips, silently, in the middle of a test."""
DEATH_NOTICE = timedelta(milliseconds=300)
"""How soon the server gives up an attempt whose worker died, instead of after start-to-close."""


class OrderRun:
    """One order of a trial on a Temporal server.

    Args:
        trial: The trial that the order belongs to.
        order: The order.
        client: The connection to the server.
        task_queue: The queue of the worker that is to run it.
        number: Makes the workflow's id unique on the server.
        skips_time: Whether the server can skip time.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - made in one place, from what that place has
        self,
        trial: Trial,
        order: Order,
        client: Client,
        task_queue: str,
        number: int,
        skips_time: bool,
    ) -> None:
        self.trial = trial
        self.order = order
        self.workflow_id = f"{trial.saga.workflow_id.format(order_id=order.id)}~{number}"
        self._task_queue = task_queue
        self._skips_time = skips_time
        self._jumped = 0.0
        self._abandoned: set[str] = set()
        self._told: list[asyncio.Task[Ending]] = []
        self._waits_for = ""
        self._ended_at: float | None = None
        self.statuses: list[str] = []
        # With events of its own the order's time is skipped step by step, from one to the next.
        skip_freely = not self._own_times()
        config = TimeSkippingConfig(enabled=skip_freely, max_session_skip_count=MAX_SKIPS)
        self._skipper = TimeSkipper(client, config=config)
        self._client = self._skipper.client if skips_time else client

    @property
    def handle(self) -> WorkflowHandle[Any, Any]:
        """The order's workflow."""
        return self._client.get_workflow_handle(self.workflow_id)

    # -- from outside -------------------------------------------------------------------------

    async def submit(self) -> str:
        """Place the order, for the first time or again, and begin to wait for what comes of it."""
        saga = self.trial.saga
        answer = "started"
        try:
            await self._client.start_workflow(
                saga.workflow_name,
                self.order.as_json(float_prices=saga.takes_float_prices),
                id=self.workflow_id,
                task_queue=self._task_queue,
                id_reuse_policy=saga.id_reuse_policy,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            )
        except WorkflowAlreadyStartedError:
            answer = "ended already"
        self._told.append(asyncio.create_task(self._ending()))
        return answer

    async def see_to_the_end(self) -> None:
        """Let time pass, with the order's own events at their times, until the order has ended."""
        passing = asyncio.create_task(self._let_time_pass())
        try:
            watchman = Watchman(self.trial, self.handle, patient=not self._skips_time)
            self._waits_for = await watchman.wait_for(self._told[0])
        finally:
            passing.cancel()
            with suppress(asyncio.CancelledError):
                await passing
        if not self._waits_for:
            self._ended_at = self.trial.clock.now()
        elif watchman.gave_up:
            self.trial.troubles.append(f"{self.order.id}: {self._waits_for}")

    async def conclude(self) -> Outcome:
        """How the order ended, once nothing more can come."""
        if self._waits_for:
            ending = Ending(Status.RUNNING)
            await self.handle.terminate("the trial is over")
        else:
            ending = await self._ending()
        history = await self.handle.fetch_history()
        return Outcome(
            order=self.order.id,
            ending=ending,
            ended_at=self._ended_at,
            waits_for=self._waits_for,
            told=[] if self._waits_for else list(await asyncio.gather(*self._told)),
            statuses=self.statuses,
            workflow_id=self.workflow_id,
            history=history.to_json(),
        )

    def forget(self) -> None:
        """Stop waiting for the order."""
        for task in self._told:
            task.cancel()

    async def _ending(self) -> Ending:
        try:
            return Ending.of_result(await self.handle.result())
        except WorkflowFailureError as failure:
            return Ending(_status_of(failure.cause), describe_failure(failure.cause))

    # -- time ---------------------------------------------------------------------------------

    async def begin_attempt(self, info: activity.Info) -> None:
        """Bring the world's clock to the moment at which the server started an attempt."""
        virtual = (info.started_time - self.trial.began_at(info.started_time)).total_seconds()
        await self.trial.advance_to(virtual + self._jumped)
        if info.activity_id in self._abandoned:
            self._abandoned.discard(info.activity_id)
            await self._set_start_to_close(info, None)

    def spend_time_of_calls(self, first_attempt: int) -> None:
        """Account for the time that callers spent waiting, which the server has not seen pass."""
        for attempt in self.trial.world.journal.attempts[first_attempt:]:
            if attempt.order == self.order.id and attempt.ended_at is not None:
                self._jumped += attempt.ended_at - attempt.sent_at

    async def abandon_attempt(self, info: activity.Info) -> None:
        """Let the server notice now that an attempt is dead, and the world later."""
        self._abandoned.add(info.activity_id)
        if info.start_to_close_timeout is not None:
            self._jumped += info.start_to_close_timeout.total_seconds()
        await self._set_start_to_close(info, DEATH_NOTICE)

    async def _set_start_to_close(self, info: activity.Info, limit: timedelta | None) -> None:
        request = UpdateActivityOptionsRequest(
            namespace=info.namespace,
            execution=WorkflowExecution(
                workflow_id=self.workflow_id, run_id=info.workflow_run_id or ""
            ),
            id=info.activity_id,
        )
        if limit is None:
            request.restore_original = True
        else:
            request.activity_options.start_to_close_timeout.FromTimedelta(limit)
            request.update_mask.CopyFrom(FieldMask(paths=["start_to_close_timeout"]))
        with suppress(RPCError):  # the workflow may be closed by now; then nobody waits for it
            await self._client.workflow_service.update_activity_options(request)

    def _own_times(self) -> list[float]:
        """The moments of this order's events that wait for the clock."""
        return sorted(
            planned.event.when.at
            for planned in self.trial.events
            if planned.event.when.at is not None and planned.event.order == self.order.id
        )

    async def _let_time_pass(self) -> None:
        if not self._skips_time:
            return
        times = self._own_times()
        for at in times:
            ahead = at - self.trial.clock.now()
            if ahead > 0 and not await self._skipper.fast_forward(self.handle, ahead):
                return  # the order has ended; the event comes to it afterwards
            await self.trial.advance_to(at)
        if times:
            await self._skipper.fast_forward(self.handle, None)


def _status_of(cause: BaseException) -> Status:
    match cause:
        case CancelledError():
            return Status.CANCELLED
        case TerminatedError():
            return Status.TERMINATED
        case TimeoutError():
            return Status.TIMED_OUT
        case _:
            return Status.FAILED
