"""Jobs for the workflow code with the end of an activity, a child or a signal."""

from __future__ import annotations

import temporalio.bridge.proto.workflow_commands as commands_pb
from temporalio.api.enums.v1 import RetryState
from temporalio.api.failure.v1 import Failure

from sagacheck.temporal.base.events import Event
from sagacheck.temporal.core.messages import Job

_MESSAGES = {
    "activity_task_failed": "Activity task failed",
    "activity_task_timed_out": "Activity task timed out",
    "activity_task_canceled": "Activity cancelled",
}


def activity_resolution(seq: int, scheduled: Event, closed: Event) -> Job:
    """The job for the workflow code with the end of an activity.

    Args:
        seq: The sequence number that the workflow code gave it.
        scheduled: The event of its scheduling.
        closed: The event of its end.
    """
    job = Job()
    job.resolve_activity.seq = seq
    result = job.resolve_activity.result
    end = closed.attributes
    if closed.name == "activity_task_completed":
        result.completed.SetInParent()
        for payload in end["result"] or ():
            result.completed.result.CopyFrom(payload)
        return job
    failure = Failure(message=_MESSAGES[closed.name])
    info = failure.activity_failure_info
    info.scheduled_event_id = scheduled.event_id
    info.started_event_id = end["started_event_id"]
    info.identity = "simulated"
    info.activity_type.CopyFrom(scheduled.attributes["activity_type"])
    info.activity_id = scheduled.attributes["activity_id"]
    if closed.name == "activity_task_canceled":
        failure.cause.canceled_failure_info.SetInParent()
        if end["details"] is not None:
            failure.cause.canceled_failure_info.details.CopyFrom(end["details"])
        info.retry_state = RetryState.RETRY_STATE_CANCEL_REQUESTED
        result.cancelled.failure.CopyFrom(failure)
        return job
    failure.cause.CopyFrom(end["failure"])
    info.retry_state = end["retry_state"]
    result.failed.failure.CopyFrom(failure)
    return job


def cancelled_activity(
    seq: int, command: commands_pb.ScheduleActivity, scheduled: Event | None
) -> Job:
    """The job for the code that its activity is cancelled, whichever end it has.

    Args:
        seq: The sequence number that the workflow code gave it.
        command: The command that scheduled it.
        scheduled: The event of its scheduling, if the service has seen the command.
    """
    failure = Failure(message="Activity cancelled")
    failure.cause.canceled_failure_info.SetInParent()
    info = failure.activity_failure_info
    info.scheduled_event_id = scheduled.event_id if scheduled else 0
    info.activity_type.name = command.activity_type
    info.activity_id = command.activity_id
    info.retry_state = RetryState.RETRY_STATE_CANCEL_REQUESTED
    job = Job()
    job.resolve_activity.seq = seq
    job.resolve_activity.result.cancelled.failure.CopyFrom(failure)
    return job


def child_never_started(seq: int, command: commands_pb.StartChildWorkflowExecution) -> Job:
    """The job for the code that its child was cancelled before the service saw it."""
    failure = _child_failure(command, "Child Workflow Execution cancelled before scheduled: ")
    job = Job()
    job.resolve_child_workflow_execution_start.seq = seq
    job.resolve_child_workflow_execution_start.cancelled.failure.CopyFrom(failure)
    return job


def cancelled_child(seq: int, command: commands_pb.StartChildWorkflowExecution) -> Job:
    """The job for the code that its child is cancelled, whichever end it has."""
    failure = _child_failure(command, "Child Workflow execution cancelled")
    job = Job()
    job.resolve_child_workflow_execution.seq = seq
    job.resolve_child_workflow_execution.result.cancelled.failure.CopyFrom(failure)
    return job


def signal_never_sent(seq: int) -> Job:
    """The job for the code that its signal was cancelled before the service saw it."""
    job = Job()
    job.resolve_signal_external_workflow.seq = seq
    failure = job.resolve_signal_external_workflow.failure
    failure.message = "Signal was cancelled before being sent"
    failure.canceled_failure_info.SetInParent()
    return job


def _child_failure(command: commands_pb.StartChildWorkflowExecution, message: str) -> Failure:
    failure = Failure(message=message)
    info = failure.child_workflow_execution_failure_info
    info.namespace = command.namespace
    info.workflow_execution.workflow_id = command.workflow_id
    info.workflow_type.name = command.workflow_type
    info.retry_state = RetryState.RETRY_STATE_NON_RETRYABLE_FAILURE
    failure.cause.canceled_failure_info.SetInParent()
    return failure
