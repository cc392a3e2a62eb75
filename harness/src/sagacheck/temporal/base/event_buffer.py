"""Events that arrive while a workflow task is under way: they are written behind the task.

The server does so to let the code of a task see a history that does not change meanwhile. Ends of
activities and children are written last (``reorderBuffer`` in the server's
``service/history/historybuilder/event_store.go``).
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from sagacheck.temporal.base.history import History


class _BufferedEvent(msgspec.Struct, frozen=True):
    at: float
    is_end: bool
    write: Callable[[], None]


class EventBuffer:
    """The events of one run that wait for its workflow task to be done.

    Args:
        history: Where they are written, each with the time at which it arrived.
    """

    def __init__(self, history: History) -> None:
        self._history = history
        self._events: list[_BufferedEvent] | None = None

    def hold(self) -> None:
        """Keep every event that arrives from now on: a workflow task is under way."""
        if self._events is None:
            self._events = []

    def add(self, write: Callable[[], None], *, is_end: bool = False) -> None:
        """Write an event now, or behind the workflow task that is under way.

        Args:
            write: Writes the event, and schedules what follows from it.
            is_end: Whether it is the end of an activity or a child.
        """
        if self._events is None:
            write()
        else:
            self._events.append(_BufferedEvent(self._history.now(), is_end, write))

    @property
    def has_events(self) -> bool:
        """Whether an event has arrived that the task under way has not seen."""
        return bool(self._events)

    def flush(self) -> None:
        """Write the events that were kept: the task is done."""
        events, self._events = self._events, None
        for event in sorted(events or (), key=lambda each: each.is_end):
            with self._history.at(event.at):
                event.write()

    def clear(self) -> None:
        """Drop the events that were kept: the run has closed."""
        self._events = None
