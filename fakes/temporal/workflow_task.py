"""The workflow tasks of one run: when there is one, what is in it, and what comes of it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import temporalio.bridge.proto.workflow_activation as activation_pb
import temporalio.bridge.proto.workflow_commands as commands_pb
import temporalio.bridge.proto.workflow_completion as completion_pb
from temporalio.api.enums.v1 import WorkflowTaskFailedCause
from temporalio.api.failure.v1 import Failure
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.query.v1 import WorkflowQuery
from temporalio.api.sdk.v1 import WorkflowTaskCompletedMetadata

from fakes.temporal.commands import apply_commands
from fakes.temporal.core import Command, Job
from fakes.temporal.errors import NondeterminismError
from fakes.temporal.history import timestamp
from fakes.temporal.worker import SimulatedWorker

if TYPE_CHECKING:
    from fakes.temporal.execution import Execution

IDENTITY = "simulated"
TASK_RETRY_SECONDS = 10.0
LONGEST_TASK_RETRY_SECONDS = 600.0
HOPELESS_ATTEMPT = 3
CORE_FLAGS = (1, 2, 3)
LANGUAGE_FLAGS = (1,)
MANY_EVENTS = 4096
MANY_BYTES = 4 * 1024 * 1024
Cause = WorkflowTaskFailedCause


class WorkflowTasks:
    """The workflow tasks of one run, one after another.

    Attributes:
        attempt: Which attempt the next task is; more than one when the code has failed.
        failure: What the code failed with.

    Args:
        run: The run.
    """

    def __init__(self, run: Execution) -> None:
        self.attempt = 1
        self.failure = ""
        self._run = run
        self._jobs: list[Job] = []
        self._scheduled: HistoryEvent | None = None
        self._is_due = False
        self._is_held = False
        self._is_stopped = False
        self._is_sticky = False
        self._sdk_told = False
        self._settled = asyncio.Event()
        self._retry: asyncio.TimerHandle | None = None

    # -- what there is to do ---------------------------------------------------------------------

    def hold(self, first: Job) -> None:
        """Take the first job, and have no task yet."""
        self._jobs.append(first)
        self._is_held = True

    def let_go(self, after: float) -> None:
        """Have tasks from now on, or after a while."""
        if after:
            self._retry = asyncio.get_running_loop().call_later(after, self.let_go, 0.0)
        else:
            self._is_held = False
            self._schedule()

    def tell(self, job: Job | None) -> None:
        """Let the code know of something, or, without a job, let it look again."""
        if job is not None:
            self._jobs.append(job)
        self._schedule()

    def tell_of_update(self, job: Job) -> None:
        """Let the code know of an update: a task without a trace, should it be refused."""
        self._jobs.append(job)
        self._make_due()

    def stop(self) -> None:
        """The run has closed."""
        self._is_stopped = True
        self._jobs.clear()
        if self._retry is not None:
            self._retry.cancel()
        self._settled.set()

    @property
    def is_pending(self) -> bool:
        """Whether a task waits for the worker, or for its next attempt."""
        return self._is_due

    @property
    def is_failing(self) -> bool:
        """Whether the code has failed so often that nobody should wait for it."""
        return self.attempt >= HOPELESS_ATTEMPT

    async def settled(self) -> None:
        """Return when the code has seen all that there is, keeps failing, or can see no more."""
        while not self._is_stopped and (self._is_held or self._is_due) and not self.is_failing:
            self._settled.clear()
            await self._settled.wait()

    def _schedule(self) -> None:
        """Write down that a task is due, unless one is already."""
        if self._is_held or not self._run.is_running:
            return
        if self._scheduled is None:
            self._scheduled = self._add_scheduled()
        self._make_due()

    def _make_due(self) -> None:
        if not self._is_due and not self._is_held and self._run.is_running:
            self._is_due = True
            self._run.service.queue(self._run.task_queue).put(self._do)

    def _add_scheduled(self) -> HistoryEvent:
        return self._run.history.add(
            "workflow_task_scheduled",
            task_queue=self._run.start.request.task_queue,
            attempt=1,
            start_to_close_timeout=self._run.start.request.workflow_task_timeout,
        )

    # -- doing it --------------------------------------------------------------------------------

    def _do(self, worker: SimulatedWorker) -> None:
        try:
            self._is_due = False
            if self._run.is_running:
                self._do_task(worker)
        except Exception as error:  # noqa: BLE001 - whoever waits for the workflow gets it
            self._run.service.break_down(error)
        finally:
            self._settled.set()

    def _do_task(self, worker: SimulatedWorker) -> None:
        """One workflow task from its start to its end; no time passes meanwhile."""
        jobs, self._jobs = self._jobs, []
        mark = len(self._run.past)
        outgoing: list[Command] = []
        flags: set[int] = set()
        todo = sorted(jobs, key=_rank)
        try:
            while todo:
                completion = self._activate(worker, todo)
                if completion.HasField("failed"):
                    self._fail(worker, jobs, mark, completion.failed.failure, _UNHANDLED)
                    return
                flags.update(completion.successful.used_internal_flags)
                todo = self._run.core.digest(completion.successful.commands, outgoing)
        except NondeterminismError as error:
            self._fail(worker, jobs, mark, _broken_replay(error), _NONDETERMINISM)
            return
        self._complete(worker, outgoing, flags)

    def _activate(
        self, worker: SimulatedWorker, jobs: list[Job]
    ) -> completion_pb.WorkflowActivationCompletion:
        run = self._run
        activation = activation_pb.WorkflowActivation(
            run_id=run.run_id,
            timestamp=timestamp(run.now()),
            jobs=jobs,
            history_length=len(run.history),
            history_size_bytes=run.history.size_bytes,
            continue_as_new_suggested=_is_long(run),
            available_internal_flags=LANGUAGE_FLAGS,
        )
        return worker.activate(activation, run)

    def _complete(self, worker: SimulatedWorker, outgoing: list[Command], flags: set[int]) -> None:
        self.attempt, self.failure, self._is_sticky = 1, "", worker.is_cached
        completed = None
        # A task that was there only for updates, all of them refused, has never been.
        if self._scheduled is not None or _leaves_a_trace(outgoing):
            completed = self._write_completed(flags)
        apply_commands(self._run, outgoing, completed)
        worker.task_done(self._run)
        self._run.tell_waiters()

    def _write_completed(self, flags: set[int]) -> HistoryEvent:
        scheduled = self._scheduled or self._add_scheduled()
        self._scheduled = None
        metadata = WorkflowTaskCompletedMetadata(lang_used_flags=sorted(flags))
        if not self._sdk_told:
            self._sdk_told = True
            metadata.core_used_flags.extend(CORE_FLAGS)
        started = self._run.history.add(
            "workflow_task_started",
            scheduled_event_id=scheduled.event_id,
            identity=IDENTITY,
            history_size_bytes=self._run.history.size_bytes,
        )
        return self._run.history.add(
            "workflow_task_completed",
            scheduled_event_id=scheduled.event_id,
            started_event_id=started.event_id,
            identity=IDENTITY,
            sdk_metadata=metadata,
        )

    # -- when the code fails ---------------------------------------------------------------------

    def _fail(
        self,
        worker: SimulatedWorker,
        jobs: list[Job],
        mark: int,
        failure: Failure,
        cause: Cause.ValueType,
    ) -> None:
        """The code broke. The same task is tried again, at once and then later and later."""
        worker.evict(self._run.run_id)
        del self._run.past[mark:]
        self.failure = failure.message
        self._jobs = [*jobs, *self._jobs]
        if self.attempt == 1:
            self._write_failed(failure, cause)
        if self._is_sticky:
            # The fault may be that of the worker that had the workflow in memory: this one does
            # not count, and the next attempt is a task like any other.
            self._is_sticky = False
            self._schedule()
            return
        self._try_again(_retry_delay(self.attempt))
        self.attempt += 1

    def _try_again(self, delay: float) -> None:
        """Have another attempt, of which history will only tell if it succeeds."""
        self._is_due = True
        put = self._run.service.queue(self._run.task_queue).put
        self._retry = asyncio.get_running_loop().call_later(delay, put, self._do)

    def _write_failed(self, failure: Failure, cause: Cause.ValueType) -> None:
        scheduled = self._scheduled or self._add_scheduled()
        started = self._run.history.add(
            "workflow_task_started",
            scheduled_event_id=scheduled.event_id,
            identity=IDENTITY,
            history_size_bytes=self._run.history.size_bytes,
        )
        self._run.history.add(
            "workflow_task_failed",
            scheduled_event_id=scheduled.event_id,
            started_event_id=started.event_id,
            cause=cause,
            failure=failure,
            identity=IDENTITY,
        )
        self._scheduled = None
        self._run.tell_waiters()

    # -- queries ---------------------------------------------------------------------------------

    def query(self, worker: SimulatedWorker, query: WorkflowQuery) -> commands_pb.QueryResult:
        """Ask the code."""
        job = Job()
        job.query_workflow.query_id = "query"
        job.query_workflow.query_type = query.query_type
        job.query_workflow.arguments.extend(query.query_args.payloads)
        for key, value in query.header.fields.items():
            job.query_workflow.headers[key].CopyFrom(value)
        try:
            completion = self._activate(worker, [job])
        except NondeterminismError as error:
            return _refusal(_broken_replay(error))
        worker.task_done(self._run)
        if completion.HasField("failed"):
            return _refusal(completion.failed.failure)
        return completion.successful.commands[0].respond_to_query


def _refusal(failure: Failure) -> commands_pb.QueryResult:
    result = commands_pb.QueryResult(query_id="query")
    result.failed.CopyFrom(failure)
    return result


def _broken_replay(error: NondeterminismError) -> Failure:
    return Failure(message=f"[TMPRL1100] Nondeterminism error: {error}")


def _retry_delay(attempt: int) -> float:
    """Seconds until an attempt follows the one that has failed."""
    if attempt == 1:
        return 0.0
    return min(TASK_RETRY_SECONDS * 2.0 ** min(attempt - 2, 10), LONGEST_TASK_RETRY_SECONDS)


_UNHANDLED = Cause.WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE
_NONDETERMINISM = Cause.WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR

_RANKS = {
    "initialize_workflow": 0,
    "notify_has_patch": 1,
    "update_random_seed": 2,
    "signal_workflow": 3,
    "do_update": 3,
}


def _rank(job: Job) -> int:
    """Core's order of jobs: the first one, patches, the random seed, messages, then the rest."""
    return _RANKS.get(job.WhichOneof("variant") or "", 4)


def _leaves_a_trace(commands: list[Command]) -> bool:
    return any(
        not command.HasField("update_response") or not command.update_response.HasField("rejected")
        for command in commands
    )


def _is_long(run: Execution) -> bool:
    return len(run.history) >= MANY_EVENTS or run.history.size_bytes >= MANY_BYTES
