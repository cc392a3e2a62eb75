"""Event histories as the server writes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import msgspec
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHistory

_PLAIN = frozenset({bool, bytes, float, int, str})
_SUFFIX = "_event_attributes"
_TYPES = frozenset(EventType.keys())
_KINDS: dict[str, tuple[EventType.ValueType, str]] = {
    (name := field.name.removesuffix(_SUFFIX)): (
        EventType.Value(f"EVENT_TYPE_{name.upper()}"),
        field.name,
    )
    for field in HistoryEvent.DESCRIPTOR.fields
    if field.name.endswith(_SUFFIX)
    and f"EVENT_TYPE_{field.name.removesuffix(_SUFFIX).upper()}" in _TYPES
}


@lru_cache(maxsize=100)
def timestamp(seconds: float) -> Timestamp:
    """A moment in seconds since the epoch, as events tell it; to be copied, not to be changed."""
    nanoseconds = round(seconds * 1e9)
    return Timestamp(seconds=nanoseconds // 1_000_000_000, nanos=nanoseconds % 1_000_000_000)


def attributes_of(event: HistoryEvent) -> Any:
    """What an event says beside its number, its kind and its time."""
    return getattr(event, event.WhichOneof("attributes") or "")


MANY_EVENTS = 4096
MANY_BYTES = 4 * 1024 * 1024


class Extent(msgspec.Struct, frozen=True):
    """How long a history is, for the workflow code that asks.

    Attributes:
        events: How many events there are: for a task, up to the one that says that it has started.
        size_bytes: The size of those that are written.
    """

    events: int = 0
    size_bytes: int = 0

    @property
    def suggests_continue_as_new(self) -> bool:
        """Whether the service thinks that it is enough for one run."""
        return self.events > MANY_EVENTS or self.size_bytes >= MANY_BYTES


class History:
    """The events of one workflow run.

    Args:
        now: Tells the virtual time in seconds since the epoch.
        next_task_id: Gives every event of the service a number of its own.
    """

    def __init__(self, now: Callable[[], float], next_task_id: Callable[[], int]) -> None:
        self.events: list[HistoryEvent] = []
        self.now = now
        self._next_task_id = next_task_id
        self._measured = 0
        self._measured_bytes = 0

    def __len__(self) -> int:
        return len(self.events)

    def add(self, name: str, *, at: float | None = None, **attributes: Any) -> HistoryEvent:
        """Append an event; what is longer than a number or a name may be filled in afterwards.

        Args:
            name: The event's name, such as ``activity_task_scheduled``.
            at: When it happened, in seconds since the epoch; now by default.
            attributes: Its attributes; those that are ``None`` stay unset.
        """
        event = HistoryEvent()
        event.event_type, field = _KINDS[name]
        said = getattr(event, field)
        said.SetInParent()
        # A constructor would serialise and parse the messages; to copy them takes half as long.
        for attribute, value in attributes.items():
            if type(value) in _PLAIN:
                setattr(said, attribute, value)
            elif isinstance(value, Message):
                getattr(said, attribute).CopyFrom(value)
            elif value is not None:
                for key, each in value.items():
                    getattr(said, attribute)[key].CopyFrom(each)
        return self._append(event, at)

    def add_like(self, earlier: HistoryEvent, *, at: float | None = None) -> HistoryEvent:
        """Append an event that says what an earlier one says, to be changed where it does not.

        Args:
            earlier: The earlier one.
            at: When it happened, in seconds since the epoch; now by default.
        """
        event = HistoryEvent()
        event.CopyFrom(earlier)
        return self._append(event, at)

    def _append(self, event: HistoryEvent, at: float | None) -> HistoryEvent:
        event.event_id = len(self.events) + 1
        event.task_id = self._next_task_id()
        event.event_time.CopyFrom(timestamp(self.now() if at is None else at))
        self.events.append(event)
        return event

    @property
    def size_bytes(self) -> int:
        """The size of all events, which do not change any more once somebody asks for it."""
        for event in self.events[self._measured :]:
            self._measured_bytes += event.ByteSize()
        self._measured = len(self.events)
        return self._measured_bytes

    def extent(self, *, to_come: int = 0) -> Extent:
        """How long it is, with some events that are sure to come."""
        return Extent(len(self.events) + to_come, self.size_bytes)

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
