"""One run as Core knows it: what its code has done, and what it waits for.

Core stands between the workflow code and the service. It tells the code of a cancellation at once
where the cancellation type says so, and it drops a command that the code cancels before the service
has seen it. The jobs that come of this belong to the same workflow task.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import temporalio.bridge.proto.child_workflow as child_pb
import temporalio.bridge.proto.workflow_commands as commands_pb

from sagacheck.temporal.base.events import Event
from sagacheck.temporal.base.run_identity import RunIdentity
from sagacheck.temporal.core.local_activity_state import LocalActivityState
from sagacheck.temporal.core.messages import Command, Job, Outgoing, kind_of
from sagacheck.temporal.core.replay import PastActivation
from sagacheck.temporal.core.resolutions import (
    activity_resolution,
    cancelled_activity,
    cancelled_child,
    child_never_started,
    signal_never_sent,
)

_OfActivity = commands_pb.ActivityCancellationType
_OfChild = child_pb.ChildWorkflowCancellationType
_CLOSE_COMMANDS = {
    "complete_workflow_execution",
    "fail_workflow_execution",
    "cancel_workflow_execution",
    "continue_as_new_workflow_execution",
}


class Savepoint(NamedTuple):
    """What a workflow task changes in a run, as it was before the task."""

    closed_activities: set[int]
    closed_children: set[int]
    patches: set[str]
    past: int


class ManagedRun:
    """A run across its workflow tasks; named after Core's ``worker/workflow/managed_run.rs``.

    Attributes:
        identity: The run.
        past: The activations that it has been through, oldest first.
        replays: How often they were replayed, because a worker had evicted the run.
        local_activities: The local activities that its code has scheduled.

    Args:
        identity: The run.
    """

    def __init__(self, identity: RunIdentity) -> None:
        self.identity = identity
        self.past: list[PastActivation] = []
        self.replays = 0
        self.local_activities = LocalActivityState()
        self._activities: dict[int, commands_pb.ScheduleActivity] = {}
        self._scheduled_events: dict[int, Event] = {}
        self._closed_activities: set[int] = set()
        self._children: dict[int, commands_pb.StartChildWorkflowExecution] = {}
        self._closed_children: set[int] = set()
        self._patches: set[str] = set()

    # -- workflow tasks --------------------------------------------------------------------------

    def start_task(self, now: float) -> Savepoint:
        """Note that a workflow task starts.

        Args:
            now: The present, in seconds since the epoch.

        Returns:
            What `roll_back` takes, should the task fail.
        """
        self.local_activities.start_task(now)
        return Savepoint(
            set(self._closed_activities),
            set(self._closed_children),
            set(self._patches),
            len(self.past),
        )

    def roll_back(self, savepoint: Savepoint) -> None:
        """Undo what a workflow task has changed; its local activities will run again."""
        self._closed_activities, self._closed_children, self._patches, past = savepoint
        del self.past[past:]
        self.local_activities.request_again(self.past)

    def process(
        self, commands: Iterable[Command], outgoing: list[Outgoing], now: float
    ) -> list[Job]:
        """Process the commands of one activation.

        Args:
            commands: What the workflow code asks for.
            outgoing: What the service will get at the end of the task; changed in place.
            now: The present, in seconds since the epoch.

        Returns:
            The jobs with which the same task goes on.
        """
        jobs: list[Job] = []
        closing: list[Command] = []
        for command in commands:
            kind = command.WhichOneof("variant") or ""
            process = _PROCESS.get(kind)
            if kind in _CLOSE_COMMANDS:
                closing.append(command)
            elif kind == "schedule_local_activity":
                self.local_activities.request(command, now)
            elif process is None:
                outgoing.append(command)
            else:
                jobs.extend(process(self, command, outgoing))
        # The close command goes last, whatever the code did after it; no job can follow it.
        outgoing.extend(closing[:1])
        return [] if closing else jobs

    @staticmethod
    def closes(outgoing: list[Outgoing]) -> bool:
        """Whether the commands of a task close the run."""
        return bool(outgoing) and kind_of(outgoing[-1]) in _CLOSE_COMMANDS

    # -- from the service ------------------------------------------------------------------------

    def activity_scheduled(self, seq: int, scheduled: Event) -> None:
        """Note that the service has scheduled an activity."""
        self._scheduled_events[seq] = scheduled

    def activity_closed(self, seq: int, scheduled: Event, closed: Event) -> Job | None:
        """Note that an activity has ended.

        Returns:
            The job for the code; none if the code got a cancellation before.
        """
        if seq in self._closed_activities:
            return None
        self._closed_activities.add(seq)
        return activity_resolution(seq, scheduled, closed)

    def child_closed(self, seq: int) -> bool:
        """Note that a child has ended; whether the code still needs the job."""
        is_news = seq not in self._closed_children
        self._closed_children.add(seq)
        return is_news

    def close(self) -> None:
        """Drop what the code waits for; queries still need the past."""
        self.local_activities = LocalActivityState(time=self.local_activities.time)
        self._activities.clear()
        self._scheduled_events.clear()
        self._closed_activities.clear()
        self._children.clear()
        self._closed_children.clear()
        self._patches.clear()

    # -- one method a kind of command ------------------------------------------------------------

    def _schedule_activity(self, command: Command, outgoing: list[Outgoing]) -> list[Job]:
        self._activities[command.schedule_activity.seq] = command.schedule_activity
        outgoing.append(command)
        return []

    def _start_child(self, command: Command, outgoing: list[Outgoing]) -> list[Job]:
        start = command.start_child_workflow_execution
        self._children[start.seq] = start
        outgoing.append(command)
        return []

    def _cancel_activity(self, command: Command, outgoing: list[Outgoing]) -> list[Job]:
        seq = command.request_cancel_activity.seq
        if seq in self._closed_activities:
            return []
        activity = self._activities[seq]
        was_never_sent = _take_back(outgoing, "schedule_activity", seq)
        kind = activity.cancellation_type
        if not was_never_sent and kind != _OfActivity.ABANDON:
            outgoing.append(command)
        if not was_never_sent and kind == _OfActivity.WAIT_CANCELLATION_COMPLETED:
            return []
        self._closed_activities.add(seq)
        return [cancelled_activity(seq, activity, self._scheduled_events.get(seq))]

    def _cancel_local_activity(self, command: Command, outgoing: list[Outgoing]) -> list[Job]:
        end = self.local_activities.cancel(command.request_cancel_local_activity.seq)
        if end is None:
            return []
        job, marker = end
        outgoing.append(marker)
        return [job]

    def _cancel_child(self, command: Command, outgoing: list[Outgoing]) -> list[Job]:
        seq = command.cancel_child_workflow_execution.child_workflow_seq
        if seq in self._closed_children:
            return []
        child = self._children[seq]
        if _take_back(outgoing, "start_child_workflow_execution", seq):
            self._closed_children.add(seq)
            return [child_never_started(seq, child)]
        if child.cancellation_type != _OfChild.ABANDON:
            outgoing.append(command)
        if child.cancellation_type not in (_OfChild.ABANDON, _OfChild.TRY_CANCEL):
            return []
        self._closed_children.add(seq)
        return [cancelled_child(seq, child)]

    def _cancel_timer(self, command: Command, outgoing: list[Outgoing]) -> list[Job]:
        if not _take_back(outgoing, "start_timer", command.cancel_timer.seq):
            outgoing.append(command)
        return []

    def _cancel_signal(self, command: Command, outgoing: list[Outgoing]) -> list[Job]:
        seq = command.cancel_signal_workflow.seq
        was_never_sent = _take_back(outgoing, "signal_external_workflow_execution", seq)
        return [signal_never_sent(seq)] if was_never_sent else []

    def _set_patch(self, command: Command, outgoing: list[Outgoing]) -> list[Job]:
        if command.set_patch_marker.patch_id not in self._patches:
            self._patches.add(command.set_patch_marker.patch_id)
            outgoing.append(command)
        return []


_PROCESS = {
    "schedule_activity": ManagedRun._schedule_activity,  # noqa: SLF001 - its own methods
    "start_child_workflow_execution": ManagedRun._start_child,  # noqa: SLF001
    "request_cancel_activity": ManagedRun._cancel_activity,  # noqa: SLF001
    "cancel_child_workflow_execution": ManagedRun._cancel_child,  # noqa: SLF001
    "request_cancel_local_activity": ManagedRun._cancel_local_activity,  # noqa: SLF001
    "cancel_timer": ManagedRun._cancel_timer,  # noqa: SLF001
    "cancel_signal_workflow": ManagedRun._cancel_signal,  # noqa: SLF001
    "set_patch_marker": ManagedRun._set_patch,  # noqa: SLF001
}


def _take_back(outgoing: list[Outgoing], kind: str, seq: int) -> bool:
    """Drop a command that the service has not seen; whether there was one."""
    for command in outgoing:
        if kind_of(command) == kind and getattr(command, kind).seq == seq:
            outgoing.remove(command)
            return True
    return False
