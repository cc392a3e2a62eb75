"""The simulated Temporal service: workflow runs by their ids, and the policies about ids."""

from __future__ import annotations

import asyncio
import random
import uuid
from itertools import count

from temporalio.api.enums.v1 import (
    WorkflowExecutionStatus,
    WorkflowIdConflictPolicy,
    WorkflowIdReusePolicy,
)
from temporalio.api.workflowservice.v1 import StartWorkflowExecutionRequest

from fakes.temporal.execution import Execution
from fakes.temporal.worker import SimulatedWorker

EPOCH = 1_767_225_600.0
"""When virtual time begins: 2026-01-01, in seconds since the Unix epoch."""


class AlreadyStartedError(Exception):
    """The workflow id is taken, and the policies do not allow another run."""

    def __init__(self, execution: Execution) -> None:
        super().__init__("Workflow execution already started")
        self.execution = execution


class SimulatedTemporal:
    """A Temporal service for one event loop, best a `VirtualTimeLoop`.

    Args:
        seed: Decides everything that is random: run ids and the workflows' own random numbers.
    """

    def __init__(self, *, seed: int = 0) -> None:
        self._random = random.Random(seed)  # noqa: S311 - it is to be repeatable
        self._task_ids = count(1_048_576)
        self._runs: dict[str, list[Execution]] = {}
        self._workers: dict[str, SimulatedWorker] = {}

    def now(self) -> float:
        """Virtual time, in seconds since the Unix epoch."""
        return EPOCH + asyncio.get_running_loop().time()

    def register(self, task_queue: str, worker: SimulatedWorker) -> None:
        """Let `worker` do the work of `task_queue`."""
        self._workers[task_queue] = worker

    def start(self, request: StartWorkflowExecutionRequest) -> tuple[Execution, bool]:
        """Start a workflow, or find the one that runs; whether it was started.

        Raises:
            AlreadyStartedError: The id is taken.
        """
        runs = self._runs.setdefault(request.workflow_id, [])
        if runs:
            existing = self._existing(request, runs[-1])
            if existing is not None:
                return existing, False
        execution = Execution(
            request,
            run_id=str(uuid.UUID(int=self._random.getrandbits(128), version=4)),
            worker=self._workers[request.task_queue.name],
            now=self.now,
            next_task_id=lambda: next(self._task_ids),
            seed=self._random.getrandbits(63),
        )
        runs.append(execution)
        execution.start()
        return execution, True

    def find(self, workflow_id: str, run_id: str = "") -> Execution | None:
        """A run of the workflow, the latest by default."""
        runs = self._runs.get(workflow_id, [])
        return next((run for run in reversed(runs) if run_id in ("", run.run_id)), None)

    def executions(self) -> list[Execution]:
        """All runs, oldest first within each workflow id."""
        return [run for runs in self._runs.values() for run in runs]

    def close(self) -> None:
        """Forget everything that workers hold."""
        for worker in self._workers.values():
            worker.close()

    def _existing(
        self, request: StartWorkflowExecutionRequest, latest: Execution
    ) -> Execution | None:
        """The run to use instead of a new one, ``None`` where a new one may start."""
        if latest.is_running:
            conflict = request.workflow_id_conflict_policy
            if conflict == WorkflowIdConflictPolicy.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING:
                return latest
            if conflict == WorkflowIdConflictPolicy.WORKFLOW_ID_CONFLICT_POLICY_TERMINATE_EXISTING:
                latest.terminate(
                    "TerminateIfRunning WorkflowIdReusePolicy Policy", "history-service"
                )
                return None
            raise AlreadyStartedError(latest)
        reuse = request.workflow_id_reuse_policy
        if reuse == WorkflowIdReusePolicy.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE:
            raise AlreadyStartedError(latest)
        completed = latest.status == WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_COMPLETED
        only_failed = WorkflowIdReusePolicy.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY
        if completed and reuse == only_failed:
            raise AlreadyStartedError(latest)
        return None
