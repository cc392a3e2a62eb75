"""What the parts of the service need of each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from temporalio.api.workflowservice.v1 import StartWorkflowExecutionRequest
from temporalio.client import Client
from temporalio.converter import DataConverter

from sagacheck.temporal.arrivals import Arrivals
from sagacheck.temporal.core import CoreState, Job
from sagacheck.temporal.history import History
from sagacheck.temporal.search_attributes import KnownAttributes
from sagacheck.temporal.starting import Parent, Start
from sagacheck.temporal.task_queue import TaskQueue

if TYPE_CHECKING:
    from sagacheck.temporal.execution import Execution
    from sagacheck.temporal.worker import SimulatedWorker


class Service(Protocol):
    """What a run needs of the service.

    Attributes:
        search_attributes: Which of them it knows.
    """

    search_attributes: KnownAttributes

    def now(self) -> float:
        """Virtual time, in seconds since the epoch."""

    def next_task_id(self) -> int:
        """A number for an event."""

    def new_run_id(self) -> str:
        """An id for a run."""

    def queue(self, name: str) -> TaskQueue[SimulatedWorker]:
        """A task queue."""

    def find(self, workflow_id: str, run_id: str = "") -> Execution | None:
        """A run of a workflow, the latest by default."""

    def begin(self, start: Start) -> Execution:
        """Begin a run."""

    def start_child(
        self,
        request: StartWorkflowExecutionRequest,
        parent: Parent,
        at_once: Callable[[Execution], None],
    ) -> None:
        """Start a child workflow, if its id is free."""

    def client_for_activities(self, data_converter: DataConverter) -> Client:
        """A client of the service, for the activities of a worker."""

    def break_down(self, error: Exception) -> None:
        """Something happened that the simulation cannot do: everybody has to know."""


class Tasks(Protocol):
    """Whom the end of an activity is told."""

    def tell(self, job: Job | None) -> None:
        """Let the workflow code know of something."""


class Owner(Protocol):
    """What an activity needs of the workflow run that scheduled it."""

    workflow_id: str
    run_id: str
    workflow_type: str
    namespace: str
    task_queue: str
    history: History
    arrivals: Arrivals
    core: CoreState
    pending_ids: set[str]

    @property
    def service(self) -> Service:
        """The service that it is part of."""

    @property
    def tasks(self) -> Tasks:
        """Whom its end is told."""

    def now(self) -> float:
        """Virtual time, in seconds since the epoch."""

    def tell_waiters(self) -> None:
        """The history has grown."""
