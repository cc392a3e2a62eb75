"""Event histories as the server writes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, overload

import msgspec
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHistory

from sagacheck.temporal.base.events import Event

MANY_EVENTS = 4096
MANY_BYTES = 4 * 1024 * 1024
"""Beyond these the server suggests to continue as new: ``limit.historyCount.suggestContinueAsNew``
and ``limit.historySize.suggestContinueAsNew`` in its ``common/dynamicconfig/constants.go``."""


class EventMessages(Sequence[HistoryEvent]):
    """The events of a history as messages, each made when it is first read.

    Args:
        records: The events.
    """

    def __init__(self, records: list[Event]) -> None:
        self._records = records

    def __len__(self) -> int:
        return len(self._records)

    @overload
    def __getitem__(self, index: int) -> HistoryEvent: ...

    @overload
    def __getitem__(self, index: slice) -> list[HistoryEvent]: ...

    def __getitem__(self, index: int | slice) -> HistoryEvent | list[HistoryEvent]:
        if isinstance(index, slice):
            return [event.as_message() for event in self._records[index]]
        return self._records[index].as_message()


class HistorySize(msgspec.Struct, frozen=True):
    """How long a history is, as workflow code may ask.

    Attributes:
        events: The number of events: for a task, up to the one that says that it has started.
        size_bytes: About the size of those that are written.
    """

    events: int = 0
    size_bytes: int = 0

    @property
    def suggests_continue_as_new(self) -> bool:
        """Whether the service suggests to go on in another run."""
        return self.events > MANY_EVENTS or self.size_bytes >= MANY_BYTES


class History:
    """The events of one workflow run.

    Attributes:
        records: The events, oldest first.
        size_bytes: About how large they are.
        now: Returns the time that new events get, in seconds since the epoch.

    Args:
        now: Returns virtual time in seconds since the epoch.
        next_task_id: Returns a number that no other event of the service has.
    """

    def __init__(self, now: Callable[[], float], next_task_id: Callable[[], int]) -> None:
        self.records: list[Event] = []
        self.size_bytes = 0
        self.now = now
        self._next_task_id = next_task_id
        self._names: set[str] = set()

    def __len__(self) -> int:
        return len(self.records)

    @property
    def events(self) -> EventMessages:
        """The events as messages."""
        return EventMessages(self.records)

    def add(self, name: str, *, at: float | None = None, **attributes: Any) -> Event:
        """Append an event.

        Args:
            name: Its kind, such as ``activity_task_scheduled``.
            at: When it happened, in seconds since the epoch; now by default.
            attributes: Its attributes, as `Event` takes them.
        """
        records = self.records
        moment = self.now() if at is None else at
        event = Event(name, len(records) + 1, self._next_task_id(), moment, attributes)
        records.append(event)
        self._names.add(name)
        self.size_bytes += event.size_bytes
        return event

    def has_event(self, name: str) -> bool:
        """Whether there is an event of this kind."""
        return name in self._names

    def size(self, *, to_come: int = 0) -> HistorySize:
        """How long it is, together with events that are sure to come."""
        return HistorySize(len(self) + to_come, self.size_bytes)

    @contextmanager
    def at(self, moment: float) -> Iterator[None]:
        """Add events that happened earlier, at `moment`, in seconds since the epoch."""
        present, self.now = self.now, lambda: moment
        try:
            yield
        finally:
            self.now = present

    def as_workflow_history(self, workflow_id: str) -> WorkflowHistory:
        """The history as the SDK's replayer takes it."""
        return WorkflowHistory(workflow_id, self.events)
