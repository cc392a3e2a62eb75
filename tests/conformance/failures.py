"""What an error says, in plain data: the same on both sides, or there is a difference."""

from __future__ import annotations

from typing import Any

from temporalio.client import (
    AsyncActivityCancelledError,
    WorkflowFailureError,
    WorkflowQueryFailedError,
    WorkflowQueryRejectedError,
    WorkflowUpdateFailedError,
)
from temporalio.exceptions import (
    ActivityError,
    ApplicationError,
    CancelledError,
    ChildWorkflowError,
    TerminatedError,
    TimeoutError,  # noqa: A004 - Temporal's word for it
)
from temporalio.service import RPCError

_FIELDS: dict[type[BaseException], tuple[str, ...]] = {
    ActivityError: ("activity_type", "activity_id", "retry_state"),
    ApplicationError: ("type", "details", "non_retryable", "next_retry_delay", "category"),
    CancelledError: ("details",),
    ChildWorkflowError: ("workflow_type", "workflow_id", "retry_state"),
    TerminatedError: ("details",),
    TimeoutError: ("type", "last_heartbeat_details"),
    RPCError: ("status",),
    AsyncActivityCancelledError: (),
    WorkflowFailureError: (),
    WorkflowQueryFailedError: (),
    WorkflowQueryRejectedError: ("status",),
    WorkflowUpdateFailedError: (),
}


def described(error: BaseException) -> dict[str, Any]:
    """An error and its causes."""
    text = {"error": type(error).__name__, "message": str(error)}
    text |= {
        name: str(getattr(error, name))
        for kind, names in _FIELDS.items()
        if isinstance(error, kind)
        for name in names
    }
    cause = getattr(error, "cause", None) or error.__cause__
    return {**text, "cause": described(cause)} if cause is not None else {**text}
