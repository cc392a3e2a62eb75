"""What an event history shows of the workflow's code: broken replays, failed tasks, evictions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from temporalio.api.enums.v1 import EventType, TaskQueueKind, WorkflowTaskFailedCause
from temporalio.api.history.v1 import HistoryEvent

_STARTED = EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED

NONDETERMINISM = WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR
BAD_ATTRIBUTES = WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_BAD_SEARCH_ATTRIBUTES
_TASK_FAILED = EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED

BROKEN_REPLAY = "[TMPRL1100]"
"""How the SDK marks the failure of a worker that cannot replay a history."""


def first_broken_replay(events: Iterable[HistoryEvent]) -> str:
    """Where and how a replay first did something else than the history says; empty if none did.

    Temporal fails the workflow task of a worker that cannot replay the history, and the worker
    gives the first difference as the reason.
    """
    for event in _failed_tasks(events):
        failed = event.workflow_task_failed_event_attributes
        if failed.cause == NONDETERMINISM:
            return f"event {event.event_id} says {failed.failure.message}"
    return ""


def last_task_failure(events: Iterable[HistoryEvent]) -> str:
    """Why a workflow task failed last, and what to do about it; empty if none did."""
    failed = [event.workflow_task_failed_event_attributes for event in _failed_tasks(events)]
    if not failed:
        return ""
    message = failed[-1].failure.message
    if failed[-1].cause == BAD_ATTRIBUTES:
        message += "; add what the workflow sets, with its type, to SagaUnderTest.search_attributes"
    return message


def unsticky_tasks(events: Iterable[HistoryEvent]) -> int:
    """How many workflow tasks any worker could take: no worker had the workflow in its cache."""
    return sum(
        event.workflow_task_scheduled_event_attributes.task_queue.kind
        != TaskQueueKind.TASK_QUEUE_KIND_STICKY
        for event in events
        if event.HasField("workflow_task_scheduled_event_attributes")
    )


def children_in(events: Iterable[HistoryEvent]) -> Iterator[str]:
    """The ids of the workflows that a workflow has started as its children."""
    for event in events:
        if event.event_type == _STARTED:
            started = event.child_workflow_execution_started_event_attributes
            yield started.workflow_execution.workflow_id


def _failed_tasks(events: Iterable[HistoryEvent]) -> Iterator[HistoryEvent]:
    return (event for event in events if event.event_type == _TASK_FAILED)
