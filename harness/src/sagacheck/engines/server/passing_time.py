"""The time of an order on a server, skipped step by step: from one of its events to the next."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from typing import Any, Protocol

from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import TimeSkipper

from sagacheck.engines.trial import PlannedEvent, Trial
from sagacheck.engines.workflow_view import WorkflowState, WorkflowView
from sagacheck.language import AnyOrder

POLL_SECONDS = 0.01
_TASK_DONE = EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED


class OrderInTime(Protocol):
    """What is needed of the workflow of an order.

    Attributes:
        trial: The trial that the order belongs to.
        order: The order.
    """

    trial: Trial
    order: AnyOrder

    @property
    def view(self) -> WorkflowView:
        """What Temporal shows of the order's workflow."""

    async def fast_forward(self, seconds: float | None) -> bool:
        """Skip so many seconds, or to the end; whether the order has not ended by then."""

    def world_time(self, state: WorkflowState) -> float:
        """The moment of the world's clock at which the server described the workflow."""

    async def until_no_task_waits(self) -> None:
        """Wait until the workflow has processed what has just happened."""


class PassingTime:
    """Lets time pass for an order that has events of its own.

    Args:
        workflow: The order's workflow.
        skips: Whether the server can skip time.
    """

    def __init__(self, workflow: OrderInTime, *, skips: bool) -> None:
        self._workflow = workflow
        self._trial = workflow.trial
        self._order = workflow.order.id
        self._skips = skips

    async def pass_it(self) -> None:
        """Let time pass until the order's own events have happened, then to its end."""
        times = deque(times_of(self._trial, self._order) if self._skips else ())
        if not times and self._trial.next_while_waiting(self._order) is None:
            return
        while times or self._trial.next_while_waiting(self._order):
            until = times[0] if times else None
            if self._trial.next_while_waiting(self._order):
                is_open = await self._pass_until_it_waits(until)
            else:
                is_open = await self._pass_until(until)
            if not is_open:
                return  # the order has ended; an event with a time comes to it afterwards
            if until is not None and self._trial.clock.now() >= until:
                await self._trial.advance_to(until)
                await self._workflow.until_no_task_waits()
                times.popleft()
        if self._skips:
            await self._workflow.fast_forward(None)

    async def _pass_until(self, until: float | None) -> bool:
        """Let the world's time pass until then; whether the order has not ended before."""
        ahead = 0.0 if until is None else until - self._trial.clock.now()
        if ahead > 0 and not await self._workflow.fast_forward(ahead):
            return False
        await self._trial.advance_to(self._trial.clock.now() + max(ahead, 0.0))
        return True

    async def _pass_until_it_waits(self, until: float | None) -> bool:
        """Let time pass to the next attempt at most; what comes while the order waits may happen.

        Returns:
            Whether the order has not ended.
        """
        await self._workflow.until_no_task_waits()
        state = await self._workflow.view.state()
        if state.has_ended:
            return False
        planned = self._trial.next_while_waiting(self._order)
        if state.is_waiting and planned is not None:
            return await self._happen_while_waiting(planned, state, until)
        step = state.backoff_seconds if self._skips else None
        if step is None:
            await asyncio.sleep(POLL_SECONDS)
            return True
        ahead = math.inf if until is None else until - self._trial.clock.now()
        return await self._workflow.fast_forward(max(0.0, min(step, ahead)))

    async def _happen_while_waiting(
        self, planned: PlannedEvent, state: WorkflowState, until: float | None
    ) -> bool:
        """Let an event happen if the order waits for as long as it says, and not beyond `until`."""
        waited = planned.event.when.waited
        if until is not None and until <= self._workflow.world_time(state) + waited:
            return await self._pass_until(until)
        if waited:
            tasks = await self._tasks_done()
            if not await self._wait_on(waited):
                return False
            state = await self._workflow.view.state()
            if not state.is_waiting or await self._tasks_done() != tasks:
                return True  # something woke it before
        await self._trial.advance_to(self._workflow.world_time(state))
        self._trial.happen_now(planned)
        await self._trial.advance_to(self._trial.clock.now())
        return True

    async def _wait_on(self, seconds: float) -> bool:
        """Let so much of the workflow's time pass; whether the order has not ended by then."""
        if self._skips:
            return await self._workflow.fast_forward(seconds)
        await asyncio.sleep(seconds)
        return True

    async def _tasks_done(self) -> int:
        """How many tasks of the workflow are done: its code has run so often."""
        history = await self._workflow.view.history()
        return sum(event.event_type == _TASK_DONE for event in history.events)


async def fast_forward(
    skipper: TimeSkipper, workflow: WorkflowHandle[Any, Any], seconds: float | None
) -> bool:
    """Skip so much of a workflow's time, or to its end; whether it has not ended by then."""
    try:
        return await skipper.fast_forward(workflow, seconds)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return False  # it had just ended


def times_of(trial: Trial, order: str) -> list[float]:
    """The times of the order's events that have one, soonest first."""
    return sorted(
        planned.event.when.at
        for planned in trial.events
        if planned.event.when.at is not None and planned.event.order == order
    )
