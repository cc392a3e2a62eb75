"""The SDK core's half of a workflow task: what reaches the service, and what comes back.

Between the workflow code and the service stands Core. It gives the result of a cancellation to the
code at once where the cancellation type says so, and it drops a command that is cancelled before
the service has seen it. Whatever jobs that makes, the same workflow task goes on with them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import temporalio.bridge.proto.child_workflow as child_pb
import temporalio.bridge.proto.workflow_activation as activation_pb
import temporalio.bridge.proto.workflow_commands as commands_pb
from temporalio.api.enums.v1 import RetryState
from temporalio.api.failure.v1 import Failure

from sagacheck.temporal.events import Event
from sagacheck.temporal.local_core import LocalActivities, Marker

Job = activation_pb.WorkflowActivationJob
Command = commands_pb.WorkflowCommand
Outgoing = Command | Marker
"""What the service is told at the end of a workflow task."""
Mark = tuple[set[int], set[int], set[str]]
OfActivity = commands_pb.ActivityCancellationType
OfChild = child_pb.ChildWorkflowCancellationType


def kind_of(outgoing: Outgoing) -> str:
    """What kind of command it is; empty for a marker."""
    return "" if isinstance(outgoing, Marker) else outgoing.WhichOneof("variant") or ""


_ENDINGS = {
    "complete_workflow_execution",
    "fail_workflow_execution",
    "cancel_workflow_execution",
    "continue_as_new_workflow_execution",
}


@dataclass
class CoreState:
    """What Core knows of one run across its workflow tasks.

    Attributes:
        activities: The activities by sequence number.
        children: The child workflows by sequence number.
        events: The events of scheduled activities by sequence number.
        settled: Activities whose end the workflow code has been told already.
        settled_children: The same of children.
        patches: The patches that the history knows.
        locals: The local activities.
    """

    activities: dict[int, commands_pb.ScheduleActivity] = field(default_factory=dict)
    children: dict[int, commands_pb.StartChildWorkflowExecution] = field(default_factory=dict)
    events: dict[int, Event] = field(default_factory=dict)
    settled: set[int] = field(default_factory=set)
    settled_children: set[int] = field(default_factory=set)
    patches: set[str] = field(default_factory=set)
    locals: LocalActivities = field(default_factory=LocalActivities)

    def mark(self) -> Mark:
        """How it is now: what `restore` takes when a workflow task comes to nothing."""
        return set(self.settled), set(self.settled_children), set(self.patches)

    def restore(self, mark: Mark) -> None:
        """Forget what a workflow task has changed that has come to nothing."""
        self.settled, self.settled_children, self.patches = mark

    def digest(self, new: Iterable[Command], outgoing: list[Outgoing], now: float) -> list[Job]:
        """Sort the commands of one activation.

        Args:
            new: What the workflow code wants.
            outgoing: What the service will be told at the end of the task; changed in place.
            now: The present, in seconds since the epoch.

        Returns:
            The jobs with which the same task goes on.
        """
        jobs: list[Job] = []
        endings: list[Command] = []
        for command in new:
            kind = command.WhichOneof("variant") or ""
            digest = _DIGESTS.get(kind)
            if kind in _ENDINGS:
                endings.append(command)
            elif kind == "schedule_local_activity":
                self.locals.want(command, now)
            elif digest is None:
                outgoing.append(command)
            else:
                jobs.extend(digest(self, command, outgoing))
        # The end comes last, whatever the code did after it; and then there is nobody to tell.
        outgoing.extend(endings[:1])
        return [] if endings else jobs

    @staticmethod
    def ends_run(outgoing: list[Outgoing]) -> bool:
        """Whether the workflow is at its end."""
        return bool(outgoing) and kind_of(outgoing[-1]) in _ENDINGS

    def settle(self, seq: int) -> bool:
        """Note that an activity has ended; whether the workflow code has still to be told."""
        news = seq not in self.settled
        self.settled.add(seq)
        return news

    def settle_child(self, seq: int) -> bool:
        """Note that a child has ended; whether the workflow code has still to be told."""
        news = seq not in self.settled_children
        self.settled_children.add(seq)
        return news

    # -- one method a kind of command ------------------------------------------------------------

    def _schedule_activity(self, command: Command, outgoing: list[Outgoing]) -> list[Job]:
        self.activities[command.schedule_activity.seq] = command.schedule_activity
        outgoing.append(command)
        return []

    def _start_child(self, command: Command, outgoing: list[Outgoing]) -> list[Job]:
        start = command.start_child_workflow_execution
        self.children[start.seq] = start
        outgoing.append(command)
        return []

    def _cancel_activity(self, command: Command, outgoing: list[Outgoing]) -> list[Job]:
        seq = command.request_cancel_activity.seq
        if seq in self.settled:
            return []
        if _take_back(outgoing, "schedule_activity", seq):
            return [self._cancelled_activity(seq)]
        cancellation = self.activities[seq].cancellation_type
        if cancellation != OfActivity.ABANDON:
            outgoing.append(command)
        if cancellation == OfActivity.WAIT_CANCELLATION_COMPLETED:
            return []
        return [self._cancelled_activity(seq)]

    def _cancel_local_activity(self, command: Command, outgoing: list[Outgoing]) -> list[Job]:
        told = self.locals.cancel(command.request_cancel_local_activity.seq)
        if told is None:
            return []
        job, marker = told
        outgoing.append(marker)
        return [job]

    def _cancel_child(self, command: Command, outgoing: list[Outgoing]) -> list[Job]:
        seq = command.cancel_child_workflow_execution.child_workflow_seq
        if seq in self.settled_children:
            return []
        if _take_back(outgoing, "start_child_workflow_execution", seq):
            return [self._child_never_started(seq)]
        cancellation = self.children[seq].cancellation_type
        if cancellation != OfChild.ABANDON:
            outgoing.append(command)
        if cancellation in (OfChild.ABANDON, OfChild.TRY_CANCEL):
            return [self._cancelled_child(seq)]
        return []

    def _cancel_timer(self, command: Command, outgoing: list[Outgoing]) -> list[Job]:
        if not _take_back(outgoing, "start_timer", command.cancel_timer.seq):
            outgoing.append(command)
        return []

    def _cancel_signal(self, command: Command, outgoing: list[Outgoing]) -> list[Job]:
        seq = command.cancel_signal_workflow.seq
        if not _take_back(outgoing, "signal_external_workflow_execution", seq):
            return []
        job = Job()
        job.resolve_signal_external_workflow.seq = seq
        job.resolve_signal_external_workflow.failure.message = (
            "Signal was cancelled before being sent"
        )
        job.resolve_signal_external_workflow.failure.canceled_failure_info.SetInParent()
        return [job]

    def _set_patch(self, command: Command, outgoing: list[Outgoing]) -> list[Job]:
        if command.set_patch_marker.patch_id not in self.patches:
            self.patches.add(command.set_patch_marker.patch_id)
            outgoing.append(command)
        return []

    # -- results of a cancellation, given at once ------------------------------------------------

    def _cancelled_activity(self, seq: int) -> Job:
        self.settled.add(seq)
        command = self.activities[seq]
        event = self.events.get(seq)
        failure = Failure(message="Activity cancelled")
        failure.cause.canceled_failure_info.SetInParent()
        info = failure.activity_failure_info
        info.scheduled_event_id = event.event_id if event else 0
        info.activity_type.name = command.activity_type
        info.activity_id = command.activity_id
        info.retry_state = RetryState.RETRY_STATE_CANCEL_REQUESTED
        job = Job()
        job.resolve_activity.seq = seq
        job.resolve_activity.result.cancelled.failure.CopyFrom(failure)
        return job

    def _child_never_started(self, seq: int) -> Job:
        self.settled_children.add(seq)
        failure = _child_failure(
            self.children[seq], "Child Workflow Execution cancelled before scheduled: "
        )
        failure.cause.canceled_failure_info.SetInParent()
        job = Job()
        job.resolve_child_workflow_execution_start.seq = seq
        job.resolve_child_workflow_execution_start.cancelled.failure.CopyFrom(failure)
        return job

    def _cancelled_child(self, seq: int) -> Job:
        self.settled_children.add(seq)
        failure = _child_failure(self.children[seq], "Child Workflow execution cancelled")
        failure.cause.canceled_failure_info.SetInParent()
        job = Job()
        job.resolve_child_workflow_execution.seq = seq
        job.resolve_child_workflow_execution.result.cancelled.failure.CopyFrom(failure)
        return job


_DIGESTS = {
    "schedule_activity": CoreState._schedule_activity,  # noqa: SLF001 - its own methods
    "start_child_workflow_execution": CoreState._start_child,  # noqa: SLF001
    "request_cancel_activity": CoreState._cancel_activity,  # noqa: SLF001
    "cancel_child_workflow_execution": CoreState._cancel_child,  # noqa: SLF001
    "request_cancel_local_activity": CoreState._cancel_local_activity,  # noqa: SLF001
    "cancel_timer": CoreState._cancel_timer,  # noqa: SLF001
    "cancel_signal_workflow": CoreState._cancel_signal,  # noqa: SLF001
    "set_patch_marker": CoreState._set_patch,  # noqa: SLF001
}


def activity_resolution(seq: int, scheduled: Event, closed: Event) -> Job:
    """The job that tells the workflow code how an activity ended."""
    job = Job()
    job.resolve_activity.seq = seq
    result = job.resolve_activity.result
    said = closed.attributes
    if closed.name == "activity_task_completed":
        result.completed.SetInParent()
        for payload in said["result"] or ():
            result.completed.result.CopyFrom(payload)
        return job
    failure = Failure(message=_MESSAGES[closed.name])
    info = failure.activity_failure_info
    info.scheduled_event_id = scheduled.event_id
    info.started_event_id = said["started_event_id"]
    info.identity = "simulated"
    info.activity_type.CopyFrom(scheduled.attributes["activity_type"])
    info.activity_id = scheduled.attributes["activity_id"]
    if closed.name == "activity_task_canceled":
        failure.cause.canceled_failure_info.SetInParent()
        if said["details"] is not None:
            failure.cause.canceled_failure_info.details.CopyFrom(said["details"])
        info.retry_state = RetryState.RETRY_STATE_CANCEL_REQUESTED
        result.cancelled.failure.CopyFrom(failure)
        return job
    failure.cause.CopyFrom(said["failure"])
    info.retry_state = said["retry_state"]
    result.failed.failure.CopyFrom(failure)
    return job


_MESSAGES = {
    "activity_task_failed": "Activity task failed",
    "activity_task_timed_out": "Activity task timed out",
    "activity_task_canceled": "Activity cancelled",
}


def _child_failure(command: commands_pb.StartChildWorkflowExecution, message: str) -> Failure:
    failure = Failure(message=message)
    info = failure.child_workflow_execution_failure_info
    info.namespace = command.namespace
    info.workflow_execution.workflow_id = command.workflow_id
    info.workflow_type.name = command.workflow_type
    info.retry_state = RetryState.RETRY_STATE_NON_RETRYABLE_FAILURE
    return failure


def _take_back(outgoing: list[Outgoing], kind: str, seq: int) -> bool:
    """Drop a command that nobody has seen yet; whether there was one."""
    for command in outgoing:
        if kind_of(command) == kind and getattr(command, kind).seq == seq:
            outgoing.remove(command)
            return True
    return False
