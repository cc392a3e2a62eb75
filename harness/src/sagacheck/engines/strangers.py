"""Children, activities and task queues that a saga under test does not name, in event histories.

What a child calls is the order's only where it is known whose child it is. What waits on a task
queue that no worker polls, or for an activity that no worker has registered, never happens. None of
these is a fault of the saga.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TypeVar

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.exceptions import ApplicationError

from sagacheck.errors import UnplayableError
from sagacheck.saga import SagaUnderTest
from sagacheck.temporal import activity_definition, workflow_definition

_T = TypeVar("_T")
_CHILD = EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED
_ACTIVITY = EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED
_TASK_FAILED = EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED
_UNREGISTERED = re.compile(r"Activity function (\S+) is not registered on this worker")
"""How the task of a workflow fails that schedules a local activity which is not registered."""
_NUMBER = re.compile(r"~\d+")
"""What the server engine adds to the ids of workflows."""


def owner_in(
    orders: Mapping[str, _T], workflow_id: str, saga: SagaUnderTest, named: Mapping[str, _T]
) -> _T | None:
    """Whose workflow it is: that of an order, or a child of one; ``None`` for a stranger.

    Args:
        orders: What belongs to the orders' own workflows, by the ids of these.
        workflow_id: The workflow.
        saga: Says by ``order_of`` which order a workflow belongs to.
        named: The same, by the orders' ids.

    Raises:
        UnplayableError: ``order_of`` fails.
    """
    known = workflow_id
    while known not in orders and "/" in known:
        known = known.rpartition("/")[0]
    if known in orders:
        return orders[known]
    order = _order_of(workflow_id, saga)
    return None if order is None else named.get(order)


def stranger(workflow_id: str, saga: SagaUnderTest) -> ApplicationError:
    """The failure of an attempt whose order is not known; no retry would change that."""
    return ApplicationError(_no_owner(workflow_id, saga), type="NoOrder", non_retryable=True)


def strangers_in(
    events: Iterable[HistoryEvent],
    saga: SagaUnderTest,
    queues: Collection[str],
    is_known: Callable[[str], bool],
) -> str:
    """What is wrong with the first child or activity that nothing is known of; empty for none.

    Args:
        events: The history of the workflow that has started them.
        saga: The saga under test.
        queues: The task queues that its workers poll.
        is_known: Whether the workflow with an id belongs to an order.
    """
    for event in events:
        if event.event_type == _CHILD:
            child = event.start_child_workflow_execution_initiated_event_attributes
            name, queue = f"the child workflow {child.workflow_id}", child.task_queue.name
            if not is_known(child.workflow_id):
                return _no_owner(child.workflow_id, saga)
            kind = child.workflow_type.name
            if queue in queues and not {kind, None} & _workflows(saga):
                return (
                    f"{name} is a {kind}, which no worker of the saga knows; "
                    f"say `children=[{kind}]`"
                )
        elif event.event_type == _ACTIVITY:
            activity = event.activity_task_scheduled_event_attributes
            name, queue = f"the activity {activity.activity_type.name}", activity.task_queue.name
            if queue in queues and not {activity.activity_type.name, None} & _activities(saga):
                return _no_activity(activity.activity_type.name)
        elif event.event_type == _TASK_FAILED:
            failure = event.workflow_task_failed_event_attributes.failure
            if found := _UNREGISTERED.match(failure.message):
                return _no_activity(found[1])
            continue
        else:
            continue
        if queue not in queues:
            return (
                f"{name} waits on the task queue {queue!r}, which no worker of the saga polls; "
                f"say `task_queues=({queue!r},)`"
            )
    return ""


def _no_activity(name: str) -> str:
    return (
        f"the activity {name} is not registered on a worker of the saga; name its function in "
        "`activities=`"
    )


def _no_owner(workflow_id: str, saga: SagaUnderTest) -> str:
    what = f"the child workflow {workflow_id} belongs to no order of the scenario"
    if saga.order_of is None:
        return f"{what}; say by `order_of=` which order a workflow id belongs to"
    return f"{what}: `order_of=` says {_order_of(workflow_id, saga)!r}"


def _order_of(workflow_id: str, saga: SagaUnderTest) -> str | None:
    """The order that the saga under test says, if it says one."""
    if saga.order_of is None:
        return None
    asked = _NUMBER.sub("", workflow_id)
    try:
        return saga.order_of(asked)
    except Exception as error:
        why = f"{type(error).__name__}: {error}"
        msg = f"`order_of=` fails for the workflow id {asked!r}, say None for no order: {why}"
        raise UnplayableError(msg) from error


def _workflows(saga: SagaUnderTest) -> frozenset[str | None]:
    """The names of the workflows that its workers know; ``None`` for one that takes any name."""
    return frozenset(workflow_definition(each).name for each in (saga.workflow, *saga.children))


def _activities(saga: SagaUnderTest) -> frozenset[str | None]:
    """The names of the activities that its workers know; ``None`` for one that takes any name."""
    return frozenset(activity_definition(each).name for each in saga.activity_functions)
