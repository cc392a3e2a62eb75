"""A workflow task under way: it lets the code go on until there is nothing more for it to do."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from temporalio.api.enums.v1 import WorkflowTaskFailedCause
from temporalio.api.failure.v1 import Failure

from sagacheck.temporal.base.errors import NondeterminismError
from sagacheck.temporal.base.events import Event
from sagacheck.temporal.base.history import HistorySize
from sagacheck.temporal.core.activations import (
    new_activation,
    nondeterminism_failure,
    sorted_jobs,
)
from sagacheck.temporal.core.local_activity_results import LocalResult
from sagacheck.temporal.core.managed_run import ManagedRun
from sagacheck.temporal.core.messages import Job, Outgoing
from sagacheck.temporal.server.ports import TaskWorker
from sagacheck.temporal.worker.activities.local_activity_manager import LocalActivityManager

Cause = WorkflowTaskFailedCause
_UNHANDLED = Cause.WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE
_NONDETERMINISM = Cause.WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR


class TaskFailure(NamedTuple):
    """Why a workflow task fails."""

    failure: Failure
    cause: Cause.ValueType


class OpenTask:
    """A workflow task from its start to its end; local activities let time pass in it.

    Attributes:
        worker: The worker that has it.
        jobs: The jobs with which it started.
        attempt: The number of its attempt, from 1.
        started_at: When it started, in seconds since the epoch.
        alive_since: When the first task started of the heartbeats that end with this one.
        outgoing: The commands that the service will get.
        flags: The flags of the SDK that the code has used.
        started: The event of its start, once it is written.
        is_done: Whether it has ended, and nothing that happens now is part of it.
        is_lost: Whether its worker has died, so that it waits for its timeout.
        needs_another: Whether a job has arrived that takes another task.

    Args:
        run: The run.
        worker: The worker that has it.
        manager: The local activities of the run that are under way.
        jobs: The jobs with which it starts.
        attempt: The number of its attempt, from 1.
        started_at: When it starts, in seconds since the epoch.
        alive_since: When the first task started of the heartbeats that end with this one.
    """

    def __init__(  # noqa: PLR0913 - a task stands between these
        self,
        run: ManagedRun,
        worker: TaskWorker,
        manager: LocalActivityManager,
        jobs: list[Job],
        *,
        attempt: int,
        started_at: float,
        alive_since: float,
    ) -> None:
        self.worker = worker
        self.jobs = jobs
        self.attempt = attempt
        self.started_at = started_at
        self.alive_since = alive_since
        self.outgoing: list[Outgoing] = []
        self.flags: set[int] = set()
        self.started: Event | None = None
        self.is_done = False
        self.is_lost = False
        self.needs_another = False
        self._run = run
        self._manager = manager
        self._savepoint = run.start_task(started_at)
        self._timer: asyncio.TimerHandle | None = None

    @property
    def closes_run(self) -> bool:
        """Whether its commands close the run."""
        return self._run.closes(self.outgoing)

    # -- letting the code go on ------------------------------------------------------------------

    def begin(self, seen: HistorySize, now: float) -> TaskFailure | None:
        """Let the code go on with the first jobs, until it waits; why the task fails, if it does.

        Args:
            seen: How long the history is for the code.
            now: The present, in seconds since the epoch.
        """
        return self._advance(sorted_jobs(self.jobs), seen, now)

    def resume(self, result: LocalResult, seen: HistorySize, now: float) -> TaskFailure | None:
        """Let the code go on after a local activity, as `begin` does."""
        return self._advance(self._resolve(result), seen, now)

    def _advance(self, jobs: list[Job], seen: HistorySize, now: float) -> TaskFailure | None:
        run = self._run
        try:
            while True:
                if jobs:
                    completion = self.worker.activate(new_activation(run, jobs, seen), run)
                    if completion.HasField("failed"):
                        return TaskFailure(completion.failed.failure, _UNHANDLED)
                    done = completion.successful
                    # Slices: protobuf's own iterators end with an exception that formats a message.
                    self.flags.update(done.used_internal_flags[:])
                    jobs = run.process(done.commands[:], self.outgoing, now)
                jobs = [*jobs, *self._start_and_cancel_local_activities()]
                if not jobs:
                    return None
        except NondeterminismError as error:
            return TaskFailure(nondeterminism_failure(error), _NONDETERMINISM)

    def _start_and_cancel_local_activities(self) -> list[Job]:
        """Do what the code asks of local activities; the jobs of those that end at once."""
        state, manager = self._run.local_activities, self._manager
        if self.closes_run:
            manager.stop()
            return []
        if not state.has_requests:
            return []
        results = [manager.cancel(seq) for seq in state.to_cancel]
        results += [manager.begin(request, self.worker) for request in state.to_start]
        for seq in state.to_abandon:
            manager.abandon(seq)
        for requests in (state.to_cancel, state.to_start, state.to_abandon):
            requests.clear()
        return [job for result in results if result is not None for job in self._resolve(result)]

    def _resolve(self, result: LocalResult) -> list[Job]:
        end = self._run.local_activities.resolve(result)
        if end is None:
            return []
        job, marker = end
        self.outgoing.append(marker)
        return [job]

    def roll_back(self) -> None:
        """Undo what the task has changed: the worker forgets the run, and its past is shortened."""
        self._manager.stop()
        self.wait_no_longer()
        self.worker.evict(self._run.identity.run_id)
        self._run.roll_back(self._savepoint)

    # -- waiting ---------------------------------------------------------------------------------

    @property
    def is_waiting(self) -> bool:
        """Whether it waits for local activities, or for its timeout."""
        return self._timer is not None

    def wait(self, timer: asyncio.TimerHandle) -> None:
        """Wait for local activities, until `timer`."""
        self.wait_no_longer()
        self._timer = timer

    def wait_no_longer(self) -> None:
        """Cancel the timer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
