"""The SDK core's half of a workflow task: which commands go out, and which jobs come back.

Between the workflow code and the service stands Core. It gives the result of a cancellation to the
code at once where the cancellation type says so, and it drops a command that is cancelled before
the service has seen it. Whatever jobs that makes, the same workflow task goes on with them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import temporalio.bridge.proto.workflow_activation as activation_pb
import temporalio.bridge.proto.workflow_commands as commands_pb
from temporalio.api.enums.v1 import RetryState
from temporalio.api.failure.v1 import Failure
from temporalio.api.history.v1 import HistoryEvent

Job = activation_pb.WorkflowActivationJob
Command = commands_pb.WorkflowCommand
Cancellation = commands_pb.ActivityCancellationType


@dataclass
class CoreState:
    """What Core knows of one run across its workflow tasks.

    Attributes:
        scheduled: The scheduled activities by sequence number, with their events once there are.
        events: The events of scheduled activities by sequence number.
        settled: Activities whose end the workflow code has been told already.
    """

    scheduled: dict[int, commands_pb.ScheduleActivity] = field(default_factory=dict)
    events: dict[int, HistoryEvent] = field(default_factory=dict)
    settled: set[int] = field(default_factory=set)

    def digest(self, new: Iterable[Command], outgoing: list[Command]) -> list[Job]:
        """Sort the commands of one activation.

        Args:
            new: What the workflow code wants.
            outgoing: What the service will be told at the end of the task; changed in place.

        Returns:
            The jobs with which the same task goes on.
        """
        jobs: list[Job] = []
        for command in new:
            kind = command.WhichOneof("variant")
            if kind == "schedule_activity":
                self.scheduled[command.schedule_activity.seq] = command.schedule_activity
                outgoing.append(command)
            elif kind == "request_cancel_activity":
                jobs.extend(self._cancel_activity(command, outgoing))
            elif kind == "cancel_timer":
                _cancel_timer(command, outgoing)
            else:
                outgoing.append(command)
        return jobs

    def settle(self, seq: int) -> bool:
        """Note that an activity has ended; whether the workflow code has still to be told."""
        news = seq not in self.settled
        self.settled.add(seq)
        return news

    def _cancel_activity(self, command: Command, outgoing: list[Command]) -> list[Job]:
        seq = command.request_cancel_activity.seq
        if seq in self.settled:
            return []
        unseen = _find_schedule(outgoing, seq)
        if unseen is not None:
            outgoing.remove(unseen)
            return [self._cancelled(seq)]
        cancellation = self.scheduled[seq].cancellation_type
        if cancellation != Cancellation.ABANDON:
            outgoing.append(command)
        if cancellation == Cancellation.WAIT_CANCELLATION_COMPLETED:
            return []
        return [self._cancelled(seq)]

    def _cancelled(self, seq: int) -> Job:
        self.settled.add(seq)
        command = self.scheduled[seq]
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


def resolution_of(seq: int, scheduled: HistoryEvent, closed: HistoryEvent, identity: str) -> Job:
    """The job that tells the workflow code how an activity ended."""
    job = Job()
    job.resolve_activity.seq = seq
    result = job.resolve_activity.result
    kind = closed.WhichOneof("attributes")
    if kind == "activity_task_completed_event_attributes":
        payloads = closed.activity_task_completed_event_attributes.result.payloads
        if payloads:
            result.completed.result.CopyFrom(payloads[0])
        else:
            result.completed.SetInParent()
        return job
    attributes = getattr(closed, kind or "")
    failure = Failure(message=_MESSAGES[kind or ""])
    info = failure.activity_failure_info
    info.scheduled_event_id = scheduled.event_id
    info.started_event_id = attributes.started_event_id
    info.identity = identity
    info.activity_type.CopyFrom(scheduled.activity_task_scheduled_event_attributes.activity_type)
    info.activity_id = scheduled.activity_task_scheduled_event_attributes.activity_id
    if kind == "activity_task_canceled_event_attributes":
        failure.cause.canceled_failure_info.SetInParent()
        info.retry_state = RetryState.RETRY_STATE_CANCEL_REQUESTED
        result.cancelled.failure.CopyFrom(failure)
        return job
    failure.cause.CopyFrom(attributes.failure)
    info.retry_state = attributes.retry_state
    result.failed.failure.CopyFrom(failure)
    return job


_MESSAGES = {
    "activity_task_failed_event_attributes": "Activity task failed",
    "activity_task_timed_out_event_attributes": "Activity task timed out",
    "activity_task_canceled_event_attributes": "Activity cancelled",
}


def _find_schedule(outgoing: list[Command], seq: int) -> Command | None:
    for command in outgoing:
        if command.HasField("schedule_activity") and command.schedule_activity.seq == seq:
            return command
    return None


def _cancel_timer(command: Command, outgoing: list[Command]) -> None:
    for earlier in outgoing:
        if earlier.HasField("start_timer") and earlier.start_timer.seq == command.cancel_timer.seq:
            outgoing.remove(earlier)
            return
    outgoing.append(command)
