"""Telling an order that takes its time from one that will never end."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC
from typing import Any

from temporalio.client import WorkflowExecutionDescription, WorkflowHandle

from sagacheck.engines.histories import last_task_failure
from sagacheck.engines.trial import DAY, Trial

LOOK_EVERY_SECONDS = 1.0
IDLE_LOOKS = 4
FAILING_LOOKS = 2
LIMIT_SECONDS = 240.0


class StuckDetector:
    """Waits for an order to end, and says why when it does not.

    Args:
        trial: The trial that the order belongs to.
        handle: The order's workflow.
        patient: Whether time is real, so that doing nothing for seconds means nothing.
    """

    def __init__(self, trial: Trial, handle: WorkflowHandle[Any, Any], *, patient: bool) -> None:
        self._trial = trial
        self._handle = handle
        self._patient = patient
        self._idle_looks = 0
        self._last_look: tuple[int, int] | None = None
        self.gave_up = False

    async def wait_for(self, ending: asyncio.Task[Any]) -> str:
        """Wait until `ending` is there; what the order waits for, if that will never be."""
        started = time.monotonic()
        while True:
            await asyncio.wait({ending}, timeout=LOOK_EVERY_SECONDS)
            if ending.done():
                return ""
            description = await self._handle.describe()
            self._count_idle_looks(description)
            reason = await self._why_failing(description) or self._why_stuck(description)
            if reason:
                return reason
            if time.monotonic() - started > LIMIT_SECONDS:
                self.gave_up = True
                return f"it is still running after {LIMIT_SECONDS:g} s of real time"

    def _count_idle_looks(self, description: WorkflowExecutionDescription) -> None:
        look = (description.history_length, len(self._trial.world.journal))
        self._idle_looks = self._idle_looks + 1 if look == self._last_look else 0
        self._last_look = look

    async def _why_failing(self, description: WorkflowExecutionDescription) -> str:
        """A workflow task that fails is tried again for ever: the order hangs.

        Only the first failure is reported to the server, the next attempts are left to time out.
        """
        task = description.raw_description.pending_workflow_task
        if task.attempt < 2 or self._idle_looks < FAILING_LOOKS:
            return ""
        message = last_task_failure((await self._handle.fetch_history()).events)
        return message and f"its workflow task fails again and again: {message}"

    def _why_stuck(self, description: WorkflowExecutionDescription) -> str:
        raw = description.raw_description
        pending = [
            f"{each.activity_type.name}, attempt {each.attempt}, {each.last_failure.message}"
            for each in raw.pending_activities
        ]
        if self._virtual_now(description) > 2 * DAY:
            return f"after two days it waits for {'; '.join(pending) or 'a timer or a message'}"
        busy = pending or raw.HasField("pending_workflow_task")
        if self._patient or busy or self._idle_looks < IDLE_LOOKS:
            return ""
        return "nothing is under way: it waits for a message that nobody sends"

    def _virtual_now(self, description: WorkflowExecutionDescription) -> float:
        skipping = description.raw_description.workflow_extended_info.time_skipping_info
        server_time = skipping.current_time.ToDatetime(UTC)
        began = self._trial.began_at(server_time)
        return max(self._trial.clock.now(), (server_time - began).total_seconds())
