"""Messages of a run to other workflows: signals, and requests to cancel.

The rules are those of ``processSignalExecution`` and ``processCancelExecution`` in
``service/history/transfer_queue_active_task_executor.go``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
import temporalio.bridge.proto.workflow_commands as commands_pb
from temporalio.api.common.v1 import Header, Payloads, WorkflowExecution
from temporalio.api.enums.v1 import (
    CancelExternalWorkflowExecutionFailedCause,
    SignalExternalWorkflowExecutionFailedCause,
)
from temporalio.api.failure.v1 import Failure

from sagacheck.temporal.base.events import Event, attributes_of
from sagacheck.temporal.core.messages import Job
from sagacheck.temporal.server.commands.children import Children
from sagacheck.temporal.server.ports import HISTORY_SERVICE, OpenRun, OtherRun, Service

_CancelFailed = CancelExternalWorkflowExecutionFailedCause
_SignalFailed = SignalExternalWorkflowExecutionFailedCause
_CANCEL_NOT_FOUND = _CancelFailed.CANCEL_EXTERNAL_WORKFLOW_EXECUTION_FAILED_CAUSE_EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND  # noqa: E501
_SIGNAL_NOT_FOUND = _SignalFailed.SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED_CAUSE_EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND  # noqa: E501
_AsJob = Callable[[Failure | None], Job | None]


class _Message(msgspec.Struct, frozen=True):
    """A message on its way to another workflow.

    Attributes:
        target: The workflow that it is for.
        initiated: The event that initiated it.
    """

    target: WorkflowExecution
    initiated: Event


class ExternalWorkflows:
    """The messages of one run to other workflows.

    Args:
        run: The run.
        service: The service of the run.
        children: The children of the run.
    """

    def __init__(self, run: OpenRun, service: Service, children: Children) -> None:
        self._run = run
        self._service = service
        self._children = children

    # -- commands --------------------------------------------------------------------------------

    def cancel_child(
        self, command: commands_pb.CancelChildWorkflowExecution, completed: int
    ) -> Event | None:
        """Request the cancellation of a child, unless it has ended."""
        target = self._children.reference(command.child_workflow_seq)
        if target is None:
            return None
        message = self._initiate_cancel(target, completed, command.reason, child_workflow_only=True)
        # Core does not tell the code that a child got the request, even where the code waits for
        # no more than that.
        self._send(self._deliver_cancel, message, command.reason, lambda _failure: None)
        return message.initiated

    def cancel(
        self, command: commands_pb.RequestCancelExternalWorkflowExecution, completed: int
    ) -> Event:
        """Request the cancellation of another workflow."""

        def as_job(failure: Failure | None) -> Job:
            job = Job()
            job.resolve_request_cancel_external_workflow.seq = command.seq
            if failure is not None:
                job.resolve_request_cancel_external_workflow.failure.CopyFrom(failure)
            return job

        run_id = self._run.identity.run_id
        reason = f"Cancel requested by workflow with run id {run_id} with reason: {command.reason}"
        target = _reference(command.workflow_execution)
        message = self._initiate_cancel(target, completed, reason, child_workflow_only=False)
        self._send(self._deliver_cancel, message, reason, as_job)
        return message.initiated

    def signal(self, command: commands_pb.SignalExternalWorkflowExecution, completed: int) -> Event:
        """Signal a child or another workflow."""
        to_child = command.WhichOneof("target") == "child_workflow_id"
        target = (
            WorkflowExecution(workflow_id=command.child_workflow_id)
            if to_child
            else _reference(command.workflow_execution)
        )
        initiated = self._run.add_event(
            "signal_external_workflow_execution_initiated",
            workflow_task_completed_event_id=completed,
            namespace=self._run.identity.namespace,
            workflow_execution=target,
            signal_name=command.signal_name,
            input=Payloads(payloads=command.args) if command.args else None,
            header=Header(fields=command.headers) if command.headers else None,
            child_workflow_only=to_child,
        )
        self._send(self._deliver_signal, _Message(target, initiated), command.seq)
        return initiated

    def _initiate_cancel(
        self, target: WorkflowExecution, completed: int, reason: str, *, child_workflow_only: bool
    ) -> _Message:
        initiated = self._run.add_event(
            "request_cancel_external_workflow_execution_initiated",
            workflow_task_completed_event_id=completed,
            namespace=self._run.identity.namespace,
            workflow_execution=target,
            child_workflow_only=child_workflow_only,
            reason=reason,
        )
        return _Message(target, initiated)

    # -- delivery --------------------------------------------------------------------------------

    def _send(self, deliver: Callable[..., None], message: _Message, *args: Any) -> None:
        """Deliver a message behind the workflow task that sends it, unless that closes the run."""

        def send() -> None:
            if self._run.is_running:
                deliver(message, *args)

        asyncio.get_running_loop().call_soon(send)

    def _deliver_cancel(self, message: _Message, reason: str, as_job: _AsJob) -> None:
        receiver = self._receiver(message)
        if receiver is None:
            failure = _not_found("Unable to cancel external workflow because not found")
            event = "request_cancel_external_workflow_execution_failed"
            self._note(message, as_job(failure), event, cause=_CANCEL_NOT_FOUND)
            return
        self._note(message, as_job(None), "external_workflow_execution_cancel_requested")
        sender = self._run.identity.reference
        receiver.request_cancel(reason, HISTORY_SERVICE, sender, message.initiated.event_id)

    def _deliver_signal(self, message: _Message, seq: int) -> None:
        receiver = self._receiver(message)
        job = Job()
        job.resolve_signal_external_workflow.seq = seq
        if receiver is None:
            failure = _not_found("Unable to signal external workflow because it was not found")
            job.resolve_signal_external_workflow.failure.CopyFrom(failure)
            event = "signal_external_workflow_execution_failed"
            self._note(message, job, event, cause=_SIGNAL_NOT_FOUND)
            return
        self._note(message, job, "external_workflow_execution_signaled")
        signal = attributes_of(message.initiated.as_message())
        receiver.signal(
            signal.signal_name,
            signal.input if signal.HasField("input") else None,
            signal.header if signal.HasField("header") else None,
            HISTORY_SERVICE,
            self._run.identity.reference,
        )

    def _receiver(self, message: _Message) -> OtherRun | None:
        """The run that gets a message; the server lets no workflow send one to itself."""
        if message.target.workflow_id == self._run.identity.workflow_id:
            return None
        found = self._service.find(message.target.workflow_id, message.target.run_id)
        return found if found is not None and found.is_running else None

    def _note(self, message: _Message, job: Job | None, event: str, **attributes: Any) -> None:
        """Write whether a message was delivered, and give the code the job."""

        def write() -> None:
            self._run.add_event(
                event,
                namespace=self._run.identity.namespace,
                workflow_execution=message.target,
                initiated_event_id=message.initiated.event_id,
                **attributes,
            )
            self._run.schedule_workflow_task(job)

        self._run.add_or_buffer(write)


def _not_found(message: str) -> Failure:
    failure = Failure(message=message)
    failure.application_failure_info.type = "ExternalWorkflowExecutionNotFound"
    return failure


def _reference(named: Any) -> WorkflowExecution:
    return WorkflowExecution(workflow_id=named.workflow_id, run_id=named.run_id)
