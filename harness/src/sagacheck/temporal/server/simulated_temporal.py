"""The simulated Temporal service: runs of workflows by their ids, task queues and workers."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterable
from functools import lru_cache
from itertools import count
from typing import Any

from temporalio.api.common.v1 import Payloads
from temporalio.api.workflowservice.v1 import StartWorkflowExecutionRequest
from temporalio.common import SearchAttributeKey

from sagacheck.temporal.base.errors import AlreadyStartedError
from sagacheck.temporal.base.history import History
from sagacheck.temporal.base.payloads import json_payload
from sagacheck.temporal.base.task_queue import Task, TaskQueue
from sagacheck.temporal.base.virtual_time.loop import VirtualTimeLoop, running_loop
from sagacheck.temporal.server.id_policies import check_reuse, terminates_existing, uses_existing
from sagacheck.temporal.server.ports import HISTORY_SERVICE
from sagacheck.temporal.server.run_start import ParentLink, RunStart, first_start
from sagacheck.temporal.server.search_attributes import KnownAttributes
from sagacheck.temporal.server.workflow_run import WorkflowRun
from sagacheck.temporal.worker.simulated_worker import SimulatedWorker

EPOCH = 1_767_225_600.0
"""When virtual time begins by default: 2026-01-01, in seconds since the Unix epoch."""
FIRST_TASK_ID = 1_048_576


class SimulatedTemporal:
    """A Temporal service for one event loop, which has to be a `VirtualTimeLoop`.

    Attributes:
        next_task_id: Returns the number of the next event.
        search_attributes: The search attributes that it knows.
        workers: The workers that were registered, oldest first; none once it is closed.

    Args:
        seed: Decides everything that is random: run ids and the workflows' own random numbers.
        epoch: When virtual time begins, in seconds since the Unix epoch.
        search_attributes: What an operator has added to those that every server knows.
        retention: Seconds after its close for which the id of a run is known; ``None`` for ever.
            After that it may be used again. What is asked about such a run is answered still.
    """

    def __init__(
        self,
        *,
        seed: int = 0,
        epoch: float = EPOCH,
        search_attributes: Iterable[SearchAttributeKey[Any]] = (),
        retention: float | None = None,
    ) -> None:
        self._retention = retention
        self.search_attributes = KnownAttributes(search_attributes)
        self._seed = seed
        self._epoch = epoch
        self._run_numbers = count()
        self.next_task_id: Callable[[], int] = count(FIRST_TASK_ID).__next__
        self._runs: dict[str, list[WorkflowRun]] = {}
        self._queues: dict[str, TaskQueue[SimulatedWorker]] = {}
        self.workers: list[SimulatedWorker] = []
        self._error: Exception | None = None
        self._loop: VirtualTimeLoop | None = None

    @property
    def unserved(self) -> bool:
        """Whether there were tasks that no worker takes: by their queue, or by their activity."""
        without_worker = any(not queue.has_worker for queue in self._queues.values())
        return without_worker or any(worker.has_unknown for worker in self.workers)

    def register(self, task_queue: str, worker: SimulatedWorker) -> None:
        """Give the tasks of `task_queue` to `worker`, which replaces the previous worker."""
        if worker not in self.workers:
            self.workers.append(worker)
        worker.serve(self._queue(task_queue))

    def start(
        self,
        request: StartWorkflowExecutionRequest,
        before_first_task: Callable[[WorkflowRun], None] | None = None,
    ) -> tuple[WorkflowRun, bool]:
        """Start a workflow, or find the run that has its id.

        Args:
            request: What a client asks for.
            before_first_task: Called before the first task of a new run is scheduled, to send a
                signal for example.

        Returns:
            The run, and whether it is a new one.

        Raises:
            AlreadyStartedError: The id is taken.
            BadSearchAttributesError: The service refuses the search attributes.
            UnsupportedError: The request asks for what the simulation lacks.
        """
        if request.HasField("search_attributes"):
            self.search_attributes.check(request.search_attributes)
        latest = self._holder_of(request.workflow_id)
        if latest is not None and not latest.is_running:
            check_reuse(request, latest.run_id, latest.status)
        if latest is None or not latest.is_running:
            return self.begin(self._first_start(request), before_first_task), True
        if uses_existing(request):
            return latest, False
        if not terminates_existing(request):
            raise AlreadyStartedError(latest.run_id)
        start = self._first_start(request)
        details = Payloads(payloads=[json_payload(f"terminated by new runID: {start.run_id}")])
        latest.terminate("TerminateIfRunning WorkflowIdReusePolicy", HISTORY_SERVICE, details)
        return self.begin(start, before_first_task), True

    def find(self, workflow_id: str, run_id: str = "") -> WorkflowRun | None:
        """A run of a workflow, the latest by default."""
        runs = self._runs.get(workflow_id, [])
        return next((run for run in reversed(runs) if run_id in ("", run.run_id)), None)

    def _holder_of(self, workflow_id: str) -> WorkflowRun | None:
        """The run that holds an id: the latest, until the service has forgotten it."""
        run = self.find(workflow_id)
        if run is None or run.is_running or self._retention is None:
            return run
        return run if self.now() < (run.closed_at or 0.0) + self._retention else None

    def runs(self) -> list[WorkflowRun]:
        """All runs, oldest first within each workflow id."""
        return [run for runs in self._runs.values() for run in runs]

    def close(self) -> None:
        """Close the workers and drop all runs: no two objects refer to each other then."""
        for worker in self.workers:
            worker.close()
        for run in self.runs():
            run.dispose()
        self.workers.clear()
        self._queues.clear()
        self._runs.clear()

    # -- what an observer may ask ----------------------------------------------------------------

    def history(self, workflow_id: str) -> History:
        """The history of the latest run of a workflow.

        Raises:
            KeyError: No workflow has this id.
        """
        return self._runs[workflow_id][-1].history

    def replays(self, workflow_id: str) -> int:
        """How often runs of a workflow were replayed, because a worker had evicted them."""
        return sum(run.replays for run in self._runs.get(workflow_id, []))

    def evict(self, workflow_id: str) -> None:
        """Evict the latest run of a workflow from the memory of its worker."""
        run = self.find(workflow_id)
        if run is not None:
            for worker in self.workers:
                worker.evict(run.run_id)

    # -- for runs --------------------------------------------------------------------------------

    def now(self) -> float:
        """Virtual time, in seconds since the Unix epoch.

        Raises:
            RuntimeError: The running loop is none in virtual time.
        """
        if self._loop is None:
            self._loop = running_loop()
        return self._epoch + self._loop.elapsed

    def new_run_id(self) -> str:
        """An id for a run."""
        return _run_id(self._seed, next(self._run_numbers))

    def put_task(
        self, queue: str, task: Task[SimulatedWorker], *, only_begins: bool = False
    ) -> None:
        """Put a task into a task queue, as `TaskQueue.put` takes it."""
        self._queue(queue).put(task, only_begins=only_begins)

    def _queue(self, name: str) -> TaskQueue[SimulatedWorker]:
        if name not in self._queues:
            self._queues[name] = TaskQueue(name)
        return self._queues[name]

    def begin(
        self, start: RunStart, before_first_task: Callable[[WorkflowRun], None] | None = None
    ) -> WorkflowRun:
        """Begin a run."""
        run = WorkflowRun(self, start)
        self._runs.setdefault(run.workflow_id, []).append(run)
        run.begin(before_first_task)
        return run

    def start_child(
        self,
        request: StartWorkflowExecutionRequest,
        parent: ParentLink,
        before_first_task: Callable[[WorkflowRun], None],
    ) -> None:
        """Start a child workflow.

        Args:
            request: What the parent asks for.
            parent: The parent.
            before_first_task: Called before the first task of the child is scheduled.

        Raises:
            AlreadyStartedError: Its id is taken.
        """
        latest = self._holder_of(request.workflow_id)
        if latest is not None and latest.is_running:
            raise AlreadyStartedError(latest.run_id)
        if latest is not None:
            check_reuse(request, latest.run_id, latest.status)
        self.begin(self._first_start(request, parent), before_first_task)

    def abort(self, error: Exception) -> None:
        """Stop the simulation: clients that wait get the error, and so do those that call later.

        Args:
            error: The feature that the simulation lacks, or its own error.
        """
        self._error = self._error or error
        for run in self.runs():
            run.abort()

    def raise_if_aborted(self) -> None:
        """Raise the error with which the simulation was aborted, if it was.

        Raises:
            Exception: It was; an `UnsupportedError` names a feature that it lacks.
        """
        if self._error is not None:
            raise self._error

    def _first_start(
        self, request: StartWorkflowExecutionRequest, parent: ParentLink | None = None
    ) -> RunStart:
        start = first_start(request, run_id=self.new_run_id(), now=self.now(), parent=parent)
        if request.HasField("search_attributes"):
            typed = self.search_attributes.with_types(request.search_attributes)
            start.request.search_attributes.CopyFrom(typed)
        return start


@lru_cache(maxsize=10_000)
def _run_id(seed: int, number: int) -> str:
    """The id of a service's run with this number: the same for every service with this seed."""
    digest = hashlib.blake2b(f"{seed} {number}".encode(), digest_size=16).digest()
    return str(uuid.UUID(bytes=digest, version=4))
