"""What comes to a run while a workflow task is under way: it is written down behind the task.

The server does so to let the code of a task see a history that does not change meanwhile. Ends of
activities and children come last (``reorderBuffer`` in its ``history_builder``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sagacheck.temporal.history import History


@dataclass(frozen=True, slots=True)
class _Arrival:
    at: float
    is_end: bool
    happen: Callable[[], None]


class Arrivals:
    """What has come to one run, and waits for its workflow task to be done.

    Args:
        history: Where it will be written down, each with the time at which it came.
    """

    def __init__(self, history: History) -> None:
        self._history = history
        self._held: list[_Arrival] | None = None

    def hold(self) -> None:
        """A workflow task is under way: let everything wait from now on."""
        if self._held is None:
            self._held = []

    def arrive(self, happen: Callable[[], None], *, is_end: bool = False) -> None:
        """Let something happen, now or behind the task.

        Args:
            happen: What it is.
            is_end: Whether it is the end of an activity or a child.
        """
        if self._held is None:
            happen()
        else:
            self._held.append(_Arrival(self._history.now(), is_end, happen))

    @property
    def are_waiting(self) -> bool:
        """Whether anything has come that the task under way has not seen."""
        return bool(self._held)

    def release(self) -> None:
        """The task is done: let everything happen that has come."""
        held, self._held = self._held, None
        for arrival in sorted(held or (), key=lambda each: each.is_end):
            with self._history.at(arrival.at):
                arrival.happen()

    def drop(self) -> None:
        """The run has closed: nothing happens any more."""
        self._held = None
