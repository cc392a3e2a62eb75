"""How workflow code ends its run: with a result, a failure, a cancellation, or as another run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import temporalio.bridge.proto.workflow_commands as commands_pb
from temporalio.api.common.v1 import Header, Memo, WorkflowType
from temporalio.api.enums.v1 import WorkflowExecutionStatus
from temporalio.api.workflowservice.v1 import StartWorkflowExecutionRequest

from sagacheck.temporal.fields import only
from sagacheck.temporal.starting import SHORTEST_RUN_SECONDS, task_queue

if TYPE_CHECKING:
    from sagacheck.temporal.execution import Execution

Status = WorkflowExecutionStatus
_COMPLETED = Status.WORKFLOW_EXECUTION_STATUS_COMPLETED  # most runs end so


def complete(
    run: Execution, command: commands_pb.CompleteWorkflowExecution, completed: int
) -> None:
    """The workflow has a result."""
    run.close(
        _COMPLETED,
        "workflow_execution_completed",
        result=[command.result] if command.HasField("result") else None,
        workflow_task_completed_event_id=completed,
    )


def fail(run: Execution, command: commands_pb.FailWorkflowExecution, completed: int) -> None:
    """The workflow fails, for good or until its next attempt."""
    run.close_and_retry(
        Status.WORKFLOW_EXECUTION_STATUS_FAILED,
        "workflow_execution_failed",
        command.failure,
        failure=command.failure,
        workflow_task_completed_event_id=completed,
    )


def cancel(run: Execution, _: commands_pb.CancelWorkflowExecution, completed: int) -> None:
    """The workflow gives in to its cancellation."""
    run.close(
        Status.WORKFLOW_EXECUTION_STATUS_CANCELED,
        "workflow_execution_canceled",
        workflow_task_completed_event_id=completed,
    )


def continue_as_new(
    run: Execution, command: commands_pb.ContinueAsNewWorkflowExecution, completed: int
) -> None:
    """The workflow closes, and another run takes its place."""
    only(
        command,
        *("workflow_type", "task_queue", "arguments", "workflow_run_timeout"),
        *("workflow_task_timeout", "memo", "headers", "search_attributes", "retry_policy"),
        "versioning_intent",
    )
    request = _next_request(run, command)
    began = run.history.events.noted[0].at + (run.start.backoff or 0.0)
    wait = SHORTEST_RUN_SECONDS - (run.now() - began)
    start = run.follow(request, backoff=wait if wait > 0 else None)
    run.close(
        Status.WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW,
        "workflow_execution_continued_as_new",
        new_execution_run_id=start.run_id,
        workflow_type=request.workflow_type,
        task_queue=request.task_queue,
        input=request.input if request.HasField("input") else None,
        header=request.header if request.HasField("header") else None,
        memo=request.memo if request.HasField("memo") else None,
        search_attributes=request.search_attributes
        if request.HasField("search_attributes")
        else None,
        workflow_run_timeout=request.workflow_run_timeout,
        workflow_task_timeout=request.workflow_task_timeout,
        inherit_build_id=True,
        workflow_task_completed_event_id=completed,
    )
    run.service.begin(start)


def _next_request(
    run: Execution, command: commands_pb.ContinueAsNewWorkflowExecution
) -> StartWorkflowExecutionRequest:
    """What starts the next run: what the code says, and for the rest what started this one."""
    request = StartWorkflowExecutionRequest()
    request.CopyFrom(run.start.request)
    if command.workflow_type:
        request.workflow_type.CopyFrom(WorkflowType(name=command.workflow_type))
    if command.task_queue:
        request.task_queue.CopyFrom(task_queue(command.task_queue))
    request.ClearField("input")
    if command.arguments:
        request.input.payloads.extend(command.arguments)
    request.ClearField("header")
    if command.headers:
        request.header.CopyFrom(Header(fields=command.headers))
    for name in ("workflow_run_timeout", "workflow_task_timeout", "retry_policy"):
        if command.HasField(name):
            getattr(request, name).CopyFrom(getattr(command, name))
    request.workflow_run_timeout.SetInParent()
    # What the code has made of its memo is lost, as it is with Core; of its attributes it is not.
    if command.memo:
        request.memo.CopyFrom(Memo(fields=command.memo))
    attributes = run.search_attributes
    if command.HasField("search_attributes"):
        attributes = command.search_attributes
    _set_or_clear(request, "search_attributes", attributes)
    return request


def _set_or_clear(request: StartWorkflowExecutionRequest, name: str, value: Any) -> None:
    request.ClearField(name)  # type: ignore[arg-type]  # it is one of its fields
    if value.ByteSize():
        getattr(request, name).CopyFrom(value)
