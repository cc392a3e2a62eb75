"""Finds the orders that will never end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from temporalio.client import WorkflowHistory

from sagacheck.engines.trial import Trial
from sagacheck.engines.workflow_view import WorkflowState, WorkflowView

LOOK_EVERY_SECONDS = 1.0
IDLE_LOOKS = 4
FAILING_LOOKS = 2
LIMIT_SECONDS = 240.0


class StuckDetector:
    """Waits for an order to end, and says why when it does not.

    Args:
        trial: The trial that the order belongs to.
        view: What the server shows of the order's workflow.
        patient: Whether time is real, so that an order may well do nothing for seconds.
        world_time: The moment of the world's clock at which the server described the workflow.
        strangers: Finds what no worker of the saga will ever take up.
    """

    def __init__(
        self,
        trial: Trial,
        view: WorkflowView,
        *,
        patient: bool,
        world_time: Callable[[WorkflowState], float],
        strangers: Callable[[WorkflowHistory], Awaitable[str]],
    ) -> None:
        self._trial = trial
        self._view = view
        self._patient = patient
        self._world_time = world_time
        self._strangers = strangers
        self._idle_looks = 0
        self._last_look: tuple[int, int] | None = None
        self.gave_up = False

    async def wait_for(self, ending: asyncio.Task[Any]) -> str:
        """Wait until `ending` is there; returns what the order waits for if it never will be."""
        started = time.monotonic()
        while True:
            await asyncio.wait({ending}, timeout=LOOK_EVERY_SECONDS)
            if ending.done():
                return ""
            state = await self._view.state()
            self._count_idle_looks(state)
            reason = await self._strangers(await self._view.history())
            reason = reason or await self._why_failing(state) or self._why_stuck(state)
            if reason:
                return reason
            if time.monotonic() - started > LIMIT_SECONDS:
                self.gave_up = True
                return f"it is still running after {LIMIT_SECONDS:g} s of real time"

    def _count_idle_looks(self, state: WorkflowState) -> None:
        look = (state.history_length, len(self._trial.world.journal))
        self._idle_looks = self._idle_looks + 1 if look == self._last_look else 0
        self._last_look = look

    async def _why_failing(self, state: WorkflowState) -> str:
        """A workflow task that fails is tried again for ever: the order is stuck.

        The worker reports only the first failure; it lets the next attempts time out.
        """
        if state.task_attempt < 2 or self._idle_looks < FAILING_LOOKS:
            return ""
        message = await self._view.task_failure()
        return message and f"its workflow task keeps failing: {message}"

    def _why_stuck(self, state: WorkflowState) -> str:
        saga = self._trial.saga
        if self._virtual_now(state) > saga.horizon_seconds:
            return f"after {saga.horizon_in_words} it waits for {state.waits_for}"
        busy = state.pending_activities or state.has_pending_task
        if self._patient or busy or self._idle_looks < IDLE_LOOKS:
            return ""
        return "nothing is under way: it waits for a message that no client sends"

    def _virtual_now(self, state: WorkflowState) -> float:
        return max(self._trial.clock.now(), self._world_time(state))
