"""The events of workflow tasks."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from temporalio.api.enums.v1 import TimeoutType, WorkflowTaskFailedCause
from temporalio.api.failure.v1 import Failure
from temporalio.api.sdk.v1 import WorkflowTaskCompletedMetadata
from temporalio.api.workflowservice.v1 import StartWorkflowExecutionRequest

from sagacheck.temporal.base.durations import seconds
from sagacheck.temporal.base.events import Event
from sagacheck.temporal.base.history import History, HistorySize
from sagacheck.temporal.server.ports import IDENTITY
from sagacheck.temporal.server.tasks.open_task import OpenTask

CORE_FLAGS = (1, 2, 3)


class TaskEvents:
    """Writes the events of the workflow tasks of one run.

    Attributes:
        seen: How long the history was for the last task that started.

    Args:
        history: The history of the run.
        request: The request that started the run.
    """

    def __init__(self, history: History, request: StartWorkflowExecutionRequest) -> None:
        self.seen = HistorySize()
        self._history = history
        self._request = request
        self._scheduled: Event | None = None
        self._has_core_flags = False

    @property
    def timeout(self) -> float:
        """The timeout of a workflow task in seconds."""
        return seconds(self._request.workflow_task_timeout)

    @property
    def is_scheduled(self) -> bool:
        """Whether the history has a scheduled task without an end."""
        return self._scheduled is not None

    def scheduled(self, attempt: int) -> Event:
        """A task is scheduled; a second call writes nothing."""
        if self._scheduled is None:
            self._scheduled = self._history.add(
                "workflow_task_scheduled",
                task_queue=self._request.task_queue,
                attempt=attempt,
                start_to_close_timeout=self._request.workflow_task_timeout,
            )
        return self._scheduled

    def see(self) -> HistorySize:
        """Note how long the history is for the task that starts now.

        The events of the task's scheduling and start count, even if they are still to come.
        """
        self.seen = self._history.size(to_come=1 if self.is_scheduled else 2)
        return self.seen

    def started(self, task: OpenTask) -> Event:
        """A task has started; a second call writes nothing."""
        if task.started is None:
            scheduled = self.scheduled(task.attempt)
            task.started = self._history.add(
                "workflow_task_started",
                at=task.started_at,
                scheduled_event_id=scheduled.event_id,
                identity=IDENTITY,
                history_size_bytes=self.seen.size_bytes,
                suggest_continue_as_new=self.seen.suggests_continue_as_new,
            )
        return task.started

    def completed(self, task: OpenTask) -> Event:
        """A task is complete."""
        core_flags = () if self._has_core_flags else CORE_FLAGS
        self._has_core_flags = True
        metadata = _metadata(tuple(sorted(task.flags)), core_flags)
        return self._end(task, "completed", identity=IDENTITY, sdk_metadata=metadata)

    def failed(
        self,
        task: OpenTask,
        cause: WorkflowTaskFailedCause.ValueType,
        failure: Failure | None = None,
    ) -> None:
        """A task has failed."""
        self._end(task, "failed", cause=cause, failure=failure, identity=IDENTITY)

    def timed_out(self, task: OpenTask) -> None:
        """A task has timed out."""
        self._end(task, "timed_out", timeout_type=TimeoutType.TIMEOUT_TYPE_START_TO_CLOSE)

    def _end(self, task: OpenTask, how: str, **attributes: Any) -> Event:
        started = self.started(task)
        self._scheduled = None
        return self._history.add(
            f"workflow_task_{how}",
            scheduled_event_id=started.attributes["scheduled_event_id"],
            started_event_id=started.event_id,
            **attributes,
        )


@lru_cache(maxsize=100)
def _metadata(language: tuple[int, ...], core: tuple[int, ...]) -> WorkflowTaskCompletedMetadata:
    """The flags of the SDK and of Core that a task used first; to be copied, not changed."""
    return WorkflowTaskCompletedMetadata(lang_used_flags=language, core_used_flags=core)
