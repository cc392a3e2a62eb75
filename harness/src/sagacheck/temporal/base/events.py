"""Events of a history: structs that become protobuf messages when they are read."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import msgspec
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.sdk.v1 import UserMetadata

_SCALARS = frozenset({bool, bytes, float, int, str})
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

MOST_OWN_BYTES = 42
_OWN_BYTES = {
    "activity_task_scheduled": 90,
    "activity_task_started": 91,
    "child_workflow_execution_completed": 169,
    "child_workflow_execution_started": 162,
    "start_child_workflow_execution_initiated": 163,
    "workflow_execution_signaled": 79,
    "workflow_execution_started": 195,
    "workflow_task_completed": 86,
    "workflow_task_started": 91,
}
"""Bytes of an event on a server without what clients and code have put into it, by its name; an
event that is not here mostly has `MOST_OWN_BYTES`."""
_FROM_OUTSIDE = frozenset(
    {
        *("accepted_request", "continued_failure", "details", "failure", "header", "input"),
        *("last_failure", "memo", "outcome", "result", "search_attributes", "upserted_memo"),
    }
)


@lru_cache(maxsize=100)
def timestamp(seconds: float) -> Timestamp:
    """A moment in seconds since the epoch as a message; to be copied, not changed."""
    nanoseconds = round(seconds * 1e9)
    return Timestamp(seconds=nanoseconds // 1_000_000_000, nanos=nanoseconds % 1_000_000_000)


def attributes_of(event: HistoryEvent) -> Any:
    """The attributes of an event: the message of its own kind."""
    return getattr(event, event.WhichOneof("attributes") or "")


class Event(msgspec.Struct):
    """An event; its message is made when it is first read, which for most histories is never.

    An event in a history does not change, but for `user_metadata` right after it was added.

    Attributes:
        name: The kind, such as ``activity_task_scheduled``.
        event_id: Its number in its history.
        task_id: Its number in the service.
        at: When it happened, in seconds since the epoch.
        attributes: Its attributes, by the names of the message's fields; a list of payloads stands
            for ``Payloads``, a dictionary for a map, and ``None`` or no payload for a field that is
            not set.
        user_metadata: Summary and details for people.
    """

    name: str
    event_id: int
    task_id: int
    at: float
    attributes: dict[str, Any]
    user_metadata: UserMetadata | None = None
    _message: HistoryEvent | None = None

    def as_message(self) -> HistoryEvent:
        """The event as the server writes it, the same message each time."""
        if self._message is None:
            self._message = self._new_message()
        return self._message

    def _new_message(self) -> HistoryEvent:
        kind, field = _KINDS[self.name]
        event = HistoryEvent(event_id=self.event_id, event_type=kind, task_id=self.task_id)
        event.event_time.CopyFrom(timestamp(self.at))
        attributes = getattr(event, field)
        attributes.SetInParent()
        for name, value in self.attributes.items():
            _set_field(attributes, name, value)
        if self.user_metadata is not None:
            event.user_metadata.CopyFrom(self.user_metadata)
        return event

    @property
    def size_bytes(self) -> int:
        """About how large it is; what clients and code have put into it is measured."""
        size = _OWN_BYTES.get(self.name, MOST_OWN_BYTES)
        for name in _FROM_OUTSIDE.intersection(self.attributes):
            value = self.attributes[name]
            if value is not None:
                size += _size(value)
        return size


def _set_field(attributes: Any, name: str, value: Any) -> None:
    if type(value) in _SCALARS:
        setattr(attributes, name, value)
    elif isinstance(value, Message):
        getattr(attributes, name).CopyFrom(value)
    elif isinstance(value, list):
        if value:
            getattr(attributes, name).payloads.extend(value)
    elif value is not None:
        for key, each in value.items():
            getattr(attributes, name)[key].CopyFrom(each)


def _size(value: Any) -> int:
    if isinstance(value, Message):
        return value.ByteSize()
    return sum([each.ByteSize() for each in (value if isinstance(value, list) else value.values())])
