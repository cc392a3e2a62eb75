"""A run as ``describe`` shows it."""

from __future__ import annotations

from temporalio.api.enums.v1 import PendingActivityState, PendingWorkflowTaskState
from temporalio.api.workflowservice.v1 import DescribeWorkflowExecutionResponse

from sagacheck.temporal.base.events import timestamp
from sagacheck.temporal.server.commands.children import Child
from sagacheck.temporal.server.commands.pending_activity import PendingActivity
from sagacheck.temporal.server.workflow_run import WorkflowRun

_ActivityState = PendingActivityState
_TaskState = PendingWorkflowTaskState


def description_of(run: WorkflowRun) -> DescribeWorkflowExecutionResponse:
    """Describe a run."""
    response = DescribeWorkflowExecutionResponse()
    _describe_run(response, run)
    for activity in run.activities:
        if not activity.closed:
            _describe_activity(response, activity)
    for child in run.children:
        _describe_child(response, child)
    if run.is_running and run.tasks.is_pending:
        response.pending_workflow_task.state = (
            _TaskState.PENDING_WORKFLOW_TASK_STATE_STARTED
            if run.tasks.is_started
            else _TaskState.PENDING_WORKFLOW_TASK_STATE_SCHEDULED
        )
        response.pending_workflow_task.attempt = run.tasks.attempt
    return response


def _describe_run(response: DescribeWorkflowExecutionResponse, run: WorkflowRun) -> None:
    info, reference = response.workflow_execution_info, run.identity.reference
    if run.request.HasField("user_metadata"):
        response.execution_config.user_metadata.CopyFrom(run.request.user_metadata)
    info.execution.CopyFrom(reference)
    info.type.name = run.workflow_type
    info.status = run.status
    info.task_queue = run.identity.task_queue
    info.history_length = len(run.history)
    info.history_size_bytes = run.history.size_bytes
    info.first_run_id = run.start.first_run_id
    info.start_time.CopyFrom(timestamp(run.history.records[0].at))
    info.execution_time.CopyFrom(info.start_time)
    info.memo.CopyFrom(run.properties.memo)
    info.search_attributes.CopyFrom(run.search_attributes)
    if run.closed_at is not None:
        info.close_time.CopyFrom(timestamp(run.closed_at))
    parent = run.start.parent
    info.root_execution.CopyFrom(parent.root if parent else reference)
    if parent is not None:
        info.parent_execution.CopyFrom(parent.reference)


def _describe_activity(
    response: DescribeWorkflowExecutionResponse, activity: PendingActivity
) -> None:
    pending = response.pending_activities.add()
    pending.activity_id = activity.command.activity_id
    pending.activity_type.name = activity.command.activity_type
    pending.attempt = activity.attempt
    pending.state = _ActivityState.PENDING_ACTIVITY_STATE_SCHEDULED
    if activity.is_running:
        pending.state = _ActivityState.PENDING_ACTIVITY_STATE_STARTED
        if activity.cancel_requested:
            pending.state = _ActivityState.PENDING_ACTIVITY_STATE_CANCEL_REQUESTED
    if activity.last_failure is not None:
        pending.last_failure.CopyFrom(activity.last_failure)


def _describe_child(response: DescribeWorkflowExecutionResponse, child: Child) -> None:
    pending = response.pending_children.add()
    pending.workflow_id = child.command.workflow_id
    pending.workflow_type_name = child.command.workflow_type
    pending.initiated_id = child.initiated.event_id
    if child.reference is not None:
        pending.run_id = child.reference.run_id
