"""A workflow run as `describe` shows it."""

from __future__ import annotations

from temporalio.api.enums.v1 import PendingActivityState, PendingWorkflowTaskState
from temporalio.api.workflowservice.v1 import DescribeWorkflowExecutionResponse

from sagacheck.temporal.activity_task import ActivityTask
from sagacheck.temporal.events import timestamp
from sagacheck.temporal.execution import Execution

_State = PendingActivityState


def described(execution: Execution) -> DescribeWorkflowExecutionResponse:
    """How a run is."""
    response = DescribeWorkflowExecutionResponse()
    _describe_run(response, execution)
    for task in execution.activities.values():
        if not task.closed:
            _describe_activity(response, task)
    for child in execution.children.values():
        pending = response.pending_children.add()
        pending.workflow_id = child.command.workflow_id
        pending.workflow_type_name = child.command.workflow_type
        pending.initiated_id = child.initiated.event_id
        if child.execution is not None:
            pending.run_id = child.execution.run_id
    if execution.is_running and execution.tasks.is_pending:
        response.pending_workflow_task.state = (
            PendingWorkflowTaskState.PENDING_WORKFLOW_TASK_STATE_STARTED
            if execution.tasks.is_under_way
            else PendingWorkflowTaskState.PENDING_WORKFLOW_TASK_STATE_SCHEDULED
        )
        response.pending_workflow_task.attempt = execution.tasks.attempt
    return response


def _describe_run(response: DescribeWorkflowExecutionResponse, execution: Execution) -> None:
    info, start = response.workflow_execution_info, execution.start
    if start.request.HasField("user_metadata"):
        response.execution_config.user_metadata.CopyFrom(start.request.user_metadata)
    info.execution.CopyFrom(start.execution)
    info.type.name = execution.workflow_type
    info.status = execution.status
    info.task_queue = execution.task_queue
    info.history_length = len(execution.history)
    info.history_size_bytes = execution.history.size_bytes
    info.first_run_id = start.first_run_id
    info.start_time.CopyFrom(execution.history.events[0].event_time)
    info.execution_time.CopyFrom(execution.history.events[0].event_time)
    info.memo.CopyFrom(execution.memo)
    info.search_attributes.CopyFrom(execution.search_attributes)
    if execution.closed_at is not None:
        info.close_time.CopyFrom(timestamp(execution.closed_at))
    if start.parent is not None:
        info.parent_execution.CopyFrom(start.parent.execution)
        info.root_execution.CopyFrom(start.parent.root)
    else:
        info.root_execution.CopyFrom(start.execution)


def _describe_activity(response: DescribeWorkflowExecutionResponse, task: ActivityTask) -> None:
    pending = response.pending_activities.add()
    pending.activity_id = task.command.activity_id
    pending.activity_type.name = task.command.activity_type
    pending.attempt = task.attempt
    pending.state = _State.PENDING_ACTIVITY_STATE_SCHEDULED
    if task.is_running:
        pending.state = _State.PENDING_ACTIVITY_STATE_STARTED
        if task.cancel_requested:
            pending.state = _State.PENDING_ACTIVITY_STATE_CANCEL_REQUESTED
    if task.last_failure is not None:
        pending.last_failure.CopyFrom(task.last_failure)
