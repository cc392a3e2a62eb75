"""One workflow run in the service: its history, and what is under way for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import temporalio.bridge.proto.workflow_activation as activation_pb
import temporalio.bridge.proto.workflow_commands as commands_pb
from temporalio.api.common.v1 import (
    ActivityType,
    Header,
    Payloads,
    Priority,
    WorkflowType,
)
from temporalio.api.enums.v1 import (
    TaskQueueKind,
    WorkflowExecutionStatus,
    WorkflowTaskFailedCause,
)
from temporalio.api.failure.v1 import Failure
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.query.v1 import WorkflowQuery
from temporalio.api.sdk.v1 import WorkflowTaskCompletedMetadata
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.update.v1 import Outcome, Request
from temporalio.api.workflowservice.v1 import StartWorkflowExecutionRequest

from fakes.temporal.activity_task import ActivityTask
from fakes.temporal.backoff import with_defaults
from fakes.temporal.core import Command, CoreState, Job, resolution_of
from fakes.temporal.errors import NondeterminismError, UnsupportedError
from fakes.temporal.history import History
from fakes.temporal.worker import SimulatedWorker

IDENTITY = "simulated"
TASK_TIMEOUT_SECONDS = 10
TASK_RETRY_SECONDS = 10.0
LONGEST_TASK_RETRY_SECONDS = 600.0
CORE_FLAGS = (1, 2, 3)

Status = WorkflowExecutionStatus


@dataclass
class Update:
    """An update on its way through the workflow."""

    request: Request
    protocol_instance_id: str
    accepted_event: HistoryEvent | None = None
    outcome: Outcome | None = None
    accepted: asyncio.Event = field(default_factory=asyncio.Event)
    completed: asyncio.Event = field(default_factory=asyncio.Event)


class Execution:
    """A workflow run.

    Args:
        request: What the client asked to be started.
        run_id: The run's id.
        worker: Runs its code.
        now: Virtual time, in seconds since the epoch.
        next_task_id: Numbers the events of the service.
        seed: Seeds the workflow's random numbers.
    """

    def __init__(  # noqa: PLR0913 - made in one place
        self,
        request: StartWorkflowExecutionRequest,
        *,
        run_id: str,
        worker: SimulatedWorker,
        now: Callable[[], float],
        next_task_id: Callable[[], int],
        seed: int,
    ) -> None:
        self.request = request
        self.workflow_id = request.workflow_id
        self.workflow_type = request.workflow_type.name
        self.namespace = request.namespace
        self.run_id = run_id
        self.worker = worker
        self.now = now
        self.status: Status.ValueType = Status.WORKFLOW_EXECUTION_STATUS_RUNNING
        self.history = History(self.workflow_id, now, next_task_id)
        self.closed = asyncio.Event()
        self.updates: dict[str, Update] = {}
        self.task_failure = ""
        self.task_attempt = 1
        self.cancel_requested = False
        self.activities: dict[int, ActivityTask] = {}
        self._seed = seed
        self._core = CoreState()
        self._timers: dict[int, tuple[HistoryEvent, asyncio.TimerHandle]] = {}
        self._jobs: list[Job] = []
        self._task_scheduled: HistoryEvent | None = None
        self._task_is_due = False
        self._sdk_told = False
        self._changed = asyncio.Event()

    @property
    def is_running(self) -> bool:
        """Whether it has not closed."""
        return self.status == Status.WORKFLOW_EXECUTION_STATUS_RUNNING

    # -- from clients -------------------------------------------------------------------------

    def start(self) -> None:
        """Write the first event and schedule the first workflow task."""
        request = self.request
        started = self.history.add(
            "workflow_execution_started",
            workflow_type=WorkflowType(name=self.workflow_type),
            task_queue=_queue(request.task_queue.name),
            input=request.input if request.HasField("input") else None,
            header=request.header if request.HasField("header") else None,
            memo=request.memo if request.HasField("memo") else None,
            search_attributes=_optional(request, "search_attributes"),
            workflow_execution_timeout=_optional(request, "workflow_execution_timeout"),
            workflow_run_timeout=_optional(request, "workflow_run_timeout"),
            original_execution_run_id=self.run_id,
            first_execution_run_id=self.run_id,
            identity=request.identity,
            attempt=1,
            workflow_id=self.workflow_id,
            priority=Priority(),
        )
        attributes = started.workflow_execution_started_event_attributes
        attributes.workflow_task_timeout.FromSeconds(TASK_TIMEOUT_SECONDS)
        attributes.first_workflow_task_backoff.SetInParent()
        self._jobs.append(Job(initialize_workflow=self._init_job(started)))
        self._time_out_after(request)
        self._schedule_task()

    def signal(self, name: str, payloads: Payloads | None, header: Header, identity: str) -> None:
        """Deliver a signal."""
        event = self.history.add(
            "workflow_execution_signaled",
            signal_name=name,
            input=payloads,
            identity=identity,
            header=header,
        )
        job = Job()
        job.signal_workflow.signal_name = name
        job.signal_workflow.identity = identity
        job.signal_workflow.originating_event_id = event.event_id
        job.signal_workflow.input.extend(payloads.payloads if payloads else [])
        for key, value in header.fields.items():
            job.signal_workflow.headers[key].CopyFrom(value)
        self._jobs.append(job)
        self._schedule_task()

    def request_cancel(self, reason: str, identity: str) -> None:
        """Ask the workflow to cancel; asking again changes nothing."""
        if self.cancel_requested:
            return
        self.cancel_requested = True
        self.history.add("workflow_execution_cancel_requested", cause=reason, identity=identity)
        job = Job()
        job.cancel_workflow.reason = reason
        self._jobs.append(job)
        self._schedule_task()

    def terminate(self, reason: str, identity: str) -> None:
        """Close the run here and now; its code is not asked."""
        self._close(
            Status.WORKFLOW_EXECUTION_STATUS_TERMINATED,
            "workflow_execution_terminated",
            reason=reason,
            identity=identity,
        )

    def query(self, query: WorkflowQuery) -> commands_pb.QueryResult:
        """Ask the workflow code."""
        job = Job()
        job.query_workflow.query_id = "query"
        job.query_workflow.query_type = query.query_type
        job.query_workflow.arguments.extend(query.query_args.payloads)
        completion = self._activate([job])
        if completion.HasField("failed"):
            result = commands_pb.QueryResult(query_id="query")
            result.failed.CopyFrom(completion.failed.failure)
            return result
        answers: list[commands_pb.QueryResult] = [
            command.respond_to_query
            for command in completion.successful.commands
            if command.HasField("respond_to_query")
        ]
        return answers[0]

    def update(self, request: Request) -> Update:
        """Send an update; one with the same id is the same update."""
        update_id = request.meta.update_id
        if update_id in self.updates:
            return self.updates[update_id]
        update = self.updates[update_id] = Update(request, protocol_instance_id=update_id)
        job = Job()
        job.do_update.id = update_id
        job.do_update.protocol_instance_id = update_id
        job.do_update.name = request.input.name
        job.do_update.input.extend(request.input.args.payloads)
        job.do_update.meta.CopyFrom(request.meta)
        job.do_update.run_validator = True
        self._jobs.append(job)
        self._make_task_due()
        return update

    async def wait_for_change(self) -> None:
        """Return when the history has grown, or the run has closed."""
        await self._changed.wait()

    # -- workflow tasks -----------------------------------------------------------------------

    def _schedule_task(self) -> None:
        """Write down that a workflow task is due, unless one is already."""
        if self._task_scheduled is None and self.is_running:
            self._task_scheduled = self._add_task_scheduled()
        self._make_task_due()

    def _make_task_due(self) -> None:
        if not self._task_is_due and self.is_running:
            self._task_is_due = True
            self.worker.take(self._run_task)

    def _add_task_scheduled(self) -> HistoryEvent:
        event = self.history.add(
            "workflow_task_scheduled",
            task_queue=_queue(self.request.task_queue.name),
            attempt=self.task_attempt,
        )
        timeout = event.workflow_task_scheduled_event_attributes.start_to_close_timeout
        timeout.FromSeconds(TASK_TIMEOUT_SECONDS)
        return event

    def _run_task(self) -> None:
        """One workflow task from its start to its end; no time passes meanwhile."""
        self._task_is_due = False
        if not self.is_running:
            return
        jobs, self._jobs = self._jobs, []
        mark = self.worker.mark(self.run_id)
        outgoing: list[Command] = []
        flags: set[int] = set()
        try:
            todo = sorted(jobs, key=_rank)
            while todo:
                completion = self._activate(todo)
                if completion.HasField("failed"):
                    self._fail_task(jobs, completion.failed.failure, mark)
                    return
                flags.update(completion.successful.used_internal_flags)
                todo = self._core.digest(completion.successful.commands, outgoing)
        except NondeterminismError as error:
            self._fail_task(jobs, Failure(message=f"[TMPRL1100] {error}"), mark)
            return
        self._complete_task(outgoing, flags)

    def _activate(self, jobs: list[Job]) -> Any:
        activation = activation_pb.WorkflowActivation(
            run_id=self.run_id,
            jobs=jobs,
            history_length=len(self.history.events),
            available_internal_flags=[1],
        )
        activation.timestamp.FromNanoseconds(round(self.now() * 1e9))
        return self.worker.activate(
            activation, namespace=self.namespace, task_queue=self.request.task_queue.name
        )

    def _complete_task(self, outgoing: list[Command], flags: set[int]) -> None:
        if self._task_scheduled is None and not _leaves_a_trace(outgoing):
            # A task that was there only for updates, all of them refused: nothing happened.
            self._apply(outgoing, completed=None)
            self.worker.task_done(self.run_id)
            return
        scheduled = self._task_scheduled or self._add_task_scheduled()
        self._task_scheduled = None
        self.task_attempt, self.task_failure = 1, ""
        started = self.history.add(
            "workflow_task_started",
            scheduled_event_id=scheduled.event_id,
            identity=IDENTITY,
            history_size_bytes=self.history.size_bytes,
        )
        metadata = WorkflowTaskCompletedMetadata(lang_used_flags=sorted(flags))
        if not self._sdk_told:
            self._sdk_told = True
            metadata.core_used_flags.extend(CORE_FLAGS)
        completed = self.history.add(
            "workflow_task_completed",
            scheduled_event_id=scheduled.event_id,
            started_event_id=started.event_id,
            identity=IDENTITY,
            sdk_metadata=metadata,
        )
        self._apply(outgoing, completed)
        self.worker.task_done(self.run_id)
        self._tell_waiters()

    def _fail_task(self, jobs: list[Job], failure: Failure, mark: int) -> None:
        """The code broke. The same task is tried again, later and later, from a replay."""
        self.worker.forget_since(self.run_id, mark)
        self.task_failure = failure.message
        if self.task_attempt == 1:
            self._write_task_failure(failure)
        self.task_attempt += 1
        self._jobs = [*jobs, *self._jobs]
        delay = TASK_RETRY_SECONDS * 2 ** min(self.task_attempt - 2, 10)
        self._task_is_due = True
        asyncio.get_running_loop().call_later(
            min(delay, LONGEST_TASK_RETRY_SECONDS), self._run_task
        )

    def _write_task_failure(self, failure: Failure) -> None:
        scheduled = self._task_scheduled or self._add_task_scheduled()
        started = self.history.add(
            "workflow_task_started", scheduled_event_id=scheduled.event_id, identity=IDENTITY
        )
        self.history.add(
            "workflow_task_failed",
            scheduled_event_id=scheduled.event_id,
            started_event_id=started.event_id,
            cause=WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE,
            failure=failure,
            identity=IDENTITY,
        )
        self._task_scheduled = None
        self._tell_waiters()

    # -- commands -----------------------------------------------------------------------------

    def _apply(self, commands: list[Command], completed: HistoryEvent | None) -> None:
        for command in commands:
            kind = command.WhichOneof("variant") or ""
            apply = getattr(self, f"_apply_{kind}", None)
            if apply is None:
                raise UnsupportedError(kind.replace("_", " "))
            apply(getattr(command, kind), completed.event_id if completed else 0)

    def _apply_schedule_activity(
        self, command: commands_pb.ScheduleActivity, completed: int
    ) -> None:
        _normalise_timeouts(command)
        policy = command.retry_policy if command.HasField("retry_policy") else None
        event = self.history.add(
            "activity_task_scheduled",
            activity_id=command.activity_id,
            activity_type=ActivityType(name=command.activity_type),
            task_queue=_queue(command.task_queue),
            header=Header(fields=command.headers),
            input=Payloads(payloads=command.arguments) if command.arguments else None,
            schedule_to_close_timeout=command.schedule_to_close_timeout,
            schedule_to_start_timeout=command.schedule_to_start_timeout,
            start_to_close_timeout=command.start_to_close_timeout,
            heartbeat_timeout=command.heartbeat_timeout,
            workflow_task_completed_event_id=completed,
            retry_policy=with_defaults(policy),
            use_workflow_build_id=True,
            priority=Priority(),
        )
        self._core.events[command.seq] = event
        task = self.activities[command.seq] = ActivityTask(self, command, event)
        asyncio.get_running_loop().call_soon(task.start_attempt)

    def _apply_request_cancel_activity(
        self, command: commands_pb.RequestCancelActivity, completed: int
    ) -> None:
        task = self.activities[command.seq]
        if task.closed:
            return
        self.history.add(
            "activity_task_cancel_requested",
            scheduled_event_id=task.event.event_id,
            workflow_task_completed_event_id=completed,
        )
        task.request_cancel()

    def _apply_start_timer(self, command: commands_pb.StartTimer, completed: int) -> None:
        event = self.history.add(
            "timer_started",
            timer_id=str(command.seq),
            start_to_fire_timeout=command.start_to_fire_timeout,
            workflow_task_completed_event_id=completed,
        )
        seconds = command.start_to_fire_timeout.ToNanoseconds() / 1e9
        loop = asyncio.get_running_loop()
        self._timers[command.seq] = (event, loop.call_later(seconds, self._fire, command.seq))

    def _apply_cancel_timer(self, command: commands_pb.CancelTimer, completed: int) -> None:
        event, handle = self._timers.pop(command.seq)
        handle.cancel()
        self.history.add(
            "timer_canceled",
            timer_id=str(command.seq),
            started_event_id=event.event_id,
            workflow_task_completed_event_id=completed,
            identity=IDENTITY,
        )

    def _apply_update_response(self, command: commands_pb.UpdateResponse, completed: int) -> None:
        update = self.updates[command.protocol_instance_id]
        if command.HasField("accepted"):
            update.accepted_event = self.history.add(
                "workflow_execution_update_accepted",
                protocol_instance_id=command.protocol_instance_id,
                accepted_request_message_id=f"{command.protocol_instance_id}/request",
                accepted_request_sequencing_event_id=completed - 2,
                accepted_request=update.request,
            )
            update.accepted.set()
            return
        outcome = Outcome()
        if command.HasField("completed"):
            outcome.success.payloads.append(command.completed)
        else:
            outcome.failure.CopyFrom(command.rejected)
        if update.accepted_event is not None:
            self.history.add(
                "workflow_execution_update_completed",
                meta=update.request.meta,
                accepted_event_id=update.accepted_event.event_id,
                outcome=outcome,
            )
        update.outcome = outcome
        update.accepted.set()
        update.completed.set()

    def _apply_upsert_workflow_search_attributes(
        self, command: commands_pb.UpsertWorkflowSearchAttributes, completed: int
    ) -> None:
        self.history.add(
            "upsert_workflow_search_attributes",
            search_attributes=command.search_attributes,
            workflow_task_completed_event_id=completed,
        )

    def _apply_complete_workflow_execution(
        self, command: commands_pb.CompleteWorkflowExecution, completed: int
    ) -> None:
        self._close(
            Status.WORKFLOW_EXECUTION_STATUS_COMPLETED,
            "workflow_execution_completed",
            result=Payloads(payloads=[command.result]) if command.HasField("result") else None,
            workflow_task_completed_event_id=completed,
        )

    def _apply_fail_workflow_execution(
        self, command: commands_pb.FailWorkflowExecution, completed: int
    ) -> None:
        self._close(
            Status.WORKFLOW_EXECUTION_STATUS_FAILED,
            "workflow_execution_failed",
            failure=command.failure,
            workflow_task_completed_event_id=completed,
        )

    def _apply_cancel_workflow_execution(
        self, command: commands_pb.CancelWorkflowExecution, completed: int
    ) -> None:
        self._close(
            Status.WORKFLOW_EXECUTION_STATUS_CANCELED,
            "workflow_execution_canceled",
            workflow_task_completed_event_id=completed,
        )

    # -- what comes back ----------------------------------------------------------------------

    def activity_closed(self, task: ActivityTask, name: str, **attributes: Any) -> None:
        """An activity has ended: write it down and tell the workflow."""
        started = None
        if task.is_running:
            started = self.history.add(
                "activity_task_started",
                at=task.started_at,
                scheduled_event_id=task.event.event_id,
                identity=IDENTITY,
                attempt=task.attempt,
                last_failure=task.last_failure,
            )
        closed = self.history.add(
            name,
            scheduled_event_id=task.event.event_id,
            started_event_id=started.event_id if started else None,
            **attributes,
        )
        seq = task.command.seq
        if self._core.settle(seq):
            self._jobs.append(resolution_of(seq, task.event, closed, IDENTITY))
        self._schedule_task()

    def _fire(self, seq: int) -> None:
        if not self.is_running or seq not in self._timers:
            return
        event, _ = self._timers.pop(seq)
        self.history.add("timer_fired", timer_id=str(seq), started_event_id=event.event_id)
        job = Job()
        job.fire_timer.seq = seq
        self._jobs.append(job)
        self._schedule_task()

    def _time_out_after(self, request: StartWorkflowExecutionRequest) -> None:
        limits = [
            getattr(request, name).ToNanoseconds() / 1e9
            for name in ("workflow_execution_timeout", "workflow_run_timeout")
            if request.HasField(name)
        ]
        for limit in filter(None, limits):
            asyncio.get_running_loop().call_later(limit, self._time_out)

    def _time_out(self) -> None:
        if self.is_running:
            self._close(Status.WORKFLOW_EXECUTION_STATUS_TIMED_OUT, "workflow_execution_timed_out")

    def _close(self, status: Status.ValueType, event: str, **attributes: Any) -> None:
        self.history.add(event, **attributes)
        self.status = status
        for task in self.activities.values():
            task.abandon()
        for _, handle in self._timers.values():
            handle.cancel()
        for update in self.updates.values():
            update.accepted.set()
            update.completed.set()
        self.closed.set()
        self._tell_waiters()

    def _tell_waiters(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    def _init_job(self, started: HistoryEvent) -> activation_pb.InitializeWorkflow:
        request = self.request
        job = activation_pb.InitializeWorkflow(
            workflow_type=self.workflow_type,
            workflow_id=self.workflow_id,
            arguments=request.input.payloads,
            randomness_seed=self._seed,
            headers=request.header.fields,
            identity=request.identity,
            first_execution_run_id=self.run_id,
            original_execution_run_id=self.run_id,
            attempt=1,
        )
        job.memo.CopyFrom(request.memo)
        job.search_attributes.CopyFrom(request.search_attributes)
        job.workflow_task_timeout.FromSeconds(TASK_TIMEOUT_SECONDS)
        job.start_time.CopyFrom(started.event_time)
        for name in ("workflow_execution_timeout", "workflow_run_timeout"):
            if request.HasField(name):
                getattr(job, name).CopyFrom(getattr(request, name))
        return job


def _queue(name: str) -> TaskQueue:
    return TaskQueue(name=name, kind=TaskQueueKind.TASK_QUEUE_KIND_NORMAL)


def _optional(request: StartWorkflowExecutionRequest, name: str) -> Any:
    return getattr(request, name) if request.HasField(name) else None  # type: ignore[arg-type]  # one of its fields


def _rank(job: Job) -> int:
    """Core's order of jobs: the first one, patches, the random seed, messages, then the rest."""
    order = (
        ("initialize_workflow", 0),
        ("notify_has_patch", 1),
        ("update_random_seed", 2),
        ("signal_workflow", 3),
        ("do_update", 3),
    )
    return next((rank for name, rank in order if job.WhichOneof("variant") == name), 4)


def _leaves_a_trace(commands: list[Command]) -> bool:
    return any(
        not command.HasField("update_response") or not command.update_response.HasField("rejected")
        for command in commands
    )


def _normalise_timeouts(command: commands_pb.ScheduleActivity) -> None:
    """Fill in what the server derives: no attempt may outlast schedule-to-close."""
    limit = command.schedule_to_close_timeout.ToNanoseconds()
    command.schedule_to_close_timeout.SetInParent()
    for timeout in (command.schedule_to_start_timeout, command.start_to_close_timeout):
        timeout.SetInParent()
        if limit and not 0 < timeout.ToNanoseconds() <= limit:
            timeout.FromNanoseconds(limit)
    command.heartbeat_timeout.SetInParent()
