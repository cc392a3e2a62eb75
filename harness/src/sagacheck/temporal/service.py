"""The simulated Temporal service: workflow runs by their ids, and the policies about ids."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable, Iterable
from functools import lru_cache
from itertools import count
from typing import Any

from temporalio.api.common.v1 import Payload, Payloads
from temporalio.api.enums.v1 import (
    WorkflowExecutionStatus,
    WorkflowIdConflictPolicy,
    WorkflowIdReusePolicy,
)
from temporalio.api.workflowservice.v1 import StartWorkflowExecutionRequest
from temporalio.client import Client
from temporalio.common import SearchAttributeKey
from temporalio.converter import DataConverter

from sagacheck.temporal.errors import AlreadyStartedError
from sagacheck.temporal.execution import Execution
from sagacheck.temporal.loop import VirtualTimeLoop, running_loop
from sagacheck.temporal.search_attributes import KnownAttributes
from sagacheck.temporal.starting import Parent, Start, first_start
from sagacheck.temporal.task_queue import TaskQueue
from sagacheck.temporal.worker import SimulatedWorker

EPOCH = 1_767_225_600.0
"""When virtual time begins: 2026-01-01, in seconds since the Unix epoch."""
FIRST_TASK_ID = 1_048_576

Conflict = WorkflowIdConflictPolicy
Reuse = WorkflowIdReusePolicy


class SimulatedTemporal:
    """A Temporal service for one event loop, best a `VirtualTimeLoop`.

    Attributes:
        next_task_id: Gives the next event its number.
        search_attributes: Which of them it knows.
        workers: All that have been registered, oldest first; none once it is closed.

    Args:
        seed: Decides everything that is random: run ids and the workflows' own random numbers.
        search_attributes: What an operator has added to those that every server knows.
    """

    def __init__(
        self, *, seed: int = 0, search_attributes: Iterable[SearchAttributeKey[Any]] = ()
    ) -> None:
        self.search_attributes = KnownAttributes(search_attributes)
        self._seed = seed
        self._run_numbers = count()
        self.next_task_id: Callable[[], int] = count(FIRST_TASK_ID).__next__
        self._runs: dict[str, list[Execution]] = {}
        self._queues: dict[str, TaskQueue[SimulatedWorker]] = {}
        self.workers: list[SimulatedWorker] = []
        self._broken: Exception | None = None
        self._loop: VirtualTimeLoop | None = None

    def register(self, task_queue: str, worker: SimulatedWorker) -> None:
        """Let `worker` do the work of `task_queue`; another one that did it is through with it."""
        self.workers.append(worker)
        worker.serve(self.queue(task_queue))

    def start(
        self,
        request: StartWorkflowExecutionRequest,
        at_once: Callable[[Execution], None] | None = None,
    ) -> tuple[Execution, bool]:
        """Start a workflow, or find the one that runs; whether it was started.

        Args:
            request: What is asked for.
            at_once: What happens to the new run before its first task, such as a signal.

        Raises:
            AlreadyStartedError: The id is taken.
            BadSearchAttributesError: It is to have search attributes that the service refuses.
            UnsupportedError: The request asks for what the simulation lacks.
        """
        if request.HasField("search_attributes"):
            self.search_attributes.check(request.search_attributes)
        latest = self.find(request.workflow_id)
        if latest is not None and not latest.is_running:
            _check_reuse(request, latest)
        if latest is None or not latest.is_running:
            return self.begin(self._first_start(request), at_once), True
        conflict = request.workflow_id_conflict_policy
        if conflict == Conflict.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING:
            return latest, False
        if not terminates(request):
            raise AlreadyStartedError(latest.run_id)
        start = self._first_start(request)
        details = Payloads(payloads=[_text(f"terminated by new runID: {start.run_id}")])
        latest.terminate("TerminateIfRunning WorkflowIdReusePolicy", "history-service", details)
        return self.begin(start, at_once), True

    def find(self, workflow_id: str, run_id: str = "") -> Execution | None:
        """A run of the workflow, the latest by default."""
        runs = self._runs.get(workflow_id, [])
        return next((run for run in reversed(runs) if run_id in ("", run.run_id)), None)

    def executions(self) -> list[Execution]:
        """All runs, oldest first within each workflow id."""
        return [run for runs in self._runs.values() for run in runs]

    def close(self) -> None:
        """Forget everything: nothing refers to anything else in a circle then."""
        for worker in self.workers:
            worker.close()
        for run in self.executions():
            run.forget()
        self.workers.clear()
        self._queues.clear()
        self._runs.clear()

    # -- for runs --------------------------------------------------------------------------------

    def now(self) -> float:
        """Virtual time, in seconds since the Unix epoch."""
        if self._loop is None:
            self._loop = running_loop()
        return EPOCH + self._loop.elapsed

    def new_run_id(self) -> str:
        """An id for a run."""
        return _run_id(self._seed, next(self._run_numbers))

    def queue(self, name: str) -> TaskQueue[SimulatedWorker]:
        """A task queue."""
        if name not in self._queues:
            self._queues[name] = TaskQueue(name)
        return self._queues[name]

    def begin(self, start: Start, at_once: Callable[[Execution], None] | None = None) -> Execution:
        """Begin a run."""
        execution = Execution(self, start)
        self._runs.setdefault(execution.workflow_id, []).append(execution)
        execution.begin(at_once)
        return execution

    def start_child(
        self,
        request: StartWorkflowExecutionRequest,
        parent: Parent,
        at_once: Callable[[Execution], None],
    ) -> None:
        """Start a child workflow.

        Args:
            request: What is asked for.
            parent: Whose child it is.
            at_once: What happens to the child before its first task.

        Raises:
            AlreadyStartedError: Its id is taken.
        """
        latest = self.find(request.workflow_id)
        if latest is not None and latest.is_running:
            raise AlreadyStartedError(latest.run_id)
        if latest is not None:
            _check_reuse(request, latest)
        self.begin(self._first_start(request, parent), at_once)

    def client_for_activities(self, data_converter: DataConverter) -> Client:
        """A client of the service, for the activities of a worker."""
        # A client's calls know the service, so that the service cannot know them before.
        from sagacheck.temporal.connection import client_for_activities  # noqa: PLC0415

        return client_for_activities(self, data_converter)

    def break_down(self, error: Exception) -> None:
        """The simulation cannot go on: whoever waits for it is told, and whoever asks.

        Args:
            error: What it lacks, or what is wrong with it.
        """
        self._broken = self._broken or error
        for run in self.executions():
            run.tasks.stop()
            run.closed.set()
            run.tell_waiters()
            for update in run.updates.values():
                update.accepted.set()
                update.completed.set()

    def check(self) -> None:
        """Raise what the simulation broke down with, if it did.

        Raises:
            Exception: It did; an `UnsupportedError` names a feature that it lacks.
        """
        if self._broken is not None:
            raise self._broken

    def _first_start(
        self, request: StartWorkflowExecutionRequest, parent: Parent | None = None
    ) -> Start:
        start = first_start(request, run_id=self.new_run_id(), now=self.now(), parent=parent)
        if request.HasField("search_attributes"):
            typed = self.search_attributes.with_types(request.search_attributes)
            start.request.search_attributes.CopyFrom(typed)
        return start


@lru_cache(maxsize=10_000)
def _run_id(seed: int, number: int) -> str:
    """The id of a service's run with this number; every trial with the same seed has the same."""
    digest = hashlib.blake2b(f"{seed} {number}".encode(), digest_size=16).digest()
    return str(uuid.UUID(bytes=digest, version=4))


def terminates(request: StartWorkflowExecutionRequest) -> bool:
    """Whether a running workflow has to make place for a new one."""
    conflict = request.workflow_id_conflict_policy
    reuse = request.workflow_id_reuse_policy
    return (
        conflict == Conflict.WORKFLOW_ID_CONFLICT_POLICY_TERMINATE_EXISTING
        or reuse == Reuse.WORKFLOW_ID_REUSE_POLICY_TERMINATE_IF_RUNNING
    )


def _check_reuse(request: StartWorkflowExecutionRequest, latest: Execution) -> None:
    """See whether the id of a closed workflow may be used again."""
    reuse = request.workflow_id_reuse_policy
    completed = latest.status == WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_COMPLETED
    only_failed = reuse == Reuse.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY
    if reuse == Reuse.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE or (completed and only_failed):
        raise AlreadyStartedError(latest.run_id)


def _text(text: str) -> Payload:
    return Payload(metadata={"encoding": b"json/plain"}, data=json.dumps(text).encode())
