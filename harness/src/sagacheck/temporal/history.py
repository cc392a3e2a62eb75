"""Event histories as the server writes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, overload

import msgspec
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHistory

from sagacheck.temporal.events import Event

MANY_EVENTS = 4096
MANY_BYTES = 4 * 1024 * 1024


class Events(Sequence[HistoryEvent]):
    """The events of a history as messages, each made when somebody first asks for it.

    Attributes:
        noted: What they are made of.
    """

    def __init__(self) -> None:
        self.noted: list[Event] = []

    def __len__(self) -> int:
        return len(self.noted)

    @overload
    def __getitem__(self, index: int) -> HistoryEvent: ...

    @overload
    def __getitem__(self, index: slice) -> list[HistoryEvent]: ...

    def __getitem__(self, index: int | slice) -> HistoryEvent | list[HistoryEvent]:
        if isinstance(index, slice):
            return [event.as_message() for event in self.noted[index]]
        return self.noted[index].as_message()


class Extent(msgspec.Struct, frozen=True):
    """How long a history is, for the workflow code that asks.

    Attributes:
        events: How many events there are: for a task, up to the one that says that it has started.
        size_bytes: About the size of those that are written.
    """

    events: int = 0
    size_bytes: int = 0

    @property
    def suggests_continue_as_new(self) -> bool:
        """Whether the service thinks that it is enough for one run."""
        return self.events > MANY_EVENTS or self.size_bytes >= MANY_BYTES


class History:
    """The events of one workflow run.

    Attributes:
        events: As messages.
        size_bytes: About how large they are.

    Args:
        now: Tells the virtual time in seconds since the epoch.
        next_task_id: Gives every event of the service a number of its own.
    """

    def __init__(self, now: Callable[[], float], next_task_id: Callable[[], int]) -> None:
        self.events = Events()
        self.size_bytes = 0
        self.now = now
        self._next_task_id = next_task_id

    def __len__(self) -> int:
        return len(self.events.noted)

    def add(self, name: str, *, at: float | None = None, **attributes: Any) -> Event:
        """Append an event.

        Args:
            name: Its kind, such as ``activity_task_scheduled``.
            at: When it happened, in seconds since the epoch; now by default.
            attributes: What it says, as `Event` takes it.
        """
        noted = self.events.noted
        moment = self.now() if at is None else at
        event = Event(name, len(noted) + 1, self._next_task_id(), moment, attributes)
        noted.append(event)
        self.size_bytes += event.size_bytes
        return event

    def tells_of(self, name: str) -> bool:
        """Whether there is an event of this kind."""
        return any(event.name == name for event in self.events.noted)

    def extent(self, *, to_come: int = 0) -> Extent:
        """How long it is, with some events that are sure to come."""
        return Extent(len(self) + to_come, self.size_bytes)

    @contextmanager
    def at(self, moment: float) -> Iterator[None]:
        """Write down what has happened earlier, at `moment`, in seconds since the epoch."""
        present, self.now = self.now, lambda: moment
        try:
            yield
        finally:
            self.now = present

    def as_workflow_history(self, workflow_id: str) -> WorkflowHistory:
        """The history as the SDK's replayer takes it."""
        return WorkflowHistory(workflow_id, self.events)
