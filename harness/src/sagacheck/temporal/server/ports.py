"""What the parts of the server need of each other: a run of its service, a part of its run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import temporalio.bridge.proto.workflow_activation as activation_pb
import temporalio.bridge.proto.workflow_completion as completion_pb
from temporalio.api.common.v1 import Header, Payloads, WorkflowExecution
from temporalio.api.workflowservice.v1 import StartWorkflowExecutionRequest

from sagacheck.temporal.base.events import Event
from sagacheck.temporal.base.run_identity import RunIdentity
from sagacheck.temporal.base.task_queue import Poller, Task
from sagacheck.temporal.core.managed_run import ManagedRun
from sagacheck.temporal.core.messages import Job
from sagacheck.temporal.server.run_start import ParentLink, RunStart
from sagacheck.temporal.server.search_attributes import KnownAttributes
from sagacheck.temporal.worker.activities.attempt import ActivityHost

HISTORY_SERVICE = "history-service"
"""The identity with which the server itself signals, cancels and terminates."""
IDENTITY = "simulated"
"""The identity of all workers."""


class TaskWorker(Poller, ActivityHost, Protocol):
    """A worker, as the tasks that it takes from a queue see it."""

    @property
    def is_cached(self) -> bool:
        """Whether workflows stay in memory between their tasks."""

    def activate(
        self, activation: activation_pb.WorkflowActivation, run: ManagedRun
    ) -> completion_pb.WorkflowActivationCompletion:
        """Activate a run; one that is not in memory is rebuilt first by replaying its past.

        Raises:
            NondeterminismError: The replay did something else than the run had done.
        """

    def has_in_memory(self, run_id: str) -> bool:
        """Whether a run is in memory, and need not be replayed."""

    def evict(self, run_id: str) -> None:
        """Drop the workflow of a run from memory; its next task replays its past."""

    def task_done(self, run_id: str, *, is_last: bool) -> None:
        """Evict a run after its task, unless the worker keeps it in memory.

        Args:
            run_id: The run.
            is_last: Whether the run has closed.
        """


class OtherRun(Protocol):
    """A run, as other runs see it."""

    @property
    def identity(self) -> RunIdentity:
        """Which run it is."""

    @property
    def is_running(self) -> bool:
        """Whether it has not closed."""

    def signal(
        self,
        name: str,
        payloads: Payloads | None,
        header: Header | None,
        identity: str,
        sender: WorkflowExecution | None = None,
    ) -> None:
        """Deliver a signal."""

    def request_cancel(
        self,
        reason: str,
        identity: str,
        sender: WorkflowExecution | None = None,
        initiated_event_id: int = 0,
    ) -> None:
        """Request its cancellation."""

    def terminate(self, reason: str, identity: str, details: Payloads | None = None) -> None:
        """Close it without asking its code."""

    def child_closed(self, seq: int, child: RunIdentity, closing: Event) -> None:
        """A child of it has ended for good."""


class Service(Protocol):
    """The Temporal service, as a run sees it."""

    @property
    def search_attributes(self) -> KnownAttributes:
        """The search attributes that it knows."""

    def now(self) -> float:
        """Virtual time, in seconds since the epoch."""

    def next_task_id(self) -> int:
        """A number that no other event has."""

    def new_run_id(self) -> str:
        """An id for a run."""

    def put_task(self, queue: str, task: Task[TaskWorker], *, only_begins: bool = False) -> None:
        """Put a task into a task queue, as `TaskQueue.put` takes it."""

    def find(self, workflow_id: str, run_id: str = "") -> OtherRun | None:
        """A run of a workflow, the latest by default."""

    def begin(self, start: RunStart) -> object:
        """Begin a run."""

    def start_child(
        self,
        request: StartWorkflowExecutionRequest,
        parent: ParentLink,
        before_first_task: Callable[[OtherRun], None],
    ) -> None:
        """Start a child workflow.

        Raises:
            AlreadyStartedError: Its id is taken.
        """

    def abort(self, error: Exception) -> None:
        """Stop the simulation: it cannot go on."""


class OpenRun(Protocol):
    """A run, as its own parts see it: its timers, activities, children and messages."""

    @property
    def identity(self) -> RunIdentity:
        """Which run it is."""

    @property
    def is_running(self) -> bool:
        """Whether it has not closed."""

    def now(self) -> float:
        """Virtual time, in seconds since the epoch."""

    def add_event(self, name: str, *, at: float | None = None, **attributes: Any) -> Event:
        """Append an event to the history, as `History.add` does."""

    def add_or_buffer(self, write: Callable[[], None], *, is_end: bool = False) -> None:
        """Write an event now, or behind the workflow task that is under way."""

    def schedule_workflow_task(self, job: Job | None) -> None:
        """Give the code a job in the next workflow task; without a job, wake it."""

    def notify_waiters(self) -> None:
        """Wake the clients that wait for new events."""
