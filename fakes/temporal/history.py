"""Event histories as the server writes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHistory

_ATTRIBUTES: dict[str, str] = {
    field.name.removesuffix("_event_attributes"): field.name
    for field in HistoryEvent.DESCRIPTOR.fields
    if field.name.endswith("_event_attributes")
}


class History:
    """The events of one workflow run.

    Args:
        workflow_id: The workflow's id.
        now: Tells the virtual time in seconds since the epoch.
        next_task_id: Gives every event of the service a number of its own.
    """

    def __init__(
        self, workflow_id: str, now: Callable[[], float], next_task_id: Callable[[], int]
    ) -> None:
        self.workflow_id = workflow_id
        self.events: list[HistoryEvent] = []
        self._now = now
        self._next_task_id = next_task_id

    def add(self, name: str, *, at: float | None = None, **attributes: Any) -> HistoryEvent:
        """Append an event.

        Args:
            name: The event's name, such as ``activity_task_scheduled``.
            at: When it happened, in seconds since the epoch; now by default.
            attributes: Its attributes; those that are ``None`` stay unset.
        """
        event = HistoryEvent(
            event_id=len(self.events) + 1,
            event_type=EventType.Value(f"EVENT_TYPE_{name.upper()}"),
            task_id=self._next_task_id(),
        )
        event.event_time.FromNanoseconds(round((self._now() if at is None else at) * 1e9))
        target = getattr(event, _ATTRIBUTES[name])
        target.SetInParent()
        for key, value in attributes.items():
            _assign(target, key, value)
        self.events.append(event)
        return event

    @property
    def size_bytes(self) -> int:
        """Roughly what the history weighs."""
        return sum(event.ByteSize() for event in self.events)

    def as_workflow_history(self) -> WorkflowHistory:
        """The history as the SDK's replayer takes it."""
        return WorkflowHistory(self.workflow_id, self.events)


def _assign(target: Any, key: str, value: Any) -> None:
    if value is None:
        return
    if hasattr(value, "DESCRIPTOR"):
        getattr(target, key).CopyFrom(value)
    elif isinstance(value, list):
        getattr(target, key).extend(value)
    else:
        setattr(target, key, value)
