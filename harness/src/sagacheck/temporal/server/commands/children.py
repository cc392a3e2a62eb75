"""The child workflows of a run: how they start, how they end, and what their parent's end means.

The rules are those of ``processStartChildExecution`` and ``processParentClosePolicy`` in
``service/history/transfer_queue_active_task_executor.go``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import msgspec
import temporalio.bridge.proto.child_workflow as child_pb
import temporalio.bridge.proto.workflow_commands as commands_pb
from temporalio.api.common.v1 import Header, Memo, Priority, WorkflowExecution, WorkflowType
from temporalio.api.enums.v1 import (
    ParentClosePolicy,
    StartChildWorkflowExecutionFailedCause,
    WorkflowIdReusePolicy,
)
from temporalio.api.workflowservice.v1 import StartWorkflowExecutionRequest

from sagacheck.temporal.base.errors import AlreadyStartedError
from sagacheck.temporal.base.events import Event
from sagacheck.temporal.base.run_identity import RunIdentity
from sagacheck.temporal.base.unsupported_fields import allow_only
from sagacheck.temporal.core.managed_run import ManagedRun
from sagacheck.temporal.core.messages import Job
from sagacheck.temporal.server.commands.child_ends import child_resolution, end_of_child
from sagacheck.temporal.server.ports import HISTORY_SERVICE, OpenRun, OtherRun, Service
from sagacheck.temporal.server.run_start import (
    ParentLink,
    RunStart,
    complete_request,
    normal_task_queue,
)

_SUPPORTED = (
    *("seq", "namespace", "workflow_id", "workflow_type", "task_queue", "input", "headers"),
    *("workflow_execution_timeout", "workflow_run_timeout", "workflow_task_timeout"),
    *("parent_close_policy", "workflow_id_reuse_policy", "retry_policy", "memo"),
    *("search_attributes", "cancellation_type", "versioning_intent"),
)
_ALLOW_DUPLICATE = WorkflowIdReusePolicy.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE
_FailedCause = StartChildWorkflowExecutionFailedCause
_ID_TAKEN = _FailedCause.START_CHILD_WORKFLOW_EXECUTION_FAILED_CAUSE_WORKFLOW_ALREADY_EXISTS
_ID_TAKEN_FOR_CORE = child_pb.StartChildWorkflowExecutionFailedCause.ValueType(_ID_TAKEN)


class Child(msgspec.Struct):
    """A child workflow, as its parent knows it.

    Attributes:
        command: The command of the parent's code.
        initiated: The event that initiated it.
        reference: The child's run, once it has started.
        started: The event of its start.
    """

    command: commands_pb.StartChildWorkflowExecution
    initiated: Event
    reference: WorkflowExecution | None = None
    started: Event | None = None

    @property
    def close_policy(self) -> ParentClosePolicy.ValueType:
        """What becomes of it when its parent closes."""
        asked = self.command.parent_close_policy
        return ParentClosePolicy.ValueType(asked or ParentClosePolicy.PARENT_CLOSE_POLICY_TERMINATE)


class Children:
    """The child workflows of one run.

    Args:
        run: The run.
        service: The service of the run.
        managed: The run as Core knows it.
        start: How the run began.
    """

    def __init__(
        self, run: OpenRun, service: Service, managed: ManagedRun, start: RunStart
    ) -> None:
        self._run = run
        self._service = service
        self._managed = managed
        self._parent = start.parent
        self._children: dict[int, Child] = {}

    def __iter__(self) -> Iterator[Child]:
        """The children that have not ended."""
        return iter(self._children.values())

    def reference(self, seq: int) -> WorkflowExecution | None:
        """How messages refer to a child; ``None`` if it has ended."""
        child = self._children.get(seq)
        if child is None:
            return None
        return child.reference or WorkflowExecution(workflow_id=child.command.workflow_id)

    def clear(self) -> None:
        """Refer to no child any more."""
        self._children.clear()

    # -- the start -------------------------------------------------------------------------------

    def start(self, command: commands_pb.StartChildWorkflowExecution, completed: int) -> Event:
        """Initiate a child, and start it behind the workflow task."""
        allow_only(command, *_SUPPORTED)
        request = self._request(command)
        child = Child(command, self._initiated(command, request, completed))
        self._children[command.seq] = child
        asyncio.get_running_loop().call_soon(self._start, child, request)
        return child.initiated

    def _initiated(
        self,
        command: commands_pb.StartChildWorkflowExecution,
        request: StartWorkflowExecutionRequest,
        completed: int,
    ) -> Event:
        policy = command.parent_close_policy or ParentClosePolicy.PARENT_CLOSE_POLICY_TERMINATE
        return self._run.add_event(
            "start_child_workflow_execution_initiated",
            namespace=self._run.identity.namespace,
            workflow_id=command.workflow_id,
            workflow_type=WorkflowType(name=command.workflow_type),
            task_queue=request.task_queue,
            input=_optional(request, "input"),
            workflow_execution_timeout=_optional(request, "workflow_execution_timeout"),
            workflow_run_timeout=request.workflow_run_timeout,
            workflow_task_timeout=request.workflow_task_timeout,
            parent_close_policy=policy,
            workflow_task_completed_event_id=completed,
            workflow_id_reuse_policy=request.workflow_id_reuse_policy,
            retry_policy=_optional(request, "retry_policy"),
            header=request.header,
            memo=_optional(request, "memo"),
            search_attributes=_optional(request, "search_attributes"),
            inherit_build_id=True,
            priority=Priority(),
        )

    def _start(self, child: Child, request: StartWorkflowExecutionRequest) -> None:
        is_abandoned = child.close_policy == ParentClosePolicy.PARENT_CLOSE_POLICY_ABANDON
        if not self._run.is_running and not is_abandoned:
            return
        own = self._run.identity
        parent = ParentLink(
            reference=own.reference,
            root=self._parent.root if self._parent else own.reference,
            namespace=own.namespace,
            initiated_event_id=child.initiated.event_id,
            seq=child.command.seq,
        )
        try:
            self._service.start_child(request, parent, lambda begun: self._started(child, begun))
        except AlreadyStartedError:
            del self._children[child.command.seq]
            self._run.add_or_buffer(lambda: self._write_not_started(child))

    def _started(self, child: Child, begun: OtherRun) -> None:
        reference = child.reference = begun.identity.reference
        if self._run.is_running:
            self._run.add_or_buffer(lambda: self._write_started(child, reference))

    def _write_started(self, child: Child, reference: WorkflowExecution) -> None:
        child.started = self._run.add_event(
            "child_workflow_execution_started",
            namespace=self._run.identity.namespace,
            initiated_event_id=child.initiated.event_id,
            workflow_execution=reference,
            workflow_type=WorkflowType(name=child.command.workflow_type),
            header=Header(fields=child.command.headers),
        )
        job = Job()
        job.resolve_child_workflow_execution_start.seq = child.command.seq
        job.resolve_child_workflow_execution_start.succeeded.run_id = reference.run_id
        self._run.schedule_workflow_task(job)

    def _write_not_started(self, child: Child) -> None:
        command = child.command
        self._run.add_event(
            "start_child_workflow_execution_failed",
            namespace=self._run.identity.namespace,
            workflow_id=command.workflow_id,
            workflow_type=WorkflowType(name=command.workflow_type),
            cause=_ID_TAKEN,
            initiated_event_id=child.initiated.event_id,
        )
        job = Job()
        failed = job.resolve_child_workflow_execution_start.failed
        failed.workflow_id = command.workflow_id
        failed.workflow_type = command.workflow_type
        failed.cause = _ID_TAKEN_FOR_CORE
        job.resolve_child_workflow_execution_start.seq = command.seq
        self._run.schedule_workflow_task(job)

    def _request(
        self, command: commands_pb.StartChildWorkflowExecution
    ) -> StartWorkflowExecutionRequest:
        """The request with which a client would start the child."""
        own = self._run.identity
        request = StartWorkflowExecutionRequest(
            namespace=own.namespace,
            workflow_id=command.workflow_id,
            workflow_type=WorkflowType(name=command.workflow_type),
            task_queue=normal_task_queue(command.task_queue or own.task_queue),
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
        complete_request(request)
        return request

    # -- the end ---------------------------------------------------------------------------------

    def closed(self, seq: int, identity: RunIdentity, closing: Event) -> None:
        """Note that a child has ended for good.

        Args:
            seq: The sequence number that the parent's code gave it.
            identity: The child's last run.
            closing: The event that closed that run.
        """
        child = self._children.pop(seq, None)
        if child is not None:
            self._run.add_or_buffer(
                lambda: self._write_closed(child, identity, closing), is_end=True
            )

    def _write_closed(self, child: Child, identity: RunIdentity, closing: Event) -> None:
        name, attributes = end_of_child(closing)
        event = self._run.add_event(
            name,
            namespace=identity.namespace,
            workflow_execution=identity.reference,
            workflow_type=WorkflowType(name=child.command.workflow_type),
            initiated_event_id=child.initiated.event_id,
            started_event_id=child.started.event_id if child.started else 0,
            **attributes,
        )
        is_news = self._managed.child_closed(child.command.seq)
        self._run.schedule_workflow_task(
            child_resolution(child.command.seq, event) if is_news else None
        )

    def run_closed(self) -> None:
        """Apply the close policies of the children: their parent has closed for good."""
        for child in self:
            asyncio.get_running_loop().call_soon(self._apply_close_policy, child)

    def _apply_close_policy(self, child: Child) -> None:
        run = self._service.find(child.command.workflow_id) if child.reference else None
        if run is None or not run.is_running:
            return
        if child.close_policy == ParentClosePolicy.PARENT_CLOSE_POLICY_TERMINATE:
            run.terminate("by parent close policy", HISTORY_SERVICE)
        elif child.close_policy == ParentClosePolicy.PARENT_CLOSE_POLICY_REQUEST_CANCEL:
            run.request_cancel("", HISTORY_SERVICE, self._run.identity.reference)


def _optional(message: Any, name: str) -> Any:
    return getattr(message, name) if message.HasField(name) else None
