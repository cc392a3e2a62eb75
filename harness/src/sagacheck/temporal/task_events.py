"""What the history tells of workflow tasks."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from temporalio.api.enums.v1 import TimeoutType, WorkflowTaskFailedCause
from temporalio.api.failure.v1 import Failure
from temporalio.api.sdk.v1 import WorkflowTaskCompletedMetadata

from sagacheck.temporal.events import Event
from sagacheck.temporal.history import Extent
from sagacheck.temporal.open_task import OpenTask

if TYPE_CHECKING:
    from sagacheck.temporal.execution import Execution

IDENTITY = "simulated"
CORE_FLAGS = (1, 2, 3)


class TaskEvents:
    """Writes down the workflow tasks of one run.

    Args:
        run: The run.
    """

    def __init__(self, run: Execution) -> None:
        self._run = run
        self._scheduled: Event | None = None
        self._sdk_told = False

    @property
    def is_scheduled(self) -> bool:
        """Whether a task has been written down whose end has not."""
        return self._scheduled is not None

    def scheduled(self, attempt: int) -> Event:
        """A task is due; once is enough."""
        if self._scheduled is None:
            request = self._run.start.request
            self._scheduled = self._run.history.add(
                "workflow_task_scheduled",
                task_queue=request.task_queue,
                attempt=attempt,
                start_to_close_timeout=request.workflow_task_timeout,
            )
        return self._scheduled

    def started(self, task: OpenTask) -> Event:
        """A task has started; once is enough."""
        if task.started is None:
            scheduled = self.scheduled(task.attempt)
            task.started = self._run.history.add(
                "workflow_task_started",
                at=task.started_at,
                scheduled_event_id=scheduled.event_id,
                identity=IDENTITY,
                history_size_bytes=self._run.seen.size_bytes,
                suggest_continue_as_new=self._run.seen.suggests_continue_as_new,
            )
        return task.started

    def extent(self) -> Extent:
        """How long the history is for the task that starts now; its events may be still to come."""
        return self._run.history.extent(to_come=1 if self.is_scheduled else 2)

    def completed(self, task: OpenTask) -> Event:
        """A task has come to its end."""
        metadata = _metadata(tuple(sorted(task.flags)), () if self._sdk_told else CORE_FLAGS)
        self._sdk_told = True
        return self._end(task, "completed", identity=IDENTITY, sdk_metadata=metadata)

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

    def _end(self, task: OpenTask, how: str, **attributes: Any) -> Event:
        started = self.started(task)
        self._scheduled = None
        return self._run.history.add(
            f"workflow_task_{how}",
            scheduled_event_id=started.attributes["scheduled_event_id"],
            started_event_id=started.event_id,
            **attributes,
        )


@lru_cache(maxsize=100)
def _metadata(language: tuple[int, ...], core: tuple[int, ...]) -> WorkflowTaskCompletedMetadata:
    """Which flags of the SDK a task has used; to be copied, not to be changed."""
    return WorkflowTaskCompletedMetadata(lang_used_flags=language, core_used_flags=core)
