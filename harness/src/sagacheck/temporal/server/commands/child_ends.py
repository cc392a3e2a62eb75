"""How a child ended: the event in its parent's history, and the job for its parent's code."""

from __future__ import annotations

from typing import Any

from temporalio.api.enums.v1 import RetryState, TimeoutType
from temporalio.api.failure.v1 import Failure

from sagacheck.temporal.base.events import Event, attributes_of
from sagacheck.temporal.core.messages import Job

_PREFIX = "child_workflow_execution_"
_KEPT = {
    "workflow_execution_completed": ("result",),
    "workflow_execution_failed": ("failure", "retry_state"),
    "workflow_execution_canceled": ("details",),
    "workflow_execution_timed_out": ("retry_state",),
    "workflow_execution_terminated": (),
}
"""The attributes of the child's last event that its parent's history repeats."""
_FAILED = f"{_PREFIX}failed"
_CANCELLED = f"{_PREFIX}canceled"
_TIMED_OUT = f"{_PREFIX}timed_out"
_WORDS = {
    _FAILED: "failed",
    _CANCELLED: "cancelled",
    _TIMED_OUT: "timed out",
    f"{_PREFIX}terminated": "terminated",
}
"""How Core's failure names the end, by the event in the parent's history."""


def end_of_child(closing: Event) -> tuple[str, dict[str, Any]]:
    """The name and the attributes of the event in the parent's history.

    Args:
        closing: The event that closed the child.
    """
    end = attributes_of(closing.as_message())
    attributes = {name: getattr(end, name) for name in _KEPT[closing.name] if _is_set(end, name)}
    return _PREFIX + closing.name.removeprefix("workflow_execution_"), attributes


def child_resolution(seq: int, event: Event) -> Job:
    """The job for the parent's code with the end of its child.

    Args:
        seq: The sequence number that the code gave the child.
        event: The event in the parent's history.
    """
    job = Job()
    job.resolve_child_workflow_execution.seq = seq
    result = job.resolve_child_workflow_execution.result
    end = attributes_of(event.as_message())
    if event.name not in _WORDS:
        result.completed.SetInParent()
        if end.result.payloads:
            result.completed.result.CopyFrom(end.result.payloads[0])
        return job
    failure = _failure(event.name, end)
    if event.name == _CANCELLED:
        result.cancelled.failure.CopyFrom(failure)
    else:
        result.failed.failure.CopyFrom(failure)
    return job


def _failure(name: str, end: Any) -> Failure:
    failure = Failure(message=f"Child Workflow execution {_WORDS[name]}")
    info = failure.child_workflow_execution_failure_info
    info.namespace = end.namespace
    info.workflow_execution.CopyFrom(end.workflow_execution)
    info.workflow_type.CopyFrom(end.workflow_type)
    info.initiated_event_id = end.initiated_event_id
    info.started_event_id = end.started_event_id
    info.retry_state = RetryState.RETRY_STATE_NON_RETRYABLE_FAILURE
    if name in (_FAILED, _TIMED_OUT):
        info.retry_state = end.retry_state
    if name == _CANCELLED:
        failure.cause.canceled_failure_info.details.CopyFrom(end.details)
    elif name == _FAILED:
        failure.cause.CopyFrom(end.failure)
    elif name == _TIMED_OUT:
        failure.cause.message = "Timed out"
        failure.cause.timeout_failure_info.timeout_type = TimeoutType.TIMEOUT_TYPE_START_TO_CLOSE
    else:
        failure.cause.terminated_failure_info.SetInParent()
    return failure


def _is_set(message: Any, name: str) -> bool:
    field = message.DESCRIPTOR.fields_by_name[name]
    return bool(message.HasField(name) if field.message_type else getattr(message, name))
