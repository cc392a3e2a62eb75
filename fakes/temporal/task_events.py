"""What the history tells of workflow tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from temporalio.api.enums.v1 import EventType, TimeoutType, WorkflowTaskFailedCause
from temporalio.api.failure.v1 import Failure
from temporalio.api.history.v1 import HistoryEvent

from fakes.temporal.history import Extent
from fakes.temporal.open_task import OpenTask

if TYPE_CHECKING:
    from fakes.temporal.execution import Execution

IDENTITY = "simulated"
CORE_FLAGS = (1, 2, 3)

# What all of a kind have in common: to copy that takes half as long as to say it again.
_STARTED = HistoryEvent(event_type=EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED)
_STARTED.workflow_task_started_event_attributes.identity = IDENTITY
_COMPLETED = HistoryEvent(event_type=EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED)
_COMPLETED.workflow_task_completed_event_attributes.identity = IDENTITY
_COMPLETED.workflow_task_completed_event_attributes.sdk_metadata.SetInParent()


class TaskEvents:
    """Writes down the workflow tasks of one run.

    Args:
        run: The run.
    """

    def __init__(self, run: Execution) -> None:
        self._run = run
        self._scheduled: HistoryEvent | None = None
        self._scheduled_before: HistoryEvent | None = None
        self._sdk_told = False

    @property
    def is_scheduled(self) -> bool:
        """Whether a task has been written down whose end has not."""
        return self._scheduled is not None

    def scheduled(self, attempt: int) -> HistoryEvent:
        """A task is due; once is enough."""
        if self._scheduled is None:
            if self._scheduled_before is None:
                request = self._run.start.request
                event = self._run.history.add(
                    "workflow_task_scheduled",
                    task_queue=request.task_queue,
                    start_to_close_timeout=request.workflow_task_timeout,
                )
            else:
                event = self._run.history.add_like(self._scheduled_before)
            event.workflow_task_scheduled_event_attributes.attempt = attempt
            self._scheduled = self._scheduled_before = event
        return self._scheduled

    def started(self, task: OpenTask) -> HistoryEvent:
        """A task has started; once is enough."""
        if task.started is None:
            scheduled = self.scheduled(task.attempt)
            task.started = self._run.history.add_like(_STARTED, at=task.started_at)
            said = task.started.workflow_task_started_event_attributes
            said.scheduled_event_id = scheduled.event_id
            said.history_size_bytes = self._run.seen.size_bytes
            said.suggest_continue_as_new = self._run.seen.suggests_continue_as_new
        return task.started

    def extent(self) -> Extent:
        """How long the history is for the task that starts now; its events may be still to come."""
        return self._run.history.extent(to_come=1 if self.is_scheduled else 2)

    def completed(self, task: OpenTask) -> HistoryEvent:
        """A task has come to its end."""
        started = self._over(task)
        event = self._run.history.add_like(_COMPLETED)
        said = event.workflow_task_completed_event_attributes
        said.scheduled_event_id = started.workflow_task_started_event_attributes.scheduled_event_id
        said.started_event_id = started.event_id
        if task.flags:
            said.sdk_metadata.lang_used_flags.extend(sorted(task.flags))
        if not self._sdk_told:
            self._sdk_told = True
            said.sdk_metadata.core_used_flags.extend(CORE_FLAGS)
        return event

    def failed(
        self,
        task: OpenTask,
        cause: WorkflowTaskFailedCause.ValueType,
        failure: Failure | None = None,
    ) -> None:
        """A task has come to nothing."""
        self._end(task, "failed", cause=cause, failure=failure, identity=IDENTITY)

    def timed_out(self, task: OpenTask) -> None:
        """A task has taken too long."""
        self._end(task, "timed_out", timeout_type=TimeoutType.TIMEOUT_TYPE_START_TO_CLOSE)

    def _end(self, task: OpenTask, how: str, **attributes: Any) -> None:
        started = self._over(task)
        self._run.history.add(
            f"workflow_task_{how}",
            scheduled_event_id=started.workflow_task_started_event_attributes.scheduled_event_id,
            started_event_id=started.event_id,
            **attributes,
        )

    def _over(self, task: OpenTask) -> HistoryEvent:
        """The event that says that the task has started, now that its end is written down."""
        started = self.started(task)
        self._scheduled = None
        return started
