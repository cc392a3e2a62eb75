"""The commands of a completed workflow task, applied to the run one by one.

The server does so in ``service/history/api/respondworkflowtaskcompleted/
workflow_task_completed_handler.go``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from sagacheck.temporal.base.errors import UnsupportedError
from sagacheck.temporal.base.events import Event
from sagacheck.temporal.core.messages import Marker, Outgoing
from sagacheck.temporal.server.commands.activities import Activities
from sagacheck.temporal.server.commands.children import Children
from sagacheck.temporal.server.commands.close_commands import (
    ClosableRun,
    cancel,
    complete,
    continue_as_new,
    fail,
)
from sagacheck.temporal.server.commands.external_workflows import ExternalWorkflows
from sagacheck.temporal.server.commands.properties import Properties
from sagacheck.temporal.server.commands.timers import Timers
from sagacheck.temporal.server.commands.updates import Updates


class CommandedRun(ClosableRun, Protocol):
    """A run, as commands see it: each kind of command has its part of the run."""

    activities: Activities
    timers: Timers
    children: Children
    external_workflows: ExternalWorkflows
    updates: Updates
    properties: Properties

    def add_event(self, name: str, **attributes: Any) -> Event:
        """Append an event to the history."""


Apply = Callable[[CommandedRun, Any, int], Event | None]
"""Applies a command: of a run, with the id of the event of the task's completion; returns the first
event that it wrote."""

_APPLY: dict[str, Apply] = {
    "schedule_activity": lambda run, command, id_: run.activities.schedule(command, id_),
    "request_cancel_activity": lambda run, command, id_: run.activities.request_cancel(
        command, id_
    ),
    "start_timer": lambda run, command, id_: run.timers.start(command, id_),
    "cancel_timer": lambda run, command, id_: run.timers.cancel(command, id_),
    "update_response": lambda run, command, id_: run.updates.respond(command, id_),
    "upsert_workflow_search_attributes": lambda run, command, id_: (
        run.properties.upsert_search_attributes(command, id_)
    ),
    "modify_workflow_properties": lambda run, command, id_: run.properties.modify(command, id_),
    "set_patch_marker": lambda run, command, id_: run.properties.set_patch_marker(command, id_),
    "start_child_workflow_execution": lambda run, command, id_: run.children.start(command, id_),
    "cancel_child_workflow_execution": lambda run, command, id_: (
        run.external_workflows.cancel_child(command, id_)
    ),
    "signal_external_workflow_execution": lambda run, command, id_: run.external_workflows.signal(
        command, id_
    ),
    "request_cancel_external_workflow_execution": lambda run, command, id_: (
        run.external_workflows.cancel(command, id_)
    ),
    "complete_workflow_execution": complete,
    "fail_workflow_execution": fail,
    "cancel_workflow_execution": cancel,
    "continue_as_new_workflow_execution": continue_as_new,
}


def apply_commands(
    run: CommandedRun, commands: Iterable[Outgoing], completed: Event | None
) -> None:
    """Apply the commands of a workflow task.

    Args:
        run: The run whose code sends them.
        commands: The commands.
        completed: The event of the task's completion, if it is in the history.

    Raises:
        UnsupportedError: A command asks for what the simulation lacks.
    """
    event_id = completed.event_id if completed else 0
    for command in commands:
        if isinstance(command, Marker):
            _record(run, command, event_id)
            continue
        kind = command.WhichOneof("variant") or ""
        if kind not in _APPLY:
            raise UnsupportedError(kind.replace("_", " "))
        event = _APPLY[kind](run, getattr(command, kind), event_id)
        if event is not None and command.HasField("user_metadata"):
            event.user_metadata = command.user_metadata


def _record(run: CommandedRun, marker: Marker, completed: int) -> None:
    """Write the end of a local activity."""
    event = run.add_event(
        "marker_recorded",
        marker_name="core_local_activity",
        details=marker.details,
        failure=marker.failure,
        workflow_task_completed_event_id=completed,
    )
    if marker.metadata.ByteSize():
        event.user_metadata = marker.metadata
