"""One workflow run in the service: its history, and what is under way for it."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from temporalio.api.common.v1 import Header, Memo, Payloads, SearchAttributes, WorkflowExecution
from temporalio.api.enums.v1 import RetryState, TimeoutType, WorkflowExecutionStatus
from temporalio.api.failure.v1 import Failure
from temporalio.api.update.v1 import Request
from temporalio.api.workflowservice.v1 import StartWorkflowExecutionRequest

from sagacheck.temporal.activity_task import ActivityTask
from sagacheck.temporal.arrivals import Arrivals
from sagacheck.temporal.backoff import Again, after_failure
from sagacheck.temporal.children import Child, close_children, tell_parent
from sagacheck.temporal.core import CoreState, Job
from sagacheck.temporal.durations import seconds
from sagacheck.temporal.events import Event
from sagacheck.temporal.history import Extent, History
from sagacheck.temporal.interfaces import Service
from sagacheck.temporal.local_core import LocalActivities
from sagacheck.temporal.replay import Step
from sagacheck.temporal.starting import Initiator, Start, init_job, next_start, started_attributes
from sagacheck.temporal.updates import Update
from sagacheck.temporal.workflow_task import WorkflowTasks

Status = WorkflowExecutionStatus
_RUNNING = Status.WORKFLOW_EXECUTION_STATUS_RUNNING  # looked up here, where it is done once
Timer = tuple[Event, asyncio.TimerHandle]


class Execution:
    """A workflow run.

    Attributes:
        now: Tells virtual time, in seconds since the epoch.
        status: How it has ended, if it has.
        is_running: Whether it has not closed.
        seen: How long its history was for its last workflow task.
        past: What its code has done so far.
        replays: How often that was done again, because the workflow had been forgotten.
        pending_ids: The ids of its activities that have not ended.

    Args:
        service: The service that it is part of.
        start: How it begins.
    """

    def __init__(self, service: Service, start: Start) -> None:
        request = start.request
        self.service = service
        self.now = service.now
        self.start = start
        self.workflow_id = request.workflow_id
        self.run_id = start.run_id
        self.workflow_type = request.workflow_type.name
        self.namespace = request.namespace
        self.task_queue = request.task_queue.name
        self.status: Status.ValueType = _RUNNING
        self.is_running = True
        self.history = History(service.now, service.next_task_id)
        self.seen = Extent()
        self.arrivals = Arrivals(self.history)
        self.past: list[Step] = []
        self.replays = 0
        self.core = CoreState()
        self.tasks = WorkflowTasks(self)
        self.activities: dict[int, ActivityTask] = {}
        self.pending_ids: set[str] = set()
        self.timers: dict[int, Timer] = {}
        self.children: dict[int, Child] = {}
        self.updates: dict[str, Update] = {}
        self.memo = Memo()
        self.memo.CopyFrom(request.memo)
        self.search_attributes = SearchAttributes()
        self.search_attributes.CopyFrom(request.search_attributes)
        self.patches: set[str] = set()
        self.cancel_requested = False
        self.closed_at: float | None = None
        self.closed = asyncio.Event()
        self._changed: asyncio.Event | None = None
        self._limits: list[asyncio.TimerHandle] = []

    # -- from clients and other workflows --------------------------------------------------------

    def begin(self, at_once: Callable[[Execution], None] | None = None) -> None:
        """Write the first event and schedule the first workflow task.

        Args:
            at_once: What happens to the run before there is a task, such as a signal.
        """
        started = self.history.add("workflow_execution_started", **started_attributes(self.start))
        if self.start.request.HasField("user_metadata"):
            started.user_metadata = self.start.request.user_metadata
        self.tasks.hold(init_job(self.start, started))
        if at_once is not None:
            at_once(self)
        self.tasks.let_go(self.start.backoff or 0.0)
        self._arm_timeouts()

    def signal(
        self,
        name: str,
        payloads: Payloads | None,
        header: Header | None,
        identity: str,
        sender: WorkflowExecution | None = None,
    ) -> None:
        """Deliver a signal."""
        self.arrivals.arrive(lambda: self._write_signal(name, payloads, header, identity, sender))

    def _write_signal(
        self,
        name: str,
        payloads: Payloads | None,
        header: Header | None,
        identity: str,
        sender: WorkflowExecution | None,
    ) -> None:
        event = self.history.add(
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
        self.tasks.tell(job)

    def request_cancel(
        self,
        reason: str,
        identity: str,
        sender: WorkflowExecution | None = None,
        initiated_event_id: int = 0,
    ) -> None:
        """Ask the workflow to cancel; asking again changes nothing."""
        if self.cancel_requested:
            return
        self.cancel_requested = True

        def write() -> None:
            self.history.add(
                "workflow_execution_cancel_requested",
                cause=reason,
                identity=identity,
                external_workflow_execution=sender,
                external_initiated_event_id=initiated_event_id,
            )
            job = Job()
            job.cancel_workflow.reason = reason
            self.tasks.tell(job)

        self.arrivals.arrive(write)

    def terminate(self, reason: str, identity: str, details: Payloads | None = None) -> None:
        """Close the run here and now; its code is not asked."""
        self.close(
            Status.WORKFLOW_EXECUTION_STATUS_TERMINATED,
            "workflow_execution_terminated",
            reason=reason,
            identity=identity,
            details=details,
        )

    def update(self, request: Request) -> Update:
        """Send an update; one with the same id is the same update."""
        update_id = request.meta.update_id
        if update_id not in self.updates:
            self.updates[update_id] = Update(request)
            self.tasks.tell_of_update(self.updates[update_id].as_job())
        return self.updates[update_id]

    async def wait_for_change(self) -> None:
        """Return when the history has grown, or the run has closed."""
        self._changed = self._changed or asyncio.Event()
        await self._changed.wait()

    def tell_waiters(self) -> None:
        """Something has changed."""
        if self._changed is not None:
            self._changed.set()
            self._changed = None

    # -- the end ---------------------------------------------------------------------------------

    def close(self, status: Status.ValueType, event: str, **attributes: Any) -> None:
        """Close the run with an event; nothing of it goes on."""
        self.tasks.close_by_force()
        closing = self.history.add(event, **attributes)
        self.status = status
        self.is_running = False
        self.closed_at = self.now()
        self._stop_everything()
        for limit in self._limits:
            limit.cancel()
        for update in self.updates.values():
            update.workflow_closed()
        if not attributes.get("new_execution_run_id"):
            tell_parent(self, closing)
            close_children(self)
        self.closed.set()
        self.tell_waiters()

    def forget(self) -> None:
        """Let go of all that refers to the run: it is over, whether it has closed or not."""
        self.activities.clear()
        self.children.clear()
        self.timers.clear()
        self.tasks.forget()
        del self.tasks

    def _stop_everything(self) -> None:
        """Let go of all that is under way: what is kept costs memory as long as the service."""
        self.tasks.stop()
        self.arrivals.drop()
        for task in self.activities.values():
            task.abandon()
        for _, handle in self.timers.values():
            handle.cancel()
        self.activities.clear()
        self.timers.clear()
        self.core = CoreState(locals=LocalActivities(time=self.core.locals.time))

    def close_and_retry(
        self, status: Status.ValueType, event: str, reason: Failure, **attributes: Any
    ) -> None:
        """Close the run with an event, and begin another where the workflow's policy says so.

        Args:
            status: How it ends.
            event: The event that says so.
            reason: Why it ends, which the policy looks at.
            attributes: What the event says.
        """
        then = self._retry(reason)
        if not isinstance(then, Start):
            self.close(status, event, retry_state=then, **attributes)
            return
        self.close(
            status,
            event,
            retry_state=RetryState.RETRY_STATE_IN_PROGRESS,
            new_execution_run_id=then.run_id,
            **attributes,
        )
        self.service.begin(then)

    def _retry(self, failure: Failure) -> Start | RetryState.ValueType:
        """The next attempt of the whole workflow, or why there is none."""
        request = self.start.request
        if not request.HasField("retry_policy"):
            return RetryState.RETRY_STATE_RETRY_POLICY_NOT_SET
        then = after_failure(
            request.retry_policy,
            self.start.attempt,
            failure,
            now=self.now(),
            deadline=self.start.deadline,
            cancel_requested=False,
        )
        if not isinstance(then, Again):
            return then
        return next_start(
            self.start,
            request,
            run_id=self.service.new_run_id(),
            attempt=self.start.attempt + 1,
            backoff=then.delay,
            initiator=Initiator.CONTINUE_AS_NEW_INITIATOR_RETRY,
            last_failure=failure,
        )

    def follow(self, request: StartWorkflowExecutionRequest, backoff: float | None) -> Start:
        """How the run begins that continues this one as new."""
        fresh = replace(self.start, attempt=1, last_failure=None)
        return next_start(
            fresh,
            request,
            run_id=self.service.new_run_id(),
            backoff=backoff,
            initiator=Initiator.CONTINUE_AS_NEW_INITIATOR_WORKFLOW,
        )

    # -- timeouts of the whole run ---------------------------------------------------------------

    def _arm_timeouts(self) -> None:
        run = seconds(self.start.request.workflow_run_timeout) + (self.start.backoff or 0.0)
        has_limit = seconds(self.start.request.workflow_run_timeout) > 0
        left = math.inf if self.start.deadline is None else self.start.deadline - self.now()
        loop = asyncio.get_running_loop()
        if has_limit and run < left:
            self._limits.append(loop.call_later(run, self._run_times_out))
        if left < math.inf:
            self._limits.append(loop.call_later(left, self._execution_times_out))

    def _run_times_out(self) -> None:
        timeout = Failure(message="workflow timeout", source="Server")
        timeout.timeout_failure_info.timeout_type = TimeoutType.TIMEOUT_TYPE_START_TO_CLOSE
        self.close_and_retry(
            Status.WORKFLOW_EXECUTION_STATUS_TIMED_OUT, "workflow_execution_timed_out", timeout
        )

    def _execution_times_out(self) -> None:
        self.close(
            Status.WORKFLOW_EXECUTION_STATUS_TIMED_OUT,
            "workflow_execution_timed_out",
            retry_state=RetryState.RETRY_STATE_TIMEOUT,
        )
