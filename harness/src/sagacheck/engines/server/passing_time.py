"""The time of an order with events of its own on a server: skipped in steps, or passing."""

from __future__ import annotations

import asyncio
from typing import Any, Protocol

from temporalio.client import WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import TimeSkipper

from sagacheck.engines.events.planned_event import PlannedEvent
from sagacheck.engines.server.stepped_time import (
    POLL_SECONDS,
    OrderInSteps,
    SteppedTime,
    is_task_done,
)
from sagacheck.engines.server.world_times import WorldTimes
from sagacheck.engines.workflow_view import WorkflowState


class OrderInTime(OrderInSteps, Protocol):
    """What is needed of the workflow of an order beside what its steps need.

    Attributes:
        times: Which moments of the world belong to its moments, where its time is moved in steps.
    """

    times: WorldTimes | None

    def world_time(self, state: WorkflowState) -> float:
        """The moment of the world's clock at which the server described the workflow."""

    async def until_no_task_waits(self) -> None:
        """Wait until the workflow has processed what has just happened."""

    async def skip_freely(self) -> None:
        """Let the server skip time to the end of the order."""


async def pass_time(workflow: OrderInTime) -> None:
    """Let time pass until the order's own events have happened, then to its end.

    Args:
        workflow: The order's workflow.
    """
    if workflow.times is None:
        await _RealTime(workflow).pass_it()
    elif await SteppedTime(workflow, workflow.times).pass_it():
        await workflow.skip_freely()


class _RealTime:
    """Lets what comes while an order waits happen, on a server that cannot skip time."""

    def __init__(self, workflow: OrderInTime) -> None:
        self._workflow = workflow
        self._trial = workflow.trial
        self._order = workflow.order.id

    async def pass_it(self) -> None:
        """Wait until these events have happened, or the order has ended."""
        while (planned := self._trial.next_while_waiting(self._order)) is not None:
            await self._workflow.until_no_task_waits()
            state = await self._workflow.view.state()
            if state.has_ended:
                return
            if state.is_waiting:
                await self._happen(planned, state)
            else:
                await asyncio.sleep(POLL_SECONDS)

    async def _happen(self, planned: PlannedEvent, state: WorkflowState) -> None:
        """Let an event happen if the order waits for as long as it says."""
        if waited := planned.event.when.waited:
            tasks = await self._tasks_done()
            await asyncio.sleep(waited)
            state = await self._workflow.view.state()
            if not state.is_waiting or await self._tasks_done() != tasks:
                return  # something woke it before
        await self._trial.advance_to(self._workflow.world_time(state))
        self._trial.happen_now(planned)
        await self._trial.advance_to(self._trial.clock.now())

    async def _tasks_done(self) -> int:
        """How many tasks of the workflow are done: its code has run so often."""
        history = await self._workflow.view.history()
        return sum(map(is_task_done, history.events))


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
