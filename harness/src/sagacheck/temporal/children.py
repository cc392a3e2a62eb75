"""Child workflows: how they start, what their parents hear of them, what parents leave them to."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import temporalio.bridge.proto.child_workflow as child_pb
import temporalio.bridge.proto.workflow_commands as commands_pb
from temporalio.api.common.v1 import (
    Header,
    Memo,
    Priority,
    WorkflowExecution,
    WorkflowType,
)
from temporalio.api.enums.v1 import (
    ParentClosePolicy,
    RetryState,
    StartChildWorkflowExecutionFailedCause,
    TimeoutType,
    WorkflowIdReusePolicy,
)
from temporalio.api.failure.v1 import Failure
from temporalio.api.workflowservice.v1 import StartWorkflowExecutionRequest

from sagacheck.temporal.core import Job
from sagacheck.temporal.errors import AlreadyStartedError
from sagacheck.temporal.events import Event, attributes_of
from sagacheck.temporal.fields import only
from sagacheck.temporal.starting import Parent, fill_in, task_queue

if TYPE_CHECKING:
    from sagacheck.temporal.execution import Execution

SERVICE = "history-service"
_ALLOW_DUPLICATE = WorkflowIdReusePolicy.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE
_FailedCause = StartChildWorkflowExecutionFailedCause
_TAKEN = _FailedCause.START_CHILD_WORKFLOW_EXECUTION_FAILED_CAUSE_WORKFLOW_ALREADY_EXISTS
_TOLD_TAKEN = child_pb.StartChildWorkflowExecutionFailedCause.ValueType(_TAKEN)


@dataclass
class Child:
    """A child workflow, as its parent knows it.

    Attributes:
        command: What the parent's code asked for.
        initiated: The event that says so.
        execution: The child, once it has started.
        started: The event that says so.
    """

    command: commands_pb.StartChildWorkflowExecution
    initiated: Event
    execution: WorkflowExecution | None = None
    started: Event | None = None


# -- starting children --------------------------------------------------------------------------


def apply_start_child(
    run: Execution, command: commands_pb.StartChildWorkflowExecution, completed: int
) -> None:
    """Write down that a child is wanted, and start it thereafter."""
    only(
        command,
        *("seq", "namespace", "workflow_id", "workflow_type", "task_queue", "input", "headers"),
        *("workflow_execution_timeout", "workflow_run_timeout", "workflow_task_timeout"),
        *("parent_close_policy", "workflow_id_reuse_policy", "retry_policy", "memo"),
        *("search_attributes", "cancellation_type", "versioning_intent"),
    )
    request = _child_request(run, command)
    initiated = run.history.add(
        "start_child_workflow_execution_initiated",
        namespace=run.namespace,
        workflow_id=command.workflow_id,
        workflow_type=WorkflowType(name=command.workflow_type),
        task_queue=request.task_queue,
        input=request.input if request.HasField("input") else None,
        workflow_execution_timeout=_optional(request, "workflow_execution_timeout"),
        workflow_run_timeout=request.workflow_run_timeout,
        workflow_task_timeout=request.workflow_task_timeout,
        parent_close_policy=_close_policy(command),
        workflow_task_completed_event_id=completed,
        workflow_id_reuse_policy=request.workflow_id_reuse_policy,
        retry_policy=_optional(request, "retry_policy"),
        header=request.header,
        memo=_optional(request, "memo"),
        search_attributes=_optional(request, "search_attributes"),
        inherit_build_id=True,
        priority=Priority(),
    )
    run.children[command.seq] = Child(command, initiated)
    asyncio.get_running_loop().call_soon(_start_child, run, command.seq, request)


def _start_child(run: Execution, seq: int, request: StartWorkflowExecutionRequest) -> None:
    child = run.children[seq]
    abandoned = _close_policy(child.command) == ParentClosePolicy.PARENT_CLOSE_POLICY_ABANDON
    if not run.is_running and not abandoned:
        return
    parent = Parent(
        execution=run.start.execution,
        root=run.start.parent.root if run.start.parent else run.start.execution,
        namespace=run.namespace,
        initiated_event_id=child.initiated.event_id,
        seq=seq,
    )
    try:
        run.service.start_child(request, parent, lambda begun: _child_started(run, child, begun))
    except AlreadyStartedError:
        _child_not_started(run, seq)


def _child_started(run: Execution, child: Child, begun: Execution) -> None:
    child.execution = begun.start.execution
    if run.is_running:
        run.arrivals.arrive(lambda: _write_child_started(run, child, begun.start.execution))


def _write_child_started(run: Execution, child: Child, execution: WorkflowExecution) -> None:
    child.started = run.history.add(
        "child_workflow_execution_started",
        namespace=run.namespace,
        initiated_event_id=child.initiated.event_id,
        workflow_execution=execution,
        workflow_type=WorkflowType(name=child.command.workflow_type),
        header=Header(fields=child.command.headers),
    )
    job = Job()
    job.resolve_child_workflow_execution_start.seq = child.command.seq
    job.resolve_child_workflow_execution_start.succeeded.run_id = execution.run_id
    run.tasks.tell(job)


def _child_not_started(run: Execution, seq: int) -> None:
    child = run.children.pop(seq)
    run.arrivals.arrive(lambda: _write_child_not_started(run, child, seq))


def _write_child_not_started(run: Execution, child: Child, seq: int) -> None:
    run.history.add(
        "start_child_workflow_execution_failed",
        namespace=run.namespace,
        workflow_id=child.command.workflow_id,
        workflow_type=WorkflowType(name=child.command.workflow_type),
        cause=_TAKEN,
        initiated_event_id=child.initiated.event_id,
    )
    job = Job()
    failed = job.resolve_child_workflow_execution_start.failed
    failed.workflow_id = child.command.workflow_id
    failed.workflow_type = child.command.workflow_type
    failed.cause = _TOLD_TAKEN
    job.resolve_child_workflow_execution_start.seq = seq
    run.tasks.tell(job)


def _child_request(
    run: Execution, command: commands_pb.StartChildWorkflowExecution
) -> StartWorkflowExecutionRequest:
    """What a client would ask for to start the child."""
    request = StartWorkflowExecutionRequest(
        namespace=run.namespace,
        workflow_id=command.workflow_id,
        workflow_type=WorkflowType(name=command.workflow_type),
        task_queue=task_queue(command.task_queue or run.task_queue),
        header=Header(fields=command.headers),
        workflow_run_timeout=command.workflow_run_timeout,
        workflow_task_timeout=command.workflow_task_timeout,
        workflow_id_reuse_policy=command.workflow_id_reuse_policy or _ALLOW_DUPLICATE,
    )
    if command.input:
        request.input.payloads.extend(command.input)
    for name in ("workflow_execution_timeout", "retry_policy", "search_attributes"):
        if command.HasField(name):
            getattr(request, name).CopyFrom(getattr(command, name))
    if command.memo:
        request.memo.CopyFrom(Memo(fields=command.memo))
    fill_in(request)
    return request


# -- the ends of parents and children -----------------------------------------------------------

_CHILD_ENDS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "workflow_execution_completed": ("completed", "", ("result",)),
    "workflow_execution_failed": ("failed", "failed", ("failure", "retry_state")),
    "workflow_execution_canceled": ("canceled", "cancelled", ("details",)),
    "workflow_execution_timed_out": ("timed_out", "timed out", ("retry_state",)),
    "workflow_execution_terminated": ("terminated", "terminated", ()),
}
"""What a parent is told: the event's name, the failure's words, and what it says of the end."""


def tell_parent(run: Execution, closing: Event) -> None:
    """A run has ended for good: its parent, if it has one that still runs, is told."""
    link = run.start.parent
    parent = run.service.find(link.execution.workflow_id, link.execution.run_id) if link else None
    if link is None or parent is None or not parent.is_running or link.seq not in parent.children:
        return
    child = parent.children.pop(link.seq)
    parent.arrivals.arrive(lambda: _write_child_end(run, parent, child, closing), is_end=True)


def _write_child_end(run: Execution, parent: Execution, child: Child, closing: Event) -> None:
    seq = child.command.seq
    name, words, kept = _CHILD_ENDS[closing.name]
    end = attributes_of(closing.as_message())
    said = {key: getattr(end, key) for key in kept if _says(end, key)}
    event = parent.history.add(
        f"child_workflow_execution_{name}",
        namespace=run.namespace,
        workflow_execution=run.start.execution,
        workflow_type=WorkflowType(name=run.workflow_type),
        initiated_event_id=child.initiated.event_id,
        started_event_id=child.started.event_id if child.started else 0,
        **said,
    )
    news = parent.core.settle_child(seq)
    parent.tasks.tell(_child_resolution(seq, event, words) if news else None)


def _child_resolution(seq: int, event: Event, words: str) -> Job:
    job = Job()
    job.resolve_child_workflow_execution.seq = seq
    result = job.resolve_child_workflow_execution.result
    said = attributes_of(event.as_message())
    if not words:
        result.completed.SetInParent()
        if said.result.payloads:
            result.completed.result.CopyFrom(said.result.payloads[0])
        return job
    failure = Failure(message=f"Child Workflow execution {words}")
    info = failure.child_workflow_execution_failure_info
    info.namespace = said.namespace
    info.workflow_execution.CopyFrom(said.workflow_execution)
    info.workflow_type.CopyFrom(said.workflow_type)
    info.initiated_event_id = said.initiated_event_id
    info.started_event_id = said.started_event_id
    info.retry_state = RetryState.RETRY_STATE_NON_RETRYABLE_FAILURE
    if words in ("failed", "timed out"):
        info.retry_state = said.retry_state
    if words == "cancelled":
        failure.cause.canceled_failure_info.details.CopyFrom(said.details)
        result.cancelled.failure.CopyFrom(failure)
        return job
    if words == "failed":
        failure.cause.CopyFrom(said.failure)
    elif words == "timed out":
        failure.cause.message = "Timed out"
        failure.cause.timeout_failure_info.timeout_type = TimeoutType.TIMEOUT_TYPE_START_TO_CLOSE
    else:
        failure.cause.terminated_failure_info.SetInParent()
    result.failed.failure.CopyFrom(failure)
    return job


def close_children(run: Execution) -> None:
    """A run has closed: its children are dealt with as it had wished."""
    for child in run.children.values():
        asyncio.get_running_loop().call_soon(_close_child, run, child)


def _close_child(run: Execution, child: Child) -> None:
    found = run.service.find(child.command.workflow_id) if child.execution else None
    if found is None or not found.is_running:
        return
    policy = _close_policy(child.command)
    if policy == ParentClosePolicy.PARENT_CLOSE_POLICY_TERMINATE:
        found.terminate("by parent close policy", SERVICE)
    elif policy == ParentClosePolicy.PARENT_CLOSE_POLICY_REQUEST_CANCEL:
        found.request_cancel("", SERVICE, run.start.execution)


def _close_policy(command: commands_pb.StartChildWorkflowExecution) -> ParentClosePolicy.ValueType:
    return ParentClosePolicy.ValueType(
        command.parent_close_policy or ParentClosePolicy.PARENT_CLOSE_POLICY_TERMINATE
    )


def _optional(message: Any, name: str) -> Any:
    return getattr(message, name) if message.HasField(name) else None


def _says(message: Any, name: str) -> bool:
    field = message.DESCRIPTOR.fields_by_name[name]
    return bool(message.HasField(name) if field.message_type else getattr(message, name))
