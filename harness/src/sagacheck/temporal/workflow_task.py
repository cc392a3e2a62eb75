"""The workflow tasks of one run: when there is one, what is in it, and what comes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVarTuple

from temporalio.api.enums.v1 import WorkflowTaskFailedCause
from temporalio.api.failure.v1 import Failure

from sagacheck.temporal.activations import activate, broken_replay, in_order
from sagacheck.temporal.commands import apply_commands
from sagacheck.temporal.core import Job, Outgoing
from sagacheck.temporal.durations import seconds
from sagacheck.temporal.errors import NondeterminismError
from sagacheck.temporal.local_core import End, Marker
from sagacheck.temporal.local_work import LocalWork
from sagacheck.temporal.open_task import OpenTask
from sagacheck.temporal.refusals import refusal
from sagacheck.temporal.sizes import is_too_large, too_large
from sagacheck.temporal.task_events import TaskEvents
from sagacheck.temporal.worker import SimulatedWorker

if TYPE_CHECKING:
    from sagacheck.temporal.execution import Execution

_Ts = TypeVarTuple("_Ts")

TASK_RETRY_SECONDS = 10.0
LONGEST_TASK_RETRY_SECONDS = 600.0
HOPELESS_ATTEMPT = 3
HEARTBEAT_FRACTION = 0.8
"""How much of its timeout a task takes before Core keeps it alive by another."""
LONGEST_ALIVE_SECONDS = 1800.0
"""How long the service lets it be kept alive so."""
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
        self._open: OpenTask | None = None
        self._work = LocalWork(run, self._local_ended, self._worker_lost)
        self._events = TaskEvents(run)
        self._is_due = False
        self._is_held = False
        self._is_stopped = False
        self._is_sticky = False
        self._has_news = False
        self._times_kept_alive = 0
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
        if self._open is not None:
            self._open.is_wanted_again = True
        else:
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

    def forget(self) -> None:
        """Let go of what refers to the tasks."""
        del self._work

    def close_by_force(self) -> None:
        """The run closes: if a task is under way, and not the cause of it, it fails."""
        task = self._open
        if task is None or task.is_done:
            return
        self._events.failed(task, _FORCE_CLOSE)
        self._finish(task)
        # Its worker does not know yet, and hears of it when it wants to keep the task alive.
        self._at_heartbeat(task, self._work.stop)

    @property
    def is_pending(self) -> bool:
        """Whether a task waits for the worker, or for its next attempt, or is under way."""
        return self._is_due or self.is_under_way

    @property
    def is_under_way(self) -> bool:
        """Whether a task has started, and waits for local activities."""
        return self._open is not None

    @property
    def is_failing(self) -> bool:
        """Whether the code has failed so often that nobody should wait for it."""
        return self.attempt >= HOPELESS_ATTEMPT

    async def settled(self) -> None:
        """Return when the code has seen all that there is, keeps failing, or can see no more.

        A task that is kept alive for local activities is over as well: the next brings the news.
        """
        kept_alive = self._times_kept_alive
        while not self._is_stopped and (self._is_held or self.is_pending) and not self.is_failing:
            if self._times_kept_alive > kept_alive:
                return
            self._settled.clear()
            await self._settled.wait()

    def _schedule(self) -> None:
        """Write down that a task is due, unless one is already."""
        if self._is_held or not self._run.is_running:
            return
        if self.attempt > 1:
            self._has_news = True  # the next attempt brings them
            return
        self._events.scheduled(self.attempt)
        self._make_due()

    def _make_due(self) -> None:
        if not self.is_pending and not self._is_held and self._run.is_running:
            self._is_due = True
            self._run.service.queue(self._run.task_queue).put(self._do)

    # -- doing it --------------------------------------------------------------------------------

    def _do(self, worker: SimulatedWorker) -> None:
        self._is_due = False
        if self._run.is_running:
            self._step(self._begin, worker)

    def _step(self, act: Callable[[*_Ts], None], *args: *_Ts) -> None:
        """Take a task further; whoever waits for the workflow gets what the simulation lacks."""
        try:
            act(*args)
        except Exception as error:  # noqa: BLE001 - as above
            self._run.service.break_down(error)
        finally:
            self._settled.set()

    def _begin(self, worker: SimulatedWorker, kept_alive_since: float | None = None) -> None:
        """Start a task. Time passes in it only where it waits for local activities."""
        jobs, self._jobs = self._jobs, []
        if self._has_news:
            # An attempt that brings news is a task like any other, and the first of its attempts.
            self._has_news, self.attempt = False, 1
            self._events.scheduled(self.attempt)
        now = self._run.now()
        self._open = OpenTask(worker, jobs, self.attempt, now, kept_alive_since or now)
        self._open.begin(self._run)
        self._run.seen = self._events.extent()
        self._go_on(self._open, in_order(jobs))

    def _go_on(self, task: OpenTask, todo: list[Job]) -> None:
        """Let the code do what it can, until it waits for something."""
        try:
            while True:
                if todo:
                    completion = activate(self._run, task.worker, todo, self._run.seen)
                    if completion.HasField("failed"):
                        self._fail(task, completion.failed.failure, _UNHANDLED)
                        return
                    done = completion.successful
                    # Slices: protobuf's own iterators end with an exception in words.
                    task.flags.update(done.used_internal_flags[:])
                    todo = self._run.core.digest(done.commands[:], task.outgoing, self._run.now())
                todo = [*todo, *self._handle_locals(task)]
                if not todo:
                    break
        except NondeterminismError as error:
            self._fail(task, broken_replay(error), _NONDETERMINISM)
            return
        if self._work.is_busy:
            self._wait(task)
        else:
            self._complete(task)

    def _complete(self, task: OpenTask, *, is_heartbeat: bool = False) -> None:
        run = self._run
        if any(map(is_too_large, task.outgoing)):
            self._fail(task, too_large(), _PAYLOADS_TOO_LARGE)
            return
        refused = refusal(run, task.outgoing)
        if refused is not None:
            self._fail(task, refused.as_failure(), refused.cause)
            return
        if run.core.ends_run(task.outgoing) and run.arrivals.are_waiting:
            self._refuse_end(task)
            return
        task.is_done = True
        completed = None
        # A task that was there only for updates, all of them refused, has never been.
        is_written = self._events.is_scheduled or is_heartbeat or self.attempt > 1
        if is_written or _leaves_a_trace(task.outgoing):
            completed = self._events.completed(task)
        self.attempt, self.failure, self._is_sticky = 1, "", task.worker.is_cached
        apply_commands(run, task.outgoing, completed)
        task.worker.task_done(run)
        self._finish(task)
        if run.is_running and (is_heartbeat or task.is_wanted_again):
            # The service answers with the next task, if there is one already.
            self._events.scheduled(self.attempt)
            self._begin(task.worker, task.kept_alive_since if is_heartbeat else None)
        elif self._jobs:
            self._make_due()  # updates: they leave no trace yet
        run.tell_waiters()

    def _finish(self, task: OpenTask) -> None:
        """Let happen what has come meanwhile."""
        task.is_done = True
        task.wait_no_longer()
        self._run.arrivals.release()
        self._open = None

    # -- local activities ------------------------------------------------------------------------

    def _handle_locals(self, task: OpenTask) -> list[Job]:
        """Begin and cancel local activities as the code wants it; what it is told at once."""
        known = self._run.core.locals
        if self._run.core.ends_run(task.outgoing):
            self._work.stop()
            return []
        if not known.has_requests:
            return []
        ends = [self._work.cancel(seq) for seq in known.unwanted]
        ends += [self._work.begin(wanted, task.worker) for wanted in known.wanted]
        for seq in known.dropped:
            self._work.drop(seq)
        for requests in (known.unwanted, known.wanted, known.dropped):
            requests.clear()
        return [job for end in ends if end is not None for job in self._tell_end(task, end)]

    def _tell_end(self, task: OpenTask, end: End) -> list[Job]:
        told = self._run.core.locals.end(end)
        if told is None:
            return []
        job, marker = told
        task.outgoing.append(marker)
        return [job]

    def _local_ended(self, end: End) -> None:
        task = self._open
        if task is not None:
            self._step(lambda: self._go_on(task, self._tell_end(task, end)))

    def _wait(self, task: OpenTask) -> None:
        """Let local activities take their time, and keep the task alive meanwhile."""
        if task.is_waiting:
            return
        self._run.arrivals.hold()
        if self._events.is_scheduled:
            self._events.started(task)
            self._run.tell_waiters()
        task.wait(self._at_heartbeat(task, lambda: self._keep_alive(task)))

    def _at_heartbeat(self, task: OpenTask, act: Callable[[], None]) -> asyncio.TimerHandle:
        timeout = seconds(self._run.start.request.workflow_task_timeout)
        delay = task.started_at + HEARTBEAT_FRACTION * timeout - self._run.now()
        return asyncio.get_running_loop().call_later(delay, self._step, act)

    def _keep_alive(self, task: OpenTask) -> None:
        """Complete the task before its time is over, and go on in the next."""
        if self._run.now() - task.kept_alive_since > LONGEST_ALIVE_SECONDS:
            self._undo(task)
            self._time_out(task)
        else:
            self._complete(task, is_heartbeat=True)
            self._times_kept_alive += 1

    def _worker_lost(self) -> None:
        """The worker has died: nobody completes the task, which ends by its timeout."""
        task = self._open
        if task is None:
            return
        self._undo(task)
        timeout = seconds(self._run.start.request.workflow_task_timeout)
        delay = task.started_at + timeout - self._run.now()
        loop = asyncio.get_running_loop()
        task.wait(loop.call_later(delay, self._step, lambda: self._time_out(task)))

    # -- when it comes to nothing ----------------------------------------------------------------

    def _undo(self, task: OpenTask) -> None:
        """Make the run what it was before the task; what it was told it will be told again."""
        self._work.stop()
        task.come_to_nothing(self._run)
        self._jobs = [*task.jobs, *self._jobs]

    def _refuse_end(self, task: OpenTask) -> None:
        """The run may not end before its code has seen what has come meanwhile."""
        self._undo(task)
        failure = Failure(message="UnhandledCommand")
        failure.server_failure_info.SetInParent()
        self._events.failed(task, _UNHANDLED_COMMAND, failure)
        self._finish(task)
        self._is_sticky = False
        self._schedule()
        self._run.tell_waiters()

    def _time_out(self, task: OpenTask) -> None:
        """The task has taken too long."""
        if self.attempt == 1:
            self._events.timed_out(task)
        self._finish_and_try_again(task, 0.0)

    def _fail(self, task: OpenTask, failure: Failure, cause: Cause.ValueType) -> None:
        """The code broke. The same task is tried again, at once and then later and later."""
        self._undo(task)
        self.failure = failure.message
        if self.attempt == 1:
            self._events.failed(task, cause, failure)
        self._finish_and_try_again(task, _retry_delay(self.attempt))

    def _finish_and_try_again(self, task: OpenTask, delay: float) -> None:
        self._finish(task)
        if self._is_sticky or task.is_wanted_again:
            # The fault may be that of the worker that had the workflow in memory: this one does
            # not count, and the next attempt is a task like any other. So it is with news.
            self._is_sticky = False
            self.attempt = 1
            self._schedule()
        else:
            self._try_again(delay)
            self.attempt += 1
        self._run.tell_waiters()

    def _try_again(self, delay: float) -> None:
        """Have another attempt, of which history will only tell if it succeeds."""
        self._is_due = True
        put = self._run.service.queue(self._run.task_queue).put
        self._retry = asyncio.get_running_loop().call_later(delay, put, self._do)


def _retry_delay(attempt: int) -> float:
    """Seconds until an attempt follows the one that has failed."""
    if attempt == 1:
        return 0.0
    return min(TASK_RETRY_SECONDS * 2.0 ** min(attempt - 2, 10), LONGEST_TASK_RETRY_SECONDS)


_UNHANDLED = Cause.WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE
_UNHANDLED_COMMAND = Cause.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND
_FORCE_CLOSE = Cause.WORKFLOW_TASK_FAILED_CAUSE_FORCE_CLOSE_COMMAND
_PAYLOADS_TOO_LARGE = Cause.WORKFLOW_TASK_FAILED_CAUSE_PAYLOADS_TOO_LARGE
_NONDETERMINISM = Cause.WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR


def _leaves_a_trace(outgoing: list[Outgoing]) -> bool:
    return any(
        isinstance(command, Marker)
        or not command.HasField("update_response")
        or not command.update_response.HasField("rejected")
        for command in outgoing
    )
