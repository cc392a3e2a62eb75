"""The orders of a run as the Temporal server knows them. On the asyncio side of the bridge."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from google.protobuf.field_mask_pb2 import FieldMask
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType, PendingActivityState
from temporalio.api.failure.v1 import Failure
from temporalio.api.workflowservice.v1 import UpdateActivityOptionsRequest
from temporalio.client import WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from sagacheck.checks import Ending
from sagacheck.load.users.order_client import OrderClient

PAGE = 1000
SCHEDULED = PendingActivityState.PENDING_ACTIVITY_STATE_SCHEDULED
FAILING_ATTEMPTS = 4
"""A workflow task that has failed so often fails for ever: its code must be mended."""


@dataclass(frozen=True, slots=True)
class ListedWorkflow:
    """A workflow as the server's list shows it.

    Attributes:
        status: Temporal's word, such as ``COMPLETED``.
        closed_at: When it ended, in seconds of Unix time; ``None`` while it runs.
        runs: The status of each of its runs; that of a good saga has one.
    """

    status: str
    closed_at: float | None
    runs: tuple[str, ...]

    @property
    def is_open(self) -> bool:
        """Whether it is still running."""
        return self.closed_at is None

    def after(self, other: ListedWorkflow | None) -> ListedWorkflow:
        """Merges two runs; the later close wins."""
        if other is None:
            return self
        last = max(self, other, key=lambda each: each.closed_at or math.inf)
        return replace(last, runs=(*other.runs, *self.runs))


@dataclass(frozen=True, slots=True)
class Waiting:
    """What an order that has not ended waits for.

    Attributes:
        what: In words.
        for_ever: Whether nothing but a change of its code will end it.
    """

    what: str
    for_ever: bool = False


@dataclass(frozen=True, slots=True)
class RunningAttempt:
    """An attempt at an activity that has started and not ended."""

    workflow_id: str
    activity_id: str


class ServerView:
    """Asks the server about the orders of one run.

    Args:
        client: The connection, and the saga.
        run: The run's name, with which the ids of its orders begin.
    """

    def __init__(self, client: OrderClient, run: str) -> None:
        self._client = client
        before, _, _ = client.saga.workflow_id.partition("{order_id}")
        self._query = f'WorkflowId STARTS_WITH "{before}{run}-"'

    def order_of(self, workflow_id: str) -> str:
        """The order that a workflow belongs to."""
        return self._client.order_of(workflow_id)

    def by_order(self, workflows: Mapping[str, ListedWorkflow]) -> dict[str, ListedWorkflow]:
        """Workflows by the ids of their orders, without the children of orders' workflows."""
        return {self.order_of(name): each for name, each in workflows.items() if "/" not in name}

    async def workflows(self, only: str = "") -> dict[str, ListedWorkflow]:
        """The run's workflows on the server's list, by their ids.

        Args:
            only: A condition in the server's query language; by default all are listed.
        """
        query = f"{self._query} AND {only}" if only else self._query
        found: dict[str, ListedWorkflow] = {}
        async for each in self._client.client.list_workflows(query, page_size=PAGE):
            status = _name(each.status)
            run = ListedWorkflow(status, _seconds(each.close_time), (status,))
            found[each.id] = run.after(found.get(each.id))
        return found

    async def counts(self) -> Counter[str]:
        """How many of the run's workflows have which status, as the server counts them."""
        query = f"{self._query} GROUP BY ExecutionStatus"
        found = await self._client.client.count_workflows(query)
        return Counter({_word(group.group_values[0]): group.count for group in found.groups})

    async def exists(self, order_id: str) -> bool:
        """Whether the server has the order's workflow."""
        try:
            await self._client.handle(order_id).describe()
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return False
        return True

    async def endings(self, order_ids: Iterable[str]) -> Mapping[str, Ending]:
        """How these orders ended; it waits for those that have not."""
        return {order_id: await self._client.wait(order_id) for order_id in order_ids}

    async def waits_for(self, order_id: str) -> Waiting:
        """What an order waits for."""
        description = await self._client.handle(order_id).describe()
        if description.close_time is not None:
            return Waiting("nothing, it has just ended")
        raw = description.raw_description
        if raw.pending_workflow_task.attempt >= FAILING_ATTEMPTS:
            why = await self._task_failure(order_id)
            return Waiting(f"its workflow task, which keeps failing: {why}", for_ever=bool(why))
        pending = [
            f"{each.activity_type.name}, attempt {each.attempt}"
            + (f", {why}" if (why := _message(each.last_failure)) else "")
            for each in raw.pending_activities
        ]
        if pending:
            return Waiting("; ".join(pending))
        if raw.HasField("pending_workflow_task"):
            return Waiting("a worker that polls for its workflow task")
        return Waiting("a timer or a message")

    async def history(self, order_id: str) -> str:
        """The order's event history as Temporal's JSON."""
        return (await self._client.handle(order_id).fetch_history()).to_json()

    async def attempts_started_before(self, moment: datetime) -> list[RunningAttempt]:
        """The attempts that started before `moment` and have not ended."""
        query = f'ExecutionStatus = "Running" AND StartTime < "{moment.isoformat()}"'
        found = []
        for workflow_id in await self.workflows(query):
            handle = self._client.client.get_workflow_handle(workflow_id)
            pending = (await handle.describe()).raw_description.pending_activities
            found += [
                RunningAttempt(workflow_id, each.activity_id)
                for each in pending
                if each.state != SCHEDULED and each.last_started_time.ToDatetime(UTC) < moment
            ]
        return found

    async def limit_attempts(
        self, attempts: Iterable[RunningAttempt], limit: timedelta | None
    ) -> None:
        """Set the start-to-close timeout of attempts; ``None`` restores what it was."""
        for attempt in attempts:
            request = UpdateActivityOptionsRequest(
                namespace=self._client.client.namespace,
                execution=WorkflowExecution(workflow_id=attempt.workflow_id),
                id=attempt.activity_id,
            )
            if limit is None:
                request.restore_original = True
            else:
                request.activity_options.start_to_close_timeout.FromTimedelta(limit)
                request.update_mask.CopyFrom(FieldMask(paths=["start_to_close_timeout"]))
            with suppress(RPCError):  # the attempt has ended meanwhile
                await self._client.client.workflow_service.update_activity_options(request)

    async def _task_failure(self, order_id: str) -> str:
        message = ""
        async for event in self._client.handle(order_id).fetch_history_events():
            if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED:
                message = event.workflow_task_failed_event_attributes.failure.message
        return message


def _message(failure: Failure) -> str:
    """The message of a failure. A server wraps one of more than 4 KiB into one of its own."""
    while failure.HasField("server_failure_info") and failure.HasField("cause"):
        failure = failure.cause
    return failure.message


def _name(status: WorkflowExecutionStatus | None) -> str:
    return status.name if status else "UNKNOWN"


def _word(status: object) -> str:
    """Temporal writes ``TimedOut`` when it counts, and TIMED_OUT elsewhere."""
    text = str(status)
    return "".join(f"_{c}" if c.isupper() and i else c for i, c in enumerate(text)).upper()


def _seconds(moment: datetime | None) -> float | None:
    return moment.timestamp() if moment else None
