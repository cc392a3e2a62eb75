"""One run of a workflow on the server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import temporalio.bridge.proto.workflow_commands as commands_pb
from temporalio.api.common.v1 import Header, Payload, Payloads, SearchAttributes, WorkflowExecution
from temporalio.api.enums.v1 import RetryState, WorkflowExecutionStatus
from temporalio.api.failure.v1 import Failure
from temporalio.api.query.v1 import WorkflowQuery
from temporalio.api.update.v1 import Request
from temporalio.api.workflowservice.v1 import StartWorkflowExecutionRequest

from sagacheck.temporal.base.event_buffer import EventBuffer
from sagacheck.temporal.base.events import Event
from sagacheck.temporal.base.history import History
from sagacheck.temporal.base.run_identity import RunIdentity
from sagacheck.temporal.core.managed_run import ManagedRun
from sagacheck.temporal.core.messages import Job, Outgoing
from sagacheck.temporal.server.commands.activities import Activities
from sagacheck.temporal.server.commands.apply import apply_commands
from sagacheck.temporal.server.commands.children import Children
from sagacheck.temporal.server.commands.command_validation import command_refusal
from sagacheck.temporal.server.commands.external_workflows import ExternalWorkflows
from sagacheck.temporal.server.commands.properties import Properties
from sagacheck.temporal.server.commands.timers import Timers
from sagacheck.temporal.server.commands.updates import Update, Updates
from sagacheck.temporal.server.next_run import continued_start, retried_start
from sagacheck.temporal.server.ports import Service, TaskWorker
from sagacheck.temporal.server.queries import answer_query
from sagacheck.temporal.server.run_start import RunStart, init_job, started_attributes
from sagacheck.temporal.server.run_timeouts import RunTimeouts
from sagacheck.temporal.server.tasks.open_task import TaskFailure
from sagacheck.temporal.server.tasks.task_events import TaskEvents
from sagacheck.temporal.server.tasks.workflow_tasks import WorkflowTasks

Status = WorkflowExecutionStatus
_RUNNING = Status.WORKFLOW_EXECUTION_STATUS_RUNNING  # looked up once, for it takes long


class WorkflowRun:
    """One run of a workflow: what clients, other runs and its own code do to it.

    Attributes:
        start: How it began.
        request: The request that started it.
        identity: Which run it is.
        workflow_id: The id of its workflow.
        run_id: Its id.
        workflow_type: The name of the workflow's type.
        history: Its events.
        status: Whether it runs, or how it has closed.
        is_running: Whether it has not closed.
        closed_at: When it closed, in seconds since the epoch.
        tasks: Its workflow tasks.
        activities: Its activities.
        timers: Its timers.
        children: Its child workflows.
        external_workflows: Its messages to other workflows.
        updates: Its updates.
        properties: Its search attributes, memo and patches.

    Args:
        service: The service of the run.
        start: How it begins.
    """

    def __init__(self, service: Service, start: RunStart) -> None:
        self._service = service
        self.now = service.now
        self.start = start
        self.request = request = start.request
        self.identity = identity = start.identity
        self.workflow_id = identity.workflow_id
        self.run_id = identity.run_id
        self.workflow_type = identity.workflow_type
        self.status: Status.ValueType = _RUNNING
        self.is_running = True
        self.closed_at: float | None = None
        self.history = History(service.now, service.next_task_id)
        self.add_event = self.history.add
        self._buffer = EventBuffer(self.history)
        self.add_or_buffer = self._buffer.add
        self._managed = managed = ManagedRun(identity)
        events = TaskEvents(self.history, request)
        self.tasks = WorkflowTasks(self, service, managed, events, self._buffer)
        self.activities = Activities(self, service, managed, request.workflow_run_timeout)
        self.timers = Timers(self)
        self.children = Children(self, service, managed, start)
        self.external_workflows = ExternalWorkflows(self, service, self.children)
        self.updates = Updates(self, self.tasks.schedule_update)
        self.properties = Properties(self, service.search_attributes, request)
        self._timeouts = RunTimeouts(self, start)
        self._cancel_requested = False
        self._closed = asyncio.Event()
        self._changed: asyncio.Event | None = None

    # -- its beginning ---------------------------------------------------------------------------

    def begin(self, before_first_task: Callable[[WorkflowRun], None] | None = None) -> None:
        """Write the first event and schedule the first workflow task.

        Args:
            before_first_task: Called before the task is scheduled, to send a signal for example.
        """
        started = self.add_event("workflow_execution_started", **started_attributes(self.start))
        if self.request.HasField("user_metadata"):
            started.user_metadata = self.request.user_metadata
        self.tasks.defer(init_job(self.start, started))
        if before_first_task is not None:
            before_first_task(self)
        self.tasks.begin(self.start.backoff or 0.0)
        self._timeouts.begin()

    @property
    def is_waiting(self) -> bool:
        """Whether its code has run, and nothing is under way: a message or a timer wakes it."""
        has_run = self.history.has_event("workflow_task_completed")
        if not (self.is_running and has_run) or self.tasks.is_pending:
            return False
        return not any(self.children) and all(each.closed for each in self.activities)

    # -- from clients and other workflows --------------------------------------------------------

    def signal(
        self,
        name: str,
        payloads: Payloads | None,
        header: Header | None,
        identity: str,
        sender: WorkflowExecution | None = None,
    ) -> None:
        """Deliver a signal.

        Args:
            name: Its name.
            payloads: Its arguments.
            header: Its headers.
            identity: The identity of the client that sends it.
            sender: The run that sends it, if a run does.
        """
        self.add_or_buffer(lambda: self._write_signal(name, payloads, header, identity, sender))

    def _write_signal(
        self,
        name: str,
        payloads: Payloads | None,
        header: Header | None,
        identity: str,
        sender: WorkflowExecution | None,
    ) -> None:
        event = self.add_event(
            "workflow_execution_signaled",
            signal_name=name,
            input=payloads,
            identity=identity,
            header=header,
            external_workflow_execution=sender,
        )
        job = Job()
        job.signal_workflow.signal_name = name
        job.signal_workflow.identity = identity
        job.signal_workflow.originating_event_id = event.event_id
        job.signal_workflow.input.extend(payloads.payloads if payloads else [])
        for key, value in (header.fields if header else {}).items():
            job.signal_workflow.headers[key].CopyFrom(value)
        self.schedule_workflow_task(job)

    def request_cancel(
        self,
        reason: str,
        identity: str,
        sender: WorkflowExecution | None = None,
        initiated_event_id: int = 0,
    ) -> None:
        """Request its cancellation; a second request changes nothing.

        Args:
            reason: Why.
            identity: The identity of the client that requests it.
            sender: The run that requests it, if a run does.
            initiated_event_id: The event of the request in the history of that run.
        """
        if self._cancel_requested:
            return
        self._cancel_requested = True

        def write() -> None:
            self.add_event(
                "workflow_execution_cancel_requested",
                cause=reason,
                identity=identity,
                external_workflow_execution=sender,
                external_initiated_event_id=initiated_event_id,
            )
            job = Job()
            job.cancel_workflow.reason = reason
            self.schedule_workflow_task(job)

        self.add_or_buffer(write)

    def terminate(self, reason: str, identity: str, details: Payloads | None = None) -> None:
        """Close it without asking its code."""
        self.close(
            Status.WORKFLOW_EXECUTION_STATUS_TERMINATED,
            "workflow_execution_terminated",
            reason=reason,
            identity=identity,
            details=details,
        )

    def update(self, request: Request) -> Update:
        """Send an update; a second one with the same id is the same update."""
        return self.updates.add(request)

    def query(self, worker: TaskWorker, query: WorkflowQuery) -> commands_pb.QueryResult:
        """Ask its code.

        Raises:
            UnsupportedError: The answer is larger than the simulation supports.
        """
        is_in_memory = worker.has_in_memory(self.run_id)
        # Code in memory knows the size of its last task; code that is replayed gets all events.
        seen = self.tasks.seen if is_in_memory else self.history.size()
        try:
            return answer_query(self._managed, worker, query, seen)
        finally:
            worker.task_done(self.run_id, is_last=not self.is_running)

    # -- from its own parts ----------------------------------------------------------------------

    def schedule_workflow_task(self, job: Job | None) -> None:
        """Give the code a job in the next workflow task; without a job, wake it."""
        self.tasks.schedule(job)

    def refusal(self, commands: Sequence[Outgoing]) -> TaskFailure | None:
        """Why the service refuses the commands of a workflow task, if it does."""
        refusal = command_refusal(commands, self._service.search_attributes, self.activities)
        return None if refusal is None else TaskFailure(refusal.as_failure(), refusal.cause)

    def apply(self, commands: Sequence[Outgoing], completed: Event | None) -> None:
        """Apply the commands of a workflow task."""
        apply_commands(self, commands, completed)

    def child_closed(self, seq: int, child: RunIdentity, closing: Event) -> None:
        """A child of it has ended for good."""
        self.children.closed(seq, child, closing)

    @property
    def search_attributes(self) -> SearchAttributes:
        """Its search attributes as they are now."""
        return self.properties.search_attributes

    # -- waiting for it --------------------------------------------------------------------------

    async def wait_for_change(self) -> None:
        """Return when its history has grown, or it has closed."""
        self._changed = self._changed or asyncio.Event()
        await self._changed.wait()

    async def wait_closed(self) -> None:
        """Return when it has closed, or the simulation cannot go on."""
        await self._closed.wait()

    def notify_waiters(self) -> None:
        """Wake those that wait for a change."""
        if self._changed is not None:
            self._changed.set()
            self._changed = None

    # -- its end ---------------------------------------------------------------------------------

    @property
    def replays(self) -> int:
        """How often its past was replayed, because a worker had evicted it."""
        return self._managed.replays

    @property
    def result(self) -> list[Payload] | None:
        """What a completed run has returned; ``None`` for nothing."""
        result: list[Payload] | None = self.history.records[-1].attributes["result"]
        return result

    def close(self, status: Status.ValueType, event: str, **attributes: Any) -> Event:
        """Close it with an event.

        Args:
            status: How it closes.
            event: The kind of the event.
            attributes: The attributes of the event.
        """
        self.tasks.force_close()
        closing = self.add_event(event, **attributes)
        self.status = status
        self.is_running = False
        self.closed_at = self.now()
        self._stop()
        if not attributes.get("new_execution_run_id"):
            self._notify_parent(closing)
            self.children.run_closed()
        self._closed.set()
        self.notify_waiters()
        return closing

    def _stop(self) -> None:
        self.tasks.stop()
        self._buffer.clear()
        self.activities.run_closed()
        self.timers.run_closed()
        self._managed.close()
        self._timeouts.stop()
        self.updates.run_closed()

    def _notify_parent(self, closing: Event) -> None:
        link = self.start.parent
        if link is not None:
            parent = self._service.find(link.reference.workflow_id, link.reference.run_id)
            if parent is not None and parent.is_running:
                parent.child_closed(link.seq, self.identity, closing)

    def close_and_retry(
        self, status: Status.ValueType, event: str, reason: Failure, **attributes: Any
    ) -> Event:
        """Close it with an event, and begin another run where the retry policy says so.

        Args:
            status: How it closes.
            event: The kind of the event.
            reason: Why it closes, for the retry policy.
            attributes: The attributes of the event.
        """
        then = retried_start(self.start, reason, self._service)
        if not isinstance(then, RunStart):
            return self.close(status, event, retry_state=then, **attributes)
        closing = self.close(
            status,
            event,
            retry_state=RetryState.RETRY_STATE_IN_PROGRESS,
            new_execution_run_id=then.run_id,
            **attributes,
        )
        self._service.begin(then)
        return closing

    def close_and_continue(
        self, request: StartWorkflowExecutionRequest, **attributes: Any
    ) -> Event:
        """Close it, and begin the run that continues it as new.

        Args:
            request: The request that starts the next run.
            attributes: The attributes of the event.
        """
        began_at = self.history.records[0].at + (self.start.backoff or 0.0)
        then = continued_start(self.start, request, began_at, self._service)
        closing = self.close(
            Status.WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW,
            "workflow_execution_continued_as_new",
            new_execution_run_id=then.run_id,
            **attributes,
        )
        self._service.begin(then)
        return closing

    def abort(self) -> None:
        """Wake everything that waits for it: the simulation cannot go on."""
        self.tasks.stop()
        self._closed.set()
        self.notify_waiters()
        self.updates.wake_clients()

    def dispose(self) -> None:
        """Drop the parts that refer back to it, so that its memory is free at once."""
        self.activities.clear()
        self.children.clear()
        self.tasks.dispose()
        del self.tasks, self.activities, self.timers, self.children
        del self.external_workflows, self.updates, self.properties, self._timeouts
