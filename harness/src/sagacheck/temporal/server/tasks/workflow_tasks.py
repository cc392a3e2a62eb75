"""The workflow tasks of one run: when there is one, and what comes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVarTuple

from temporalio.api.enums.v1 import WorkflowTaskFailedCause
from temporalio.api.failure.v1 import Failure

from sagacheck.temporal.base.errors import UnsupportedError
from sagacheck.temporal.base.event_buffer import EventBuffer
from sagacheck.temporal.base.events import Event
from sagacheck.temporal.base.history import HistorySize
from sagacheck.temporal.base.payloads import too_large_failure
from sagacheck.temporal.core.command_sizes import is_too_large
from sagacheck.temporal.core.local_activity_results import LocalResult
from sagacheck.temporal.core.managed_run import ManagedRun
from sagacheck.temporal.core.messages import Job, Marker, Outgoing
from sagacheck.temporal.server.ports import Service, TaskWorker
from sagacheck.temporal.server.tasks.open_task import OpenTask, TaskFailure
from sagacheck.temporal.server.tasks.task_events import TaskEvents
from sagacheck.temporal.worker.activities.local_activity_manager import LocalActivityManager

_Ts = TypeVarTuple("_Ts")

RETRY_SECONDS = 10.0
LONGEST_RETRY_SECONDS = 600.0
"""Core reports the first failure of a task alone. Later ones time out, after a time that the server
doubles up to a limit (``getStartToCloseTimeout`` in
``service/history/workflow/workflow_task_state_machine.go``)."""
FAILING_ATTEMPT = 3
"""From this attempt on the server refuses queries: ``failQueryWorkflowTaskAttemptCount`` in
``service/history/api/queryworkflow/api.go``."""
HEARTBEAT_FRACTION = 0.8
"""Of its timeout: how long a task takes before Core heartbeats it, which completes it and starts
another (``WFT_HEARTBEAT_TIMEOUT_FRACTION`` in Core's ``worker/workflow/mod.rs``)."""
LONGEST_ALIVE_SECONDS = 1800.0
"""How long the server lets a task be heartbeated: ``history.workflowTaskHeartbeatTimeout`` in
``common/dynamicconfig/constants.go``."""
Cause = WorkflowTaskFailedCause
_UNHANDLED_COMMAND = Cause.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND
_FORCE_CLOSE = Cause.WORKFLOW_TASK_FAILED_CAUSE_FORCE_CLOSE_COMMAND
_PAYLOADS_TOO_LARGE = Cause.WORKFLOW_TASK_FAILED_CAUSE_PAYLOADS_TOO_LARGE


class TaskOwner(Protocol):
    """A run, as its workflow tasks see it."""

    @property
    def is_running(self) -> bool:
        """Whether it has not closed."""

    def refusal(self, commands: Sequence[Outgoing]) -> TaskFailure | None:
        """Why the service refuses the commands of a task, if it does."""

    def apply(self, commands: Sequence[Outgoing], completed: Event | None) -> None:
        """Apply the commands of a task.

        Args:
            commands: The commands.
            completed: The event of the task's completion, if it is in the history.
        """

    def notify_waiters(self) -> None:
        """Wake the clients that wait for new events."""


class WorkflowTasks:
    """The workflow tasks of one run, one after another.

    Attributes:
        attempt: The number of the next task's attempt: more than 1 when the task has failed.
        failure: What the last attempt failed with; empty if it did not.

    Args:
        owner: The run.
        service: The service of the run.
        managed: The run as Core knows it.
        events: Writes the events of the tasks.
        buffer: Keeps the events that arrive while a task is under way.
    """

    def __init__(
        self,
        owner: TaskOwner,
        service: Service,
        managed: ManagedRun,
        events: TaskEvents,
        buffer: EventBuffer,
    ) -> None:
        self.attempt = 1
        self.failure = ""
        self._owner = owner
        self._service = service
        self._managed = managed
        self._events = events
        self._buffer = buffer
        self._local_activities = LocalActivityManager(managed.identity, service.now, self)
        self._jobs: list[Job] = []
        self._open: OpenTask | None = None
        self._is_due = False
        self._is_deferred = False
        self._is_stopped = False
        self._is_sticky = False
        self._has_news = False
        self._heartbeats = 0
        self._settled = asyncio.Event()
        self._retry: asyncio.TimerHandle | None = None

    # -- scheduling ------------------------------------------------------------------------------

    def defer(self, first: Job) -> None:
        """Take the first job of the run, and schedule no task before `begin`."""
        self._jobs.append(first)
        self._is_deferred = True

    def begin(self, after: float) -> None:
        """Schedule tasks from now on, or after so many seconds."""
        if after:
            self._retry = asyncio.get_running_loop().call_later(after, self.begin, 0.0)
        else:
            self._is_deferred = False
            self._schedule()

    def schedule(self, job: Job | None) -> None:
        """Schedule a task for a job; without a job the code only goes on."""
        if job is not None:
            self._jobs.append(job)
        if self._open is not None:
            self._open.needs_another = True
        else:
            self._schedule()

    def schedule_update(self, job: Job) -> None:
        """Schedule a task for an update: one that leaves no event, if the update is refused.

        The server calls it speculative
        (``service/history/workflow/workflow_task_state_machine.go``).
        """
        self._jobs.append(job)
        self._put_task()

    def _schedule(self) -> None:
        if self._is_deferred or not self._owner.is_running:
            return
        if self.attempt > 1:
            self._has_news = True  # the next attempt will have the jobs
            return
        self._events.scheduled(self.attempt)
        self._put_task()

    def _put_task(self) -> None:
        if not self.is_pending and not self._is_deferred and self._owner.is_running:
            self._is_due = True
            self._service.put_task(self._managed.identity.task_queue, self._on_poll)

    # -- state -----------------------------------------------------------------------------------

    @property
    def seen(self) -> HistorySize:
        """How long the history was for the last task that started."""
        return self._events.seen

    @property
    def is_pending(self) -> bool:
        """Whether a task waits for the worker, or for its next attempt, or is under way."""
        return self._is_due or self.is_started

    @property
    def is_started(self) -> bool:
        """Whether a task is under way, and waits for local activities."""
        return self._open is not None

    @property
    def is_failing(self) -> bool:
        """Whether the task has failed so often that the service refuses queries."""
        return self.attempt >= FAILING_ATTEMPT

    async def wait_until_settled(self) -> None:
        """Return when the code has seen all jobs, keeps failing, or can see no more.

        The heartbeat of a task settles it as well: the next task will have the jobs.
        """
        heartbeats = self._heartbeats
        while not self._is_stopped and (self._is_deferred or self.is_pending):
            if self.is_failing or self._heartbeats > heartbeats:
                return
            self._settled.clear()
            await self._settled.wait()

    # -- the end of the run ----------------------------------------------------------------------

    def force_close(self) -> None:
        """Fail the task under way, unless it closes the run itself.

        The server does so when a run is terminated or times out
        (``service/history/workflow/util.go``).
        """
        task = self._open
        if task is None or task.is_done:
            return
        self._events.failed(task, _FORCE_CLOSE)
        self._finish(task)
        # Its worker does not know, and runs local activities until it wants to heartbeat.
        self._at_heartbeat(task, self._local_activities.stop)

    def stop(self) -> None:
        """Have no more tasks: the run has closed, or the simulation cannot go on."""
        self._is_stopped = True
        self._jobs.clear()
        if self._retry is not None:
            self._retry.cancel()
        self._settled.set()

    def dispose(self) -> None:
        """Drop what refers back to the tasks."""
        del self._local_activities

    # -- doing a task ----------------------------------------------------------------------------

    def _on_poll(self, worker: TaskWorker) -> None:
        self._is_due = False
        if self._owner.is_running:
            self._step(self._start, worker)

    def _step(self, act: Callable[[*_Ts], None], *args: *_Ts) -> None:
        """Take a task further; an error that is none of the code's ends the simulation."""
        try:
            act(*args)
        except Exception as error:  # noqa: BLE001 - clients that wait for the workflow get it
            self._service.abort(error)
        finally:
            self._settled.set()

    def _start(self, worker: TaskWorker, alive_since: float | None = None) -> None:
        """Start a task. Time passes in it only where it waits for local activities."""
        jobs, self._jobs = self._jobs, []
        if self._has_news:
            # An attempt with new jobs is an ordinary task, and the first of its attempts.
            self._has_news, self.attempt = False, 1
            self._events.scheduled(self.attempt)
        now = self._service.now()
        task = self._open = OpenTask(
            self._managed,
            worker,
            self._local_activities,
            jobs,
            attempt=self.attempt,
            started_at=now,
            alive_since=alive_since or now,
        )
        self._after_step(task, task.begin(self._events.see(), now))

    def _after_step(self, task: OpenTask, failed: TaskFailure | None) -> None:
        if failed is not None:
            self._fail(task, failed)
        elif self._local_activities.is_busy:
            self._wait(task)
        else:
            self._complete(task)

    def _complete(self, task: OpenTask, *, is_heartbeat: bool = False) -> None:
        refused = self._refusal(task)
        if refused is not None:
            self._fail(task, refused)
            return
        if task.closes_run and self._buffer.has_events:
            self._refuse_to_close(task)
            return
        task.is_done = True
        completed = None
        # A task for updates alone that were all refused leaves no event.
        is_written = self._events.is_scheduled or is_heartbeat or self.attempt > 1
        if is_written or _leaves_an_event(task.outgoing):
            completed = self._events.completed(task)
        self.attempt, self.failure, self._is_sticky = 1, "", task.worker.is_cached
        self._owner.apply(task.outgoing, completed)
        task.worker.task_done(self._managed.identity.run_id, is_last=not self._owner.is_running)
        self._finish(task)
        if self._owner.is_running and (is_heartbeat or task.needs_another):
            # The server answers the completion with the next task, if there is one already.
            self._events.scheduled(self.attempt)
            self._start(task.worker, task.alive_since if is_heartbeat else None)
        elif self._jobs:
            self._put_task()  # for updates, which have no event yet
        self._owner.notify_waiters()

    def _refusal(self, task: OpenTask) -> TaskFailure | None:
        """Why Core refuses to send the commands, or the service refuses to take them."""
        if any(map(is_too_large, task.outgoing)):
            return TaskFailure(too_large_failure(), _PAYLOADS_TOO_LARGE)
        return self._owner.refusal(task.outgoing)

    def _finish(self, task: OpenTask) -> None:
        """Write the events that have arrived meanwhile."""
        task.is_done = True
        task.wait_no_longer()
        self._buffer.flush()
        self._open = None

    # -- local activities ------------------------------------------------------------------------

    def _wait(self, task: OpenTask) -> None:
        """Wait for local activities, and heartbeat the task meanwhile."""
        if task.is_waiting:
            return
        self._buffer.hold()
        if self._events.is_scheduled:
            self._events.started(task)
            self._owner.notify_waiters()
        task.wait(self._at_heartbeat(task, lambda: self._heartbeat(task)))

    def local_activity_ended(self, result: LocalResult) -> None:
        """Let the code go on: a local activity has ended."""
        task = self._open
        if task is not None:
            self._step(self._resume, task, result)

    def _resume(self, task: OpenTask, result: LocalResult) -> None:
        self._after_step(task, task.resume(result, self._events.seen, self._service.now()))

    def _at_heartbeat(self, task: OpenTask, act: Callable[[], None]) -> asyncio.TimerHandle:
        delay = task.started_at + HEARTBEAT_FRACTION * self._events.timeout - self._service.now()
        return asyncio.get_running_loop().call_later(delay, self._step, act)

    def _heartbeat(self, task: OpenTask) -> None:
        """Complete the task before its timeout, and go on in the next."""
        if self._service.now() - task.alive_since > LONGEST_ALIVE_SECONDS:
            self._roll_back(task)
            self._time_out(task)
        else:
            self._complete(task, is_heartbeat=True)
            self._heartbeats += 1

    def worker_lost(self) -> None:
        """Let the task time out: its worker has died, and will not complete it."""
        task = self._open
        if task is None or task.is_lost:
            return  # the worker died under several local activities at once
        task.is_lost = True
        self._roll_back(task)
        delay = task.started_at + self._events.timeout - self._service.now()
        loop = asyncio.get_running_loop()
        task.wait(loop.call_later(delay, self._step, self._time_out, task))

    def unsupported(self, error: UnsupportedError) -> None:
        """End the simulation: a local activity did something that it lacks."""
        self._service.abort(error)

    # -- failure ---------------------------------------------------------------------------------

    def _roll_back(self, task: OpenTask) -> None:
        """Make the run what it was before the task; the next task has its jobs again."""
        task.roll_back()
        self._jobs = [*task.jobs, *self._jobs]

    def _refuse_to_close(self, task: OpenTask) -> None:
        """Fail the task: the run may not close before its code has seen the events that arrived.

        The rule is the server's (``hasBufferedEventsOrMessages`` in ``service/history/api/
        respondworkflowtaskcompleted/workflow_task_completed_handler.go``).
        """
        self._roll_back(task)
        failure = Failure(message="UnhandledCommand")
        failure.server_failure_info.SetInParent()
        self._events.failed(task, _UNHANDLED_COMMAND, failure)
        self._finish(task)
        self._is_sticky = False
        self._schedule()
        self._owner.notify_waiters()

    def _time_out(self, task: OpenTask) -> None:
        if self.attempt == 1:
            self._events.timed_out(task)
        self._finish_and_retry(task, 0.0)

    def _fail(self, task: OpenTask, failed: TaskFailure) -> None:
        """Fail the task. It is tried again at once, and then later and later."""
        self._roll_back(task)
        self.failure = failed.failure.message
        if self.attempt == 1:
            self._events.failed(task, failed.cause, failed.failure)
        self._finish_and_retry(task, _retry_delay(self.attempt))

    def _finish_and_retry(self, task: OpenTask, delay: float) -> None:
        self._finish(task)
        if self._is_sticky or task.needs_another:
            # The worker with the workflow in memory may be at fault: the server clears the sticky
            # queue, and schedules an ordinary task. With new jobs it schedules one, too.
            self._is_sticky = False
            self.attempt = 1
            self._schedule()
        else:
            self._put_task_after(delay)
            self.attempt += 1
        self._owner.notify_waiters()

    def _put_task_after(self, delay: float) -> None:
        """Have another attempt, which is in the history only if it succeeds."""
        self._is_due = True
        queue = self._managed.identity.task_queue
        self._retry = asyncio.get_running_loop().call_later(
            delay, self._service.put_task, queue, self._on_poll
        )


def _retry_delay(attempt: int) -> float:
    """Seconds between an attempt that has failed and the next."""
    if attempt == 1:
        return 0.0
    return min(RETRY_SECONDS * 2.0 ** min(attempt - 2, 10), LONGEST_RETRY_SECONDS)


def _leaves_an_event(outgoing: list[Outgoing]) -> bool:
    return any(
        isinstance(command, Marker)
        or not command.HasField("update_response")
        or not command.update_response.HasField("rejected")
        for command in outgoing
    )
