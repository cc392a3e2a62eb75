"""The time of an order with events of its own, moved step by step while the order rests.

While anything of an order is under way on a server, real time passes there, as much as the machine
takes: it does not pass in the world. So what comes first, an event of a scenario or a call, does
not depend on the machine. The server's time is moved only while the order rests: from one timer or
retry to the next, and to the events between them.
"""

from __future__ import annotations

import asyncio
import math
import time
from typing import Protocol

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent

from sagacheck.engines.events.planned_event import PlannedEvent
from sagacheck.engines.server.world_times import WorldTimes, noticed
from sagacheck.engines.trial import Trial
from sagacheck.engines.workflow_view import WorkflowState, WorkflowView
from sagacheck.language import AnyOrder

POLL_SECONDS = 0.01
BUSY_SHARE = 5.0
"""How much longer than an answer takes is waited before the next question, on a busy server."""
STILL_SECONDS = 5.0
"""Of real time, after which an order of which nothing is heard is not waiting for the machine."""
SLACK_SECONDS = 2.0
"""Of real time, that is left before the server's next timer when the client does something."""
_TASK_DONE = EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED


class OrderInSteps(Protocol):
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


class SteppedTime:
    """Lets time pass for an order that has events of its own, on a server that can skip time.

    Args:
        workflow: The order's workflow.
        times: Which moments of the world belong to its moments.
    """

    def __init__(self, workflow: OrderInSteps, times: WorldTimes) -> None:
        self._workflow = workflow
        self._trial = trial = workflow.trial
        self._order = workflow.order.id
        self._times = times
        self._wait: tuple[int, float] | None = None
        self._may_be_called_back = trial.calls_back

    async def pass_it(self) -> bool:
        """Let time pass until the order's own events have happened; whether it is open then.

        Where services call back, until nothing is left that could lead to a callback.
        """
        while self._may_be_called_back or self._has_events:
            if not await self._step():
                return False  # an event with a time comes to it afterwards
            await self._trial.finish_events(self._order)
        return True

    @property
    def _has_events(self) -> bool:
        return math.isfinite(self._next_time) or self._next_wait is not None

    @property
    def _next_time(self) -> float:
        """When the next event with a time is to happen, or the next callback."""
        times = times_of(self._trial, self._order)
        if self._trial.calls_back and (due := self._trial.clock.next_due) is not None:
            times.append(due)  # a callback, or what leads to one, such as a request that is late
        return min(times, default=math.inf)

    @property
    def _next_wait(self) -> PlannedEvent | None:
        """The event that is to happen while the order waits."""
        return self._trial.next_while_waiting(self._order)

    async def _step(self) -> bool:
        """Go on to what comes first; whether the order has not ended."""
        state = await self._rest()
        if state.has_ended:
            return False
        until, now = self._next_time, self._trial.clock.now()
        if not state.rests or state.has_children:
            return await self._happen(until, None if state.has_children else 0.0)
        history = (await self._workflow.view.history()).events
        now = max(now, self._times.of_fired_timers(history))
        self._times.note(state.virtual_time, now)
        await self._trial.advance_to(now)
        due, wait = self._times.next_due(state, [*history]), self._wait_over(state, [*history], now)
        if due is not None and due.at < until and due.at <= wait:
            await self._trial.advance_to(due.at)
            return await self._workflow.fast_forward(max(0.0, due.seconds))
        limit = math.inf if due is None else max(0.0, due.seconds - SLACK_SECONDS)
        if state.retries:  # the server (1.32.0) starts them at once when it skips to before them
            limit = 0.0
        if math.isinf(until) and math.isinf(wait):
            await self._look_again(state)
            return True
        if until <= wait:
            return await self._happen(until, min(limit, until - now))
        return await self._happen_while_waiting(wait, min(limit, wait - now))

    async def _look_again(self, state: WorkflowState) -> None:
        """Nothing is ahead: no callback comes any more, or a task fails, and may be mended yet."""
        if state.is_waiting and self._next_wait is None:
            self._may_be_called_back = False
        else:
            await asyncio.sleep(POLL_SECONDS)

    async def _rest(self) -> WorkflowState:
        """Wait until nothing of the order is under way, or an event is due all the same."""
        heard, since = None, time.monotonic()
        while True:
            asked = time.monotonic()
            state = await self._workflow.view.state()
            took = time.monotonic() - asked
            is_to_come = state.has_children and math.isfinite(self._next_time)
            if state.has_ended or is_to_come or (state.rests and not state.has_children):
                return state
            sign = (state.history_length, self._times.begun_attempts)
            heard, since = (heard, since) if sign == heard else (sign, time.monotonic())
            if self._is_due_meanwhile(time.monotonic() - since):
                return state
            await asyncio.sleep(max(POLL_SECONDS, BUSY_SHARE * took))

    def _is_due_meanwhile(self, still: float) -> bool:
        """Whether an event with a time is due though the order is busy: its code takes so long.

        Args:
            still: For how many seconds nothing was heard of it.
        """
        until = self._next_time
        under_way = self._times.under_way.values()
        if under_way:
            return any(each.begun + noticed(each.watch) >= until for each in under_way)
        return still >= max(STILL_SECONDS, until - self._trial.clock.now())

    async def _happen(self, until: float, ahead: float | None) -> bool:
        """Let the events of a moment happen, the server's time first; whether it has not ended."""
        seconds = until - self._trial.clock.now() if ahead is None else ahead
        if seconds > 0 and not await self._workflow.fast_forward(seconds):
            return False
        await self._trial.advance_to(until)
        self._wait = None
        return True

    def _wait_over(self, state: WorkflowState, events: list[HistoryEvent], now: float) -> float:
        """When the order will have waited for as long as the next event says."""
        planned = self._next_wait
        if planned is None or not state.is_waiting:
            return math.inf
        tasks = sum(map(is_task_done, events))
        if self._wait is None or self._wait[0] != tasks:
            self._wait = tasks, now
        return self._wait[1] + planned.event.when.waited

    async def _happen_while_waiting(self, until: float, ahead: float) -> bool:
        """Let an event happen that is to come while the order waits, unless something woke it."""
        planned = self._next_wait
        if ahead > 0:
            if not await self._workflow.fast_forward(ahead):
                return False
            history = await self._workflow.view.history()
            if self._wait is None or self._wait[0] != sum(map(is_task_done, history.events)):
                return True
        await self._trial.advance_to(until)
        if planned is not None:
            self._trial.happen_now(planned)
        await self._trial.advance_to(self._trial.clock.now())
        self._wait = None
        return True


def is_task_done(event: HistoryEvent) -> bool:
    """Whether the code of a workflow has run."""
    return event.event_type == _TASK_DONE


def times_of(trial: Trial, order: str) -> list[float]:
    """The times of the order's events that have one and have not happened, soonest first."""
    return sorted(
        planned.event.when.at
        for planned in trial.events
        if planned.event.when.at is not None
        and planned.event.order == order
        and planned.answer is None
    )
