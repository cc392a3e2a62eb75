"""The policies about workflow ids: whether a run may begin with an id that another run has or had.

The rules are those of ``service/history/api/workflow_id_dedup.go``.
"""

from __future__ import annotations

from temporalio.api.enums.v1 import (
    WorkflowExecutionStatus,
    WorkflowIdConflictPolicy,
    WorkflowIdReusePolicy,
)
from temporalio.api.workflowservice.v1 import StartWorkflowExecutionRequest

from sagacheck.temporal.base.errors import AlreadyStartedError

_Conflict = WorkflowIdConflictPolicy
_Reuse = WorkflowIdReusePolicy
_COMPLETED = WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_COMPLETED


def uses_existing(request: StartWorkflowExecutionRequest) -> bool:
    """Whether the run that has the id is as good as a new one."""
    conflict = request.workflow_id_conflict_policy
    return conflict == _Conflict.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING


def terminates_existing(request: StartWorkflowExecutionRequest) -> bool:
    """Whether the run that has the id is terminated for a new one."""
    conflict = request.workflow_id_conflict_policy
    reuse = request.workflow_id_reuse_policy
    return (
        conflict == _Conflict.WORKFLOW_ID_CONFLICT_POLICY_TERMINATE_EXISTING
        or reuse == _Reuse.WORKFLOW_ID_REUSE_POLICY_TERMINATE_IF_RUNNING
    )


def check_reuse(
    request: StartWorkflowExecutionRequest, run_id: str, status: WorkflowExecutionStatus.ValueType
) -> None:
    """Check whether the id of a closed run may be used again.

    Args:
        request: The request that wants to use it.
        run_id: The latest run that had it.
        status: How that run has closed.

    Raises:
        AlreadyStartedError: The id may not be used again.
    """
    reuse = request.workflow_id_reuse_policy
    only_failed = reuse == _Reuse.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY
    rejects = reuse == _Reuse.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE
    if rejects or (only_failed and status == _COMPLETED):
        raise AlreadyStartedError(run_id)
