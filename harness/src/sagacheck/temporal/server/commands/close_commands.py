"""How workflow code closes its run: with a result, a failure, a cancellation, or as new."""

from __future__ import annotations

from typing import Any, Protocol

import temporalio.bridge.proto.workflow_commands as commands_pb
from temporalio.api.common.v1 import Header, Memo, SearchAttributes, WorkflowType
from temporalio.api.enums.v1 import WorkflowExecutionStatus
from temporalio.api.failure.v1 import Failure
from temporalio.api.workflowservice.v1 import StartWorkflowExecutionRequest

from sagacheck.temporal.base.events import Event
from sagacheck.temporal.base.unsupported_fields import allow_only
from sagacheck.temporal.server.run_start import normal_task_queue

Status = WorkflowExecutionStatus
_COMPLETED = Status.WORKFLOW_EXECUTION_STATUS_COMPLETED  # looked up once: most runs end so


class ClosableRun(Protocol):
    """A run, as the commands that close it see it."""

    @property
    def request(self) -> StartWorkflowExecutionRequest:
        """The request that started it."""

    @property
    def search_attributes(self) -> SearchAttributes:
        """Its search attributes as they are now."""

    def close(self, status: Status.ValueType, event: str, **attributes: Any) -> Event:
        """Close it with an event."""

    def close_and_retry(
        self, status: Status.ValueType, event: str, reason: Failure, **attributes: Any
    ) -> Event:
        """Close it with an event, and begin another run where the retry policy says so."""

    def close_and_continue(
        self, request: StartWorkflowExecutionRequest, **attributes: Any
    ) -> Event:
        """Close it, and begin the run that continues it as new."""


def complete(
    run: ClosableRun, command: commands_pb.CompleteWorkflowExecution, completed: int
) -> Event:
    """Close the run with a result."""
    return run.close(
        _COMPLETED,
        "workflow_execution_completed",
        result=[command.result] if command.HasField("result") else None,
        workflow_task_completed_event_id=completed,
    )


def fail(run: ClosableRun, command: commands_pb.FailWorkflowExecution, completed: int) -> Event:
    """Close the run with a failure; the retry policy may begin another attempt."""
    return run.close_and_retry(
        Status.WORKFLOW_EXECUTION_STATUS_FAILED,
        "workflow_execution_failed",
        command.failure,
        failure=command.failure,
        workflow_task_completed_event_id=completed,
    )


def cancel(run: ClosableRun, _: commands_pb.CancelWorkflowExecution, completed: int) -> Event:
    """Close the run as cancelled."""
    return run.close(
        Status.WORKFLOW_EXECUTION_STATUS_CANCELED,
        "workflow_execution_canceled",
        workflow_task_completed_event_id=completed,
    )


def continue_as_new(
    run: ClosableRun, command: commands_pb.ContinueAsNewWorkflowExecution, completed: int
) -> Event:
    """Close the run, and begin another in its place."""
    allow_only(
        command,
        *("workflow_type", "task_queue", "arguments", "workflow_run_timeout"),
        *("workflow_task_timeout", "memo", "headers", "search_attributes", "retry_policy"),
        "versioning_intent",
    )
    request = _next_request(run, command)
    return run.close_and_continue(
        request,
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


def _next_request(
    run: ClosableRun, command: commands_pb.ContinueAsNewWorkflowExecution
) -> StartWorkflowExecutionRequest:
    """The request that starts the next run: the command, completed by this run's own request."""
    request = StartWorkflowExecutionRequest()
    request.CopyFrom(run.request)
    if command.workflow_type:
        request.workflow_type.CopyFrom(WorkflowType(name=command.workflow_type))
    if command.task_queue:
        request.task_queue.CopyFrom(normal_task_queue(command.task_queue))
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
    # Search attributes that the code has changed go on to the next run, a changed memo does not, as
    # with Core (``augment_continue_as_new_with_current_values`` in its ``workflow_machines.rs``).
    if command.memo:
        request.memo.CopyFrom(Memo(fields=command.memo))
    attributes = run.search_attributes
    if command.HasField("search_attributes"):
        attributes = command.search_attributes
    request.ClearField("search_attributes")
    if attributes.ByteSize():
        request.search_attributes.CopyFrom(attributes)
    return request
