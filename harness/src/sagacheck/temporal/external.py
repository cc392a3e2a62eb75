"""Messages from one workflow to another, which may be its child."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import temporalio.bridge.proto.workflow_commands as commands_pb
from temporalio.api.common.v1 import Header, Payloads, WorkflowExecution
from temporalio.api.enums.v1 import (
    CancelExternalWorkflowExecutionFailedCause,
    SignalExternalWorkflowExecutionFailedCause,
)
from temporalio.api.failure.v1 import Failure

from sagacheck.temporal.core import Job
from sagacheck.temporal.events import Event, attributes_of

if TYPE_CHECKING:
    from sagacheck.temporal.execution import Execution

SERVICE = "history-service"
_CancelFailed = CancelExternalWorkflowExecutionFailedCause
_SignalFailed = SignalExternalWorkflowExecutionFailedCause
_NOBODY_TO_CANCEL = _CancelFailed.CANCEL_EXTERNAL_WORKFLOW_EXECUTION_FAILED_CAUSE_EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND  # noqa: E501
_NOBODY_TO_SIGNAL = _SignalFailed.SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED_CAUSE_EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND  # noqa: E501


@dataclass(frozen=True, slots=True)
class _Message:
    """A message on its way from one workflow to another.

    Attributes:
        run: Who sends it.
        target: Whom it is for.
        initiated: The event that says that it is sent.
    """

    run: Execution
    target: WorkflowExecution
    initiated: Event

    def answer(self, job: Job | None, event: str, **attributes: Any) -> None:
        """Write down what became of it, and tell the code."""

        def write() -> None:
            self.run.history.add(
                event,
                namespace=self.run.namespace,
                workflow_execution=self.target,
                initiated_event_id=self.initiated.event_id,
                **attributes,
            )
            self.run.tasks.tell(job)

        self.run.arrivals.arrive(write)

    def receiver(self) -> Execution | None:
        """Whom it reaches; the service does not let a workflow reach itself."""
        if self.target.workflow_id == self.run.workflow_id:
            return None
        found = self.run.service.find(self.target.workflow_id, self.target.run_id)
        return found if found is not None and found.is_running else None


# -- requests to cancel -------------------------------------------------------------------------


def apply_cancel_child(
    run: Execution, command: commands_pb.CancelChildWorkflowExecution, completed: int
) -> None:
    """Ask a child to cancel."""
    child = run.children.get(command.child_workflow_seq)
    if child is None:
        return
    target = child.execution or WorkflowExecution(workflow_id=child.command.workflow_id)
    message = _request(run, target, completed, command.reason, child_workflow_only=True)
    # Core does not tell the code of a child that the request has arrived, even where it waits for
    # no more than that.
    _send(_ask_to_cancel, message, command.reason, lambda _failure: None)


def apply_cancel_external(
    run: Execution, command: commands_pb.RequestCancelExternalWorkflowExecution, completed: int
) -> None:
    """Ask another workflow to cancel."""

    def answer(failure: Failure | None) -> Job:
        job = Job()
        job.resolve_request_cancel_external_workflow.seq = command.seq
        if failure is not None:
            job.resolve_request_cancel_external_workflow.failure.CopyFrom(failure)
        return job

    reason = f"Cancel requested by workflow with run id {run.run_id} with reason: {command.reason}"
    target = _execution(command.workflow_execution)
    message = _request(run, target, completed, reason, child_workflow_only=False)
    _send(_ask_to_cancel, message, reason, answer)


def _request(
    run: Execution,
    target: WorkflowExecution,
    completed: int,
    reason: str,
    *,
    child_workflow_only: bool,
) -> _Message:
    initiated = run.history.add(
        "request_cancel_external_workflow_execution_initiated",
        workflow_task_completed_event_id=completed,
        namespace=run.namespace,
        workflow_execution=target,
        child_workflow_only=child_workflow_only,
        reason=reason,
    )
    return _Message(run, target, initiated)


def _ask_to_cancel(
    message: _Message, reason: str, answer: Callable[[Failure | None], Job | None]
) -> None:
    run, receiver = message.run, message.receiver()
    if receiver is None:
        text = "Unable to cancel external workflow because not found"
        event = "request_cancel_external_workflow_execution_failed"
        message.answer(answer(_not_found(text)), event, cause=_NOBODY_TO_CANCEL)
        return
    message.answer(answer(None), "external_workflow_execution_cancel_requested")
    receiver.request_cancel(reason, SERVICE, run.start.execution, message.initiated.event_id)


# -- signals ------------------------------------------------------------------------------------


def apply_signal_external(
    run: Execution, command: commands_pb.SignalExternalWorkflowExecution, completed: int
) -> None:
    """Signal a child or another workflow."""
    to_child = command.WhichOneof("target") == "child_workflow_id"
    target = (
        WorkflowExecution(workflow_id=command.child_workflow_id)
        if to_child
        else _execution(command.workflow_execution)
    )
    initiated = run.history.add(
        "signal_external_workflow_execution_initiated",
        workflow_task_completed_event_id=completed,
        namespace=run.namespace,
        workflow_execution=target,
        signal_name=command.signal_name,
        input=Payloads(payloads=command.args) if command.args else None,
        header=Header(fields=command.headers) if command.headers else None,
        child_workflow_only=to_child,
    )
    _send(_signal, _Message(run, target, initiated), command.seq)


def _signal(message: _Message, seq: int) -> None:
    run, receiver = message.run, message.receiver()
    job = Job()
    job.resolve_signal_external_workflow.seq = seq
    if receiver is None:
        text = "Unable to signal external workflow because it was not found"
        job.resolve_signal_external_workflow.failure.CopyFrom(_not_found(text))
        event = "signal_external_workflow_execution_failed"
        message.answer(job, event, cause=_NOBODY_TO_SIGNAL)
        return
    message.answer(job, "external_workflow_execution_signaled")
    said = attributes_of(message.initiated.as_message())
    receiver.signal(
        said.signal_name,
        said.input if said.HasField("input") else None,
        said.header if said.HasField("header") else None,
        SERVICE,
        run.start.execution,
    )


def _send(act: Callable[..., None], message: _Message, *args: Any) -> None:
    """Let a message arrive once the task that sends it is done, unless that is the last."""

    def arrive() -> None:
        if message.run.is_running:
            act(message, *args)

    asyncio.get_running_loop().call_soon(arrive)


def _not_found(message: str) -> Failure:
    failure = Failure(message=message)
    failure.application_failure_info.type = "ExternalWorkflowExecutionNotFound"
    return failure


def _execution(named: Any) -> WorkflowExecution:
    return WorkflowExecution(workflow_id=named.workflow_id, run_id=named.run_id)
