"""The events that happen while an order waits for a message, in virtual time."""

from __future__ import annotations

from collections.abc import Iterable

from sagacheck.engines.trial import Trial
from sagacheck.temporal import SimulatedTemporal, running_loop

_A_MOMENT = 1e-6
"""Sums of seconds are not exact."""
_Wait = tuple[str, int]
"""The run that waits, and how long its history is: another length is another wait."""


class WaitingOrders:
    """Looks, each time before virtual time passes, which orders wait for a message.

    Args:
        trial: What is played.
        temporal: The service.
        workflow_ids: The ids of the workflows of its orders, by the orders' ids.
    """

    def __init__(
        self, trial: Trial, temporal: SimulatedTemporal, workflow_ids: Iterable[tuple[str, str]]
    ) -> None:
        self._trial = trial
        self._temporal = temporal
        self._workflow_ids = [*workflow_ids]
        self._waits: dict[str, tuple[_Wait, float]] = {}

    def __call__(self) -> bool:
        """Let the events happen whose orders wait; whether there is something to happen before."""
        looks = [self._look_at(order, workflow) for order, workflow in self._workflow_ids]
        return any(looks)

    def _look_at(self, order: str, workflow_id: str) -> bool:
        planned, run = self._trial.next_while_waiting(order), self._temporal.find(workflow_id)
        if planned is None or run is None or not run.is_waiting:
            self._waits.pop(order, None)
            return False
        loop, wait = running_loop(), (run.run_id, len(run.history))
        known, due = self._waits.get(order, (None, 0.0))
        if known != wait:
            due = loop.elapsed + planned.event.when.waited
            self._waits[order] = wait, due
            loop.call_at(due, lambda: None)  # time stops there, if it would not otherwise
            return True
        if loop.elapsed < due - _A_MOMENT:
            return False
        del self._waits[order]
        self._trial.happen_now(planned)
        return True
