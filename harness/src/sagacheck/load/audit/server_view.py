"""The orders of a run as the Temporal server knows them. On the asyncio side of the bridge."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from temporalio.client import WorkflowExecutionStatus

from sagacheck.checks import Ending
from sagacheck.engines import WorkflowView
from sagacheck.load.users.order_client import OrderClient

PAGE = 1000
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
        may_end: Whether it may still end by itself, after more time than a run has: a timer is
            due, somebody sends a message, or a worker comes.
    """

    what: str
    for_ever: bool = False
    may_end: bool = False


@dataclass(frozen=True, slots=True)
class RunningAttempt:
    """An attempt at an activity that has started and not ended."""

    workflow: WorkflowView
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

    async def open_orders(self) -> list[str]:
        """The orders that have not ended."""
        return list(self.by_order(await self.workflows('ExecutionStatus = "Running"')))

    async def counts(self) -> Counter[str]:
        """How many of the run's workflows have which status, as the server counts them."""
        query = f"{self._query} GROUP BY ExecutionStatus"
        found = await self._client.client.count_workflows(query)
        return Counter({_word(group.group_values[0]): group.count for group in found.groups})

    async def exists(self, order_id: str) -> bool:
        """Whether the server has the order's workflow."""
        return await self._client.view(order_id).exists()

    async def endings(self, order_ids: Iterable[str]) -> Mapping[str, Ending]:
        """How these orders ended; it waits for those that have not."""
        return {order_id: await self._client.wait(order_id) for order_id in order_ids}

    async def waits_for(self, order_id: str) -> Waiting:
        """What an order waits for."""
        view = self._client.view(order_id)
        state = await view.state()
        if state.has_ended:
            return Waiting("nothing, it has just ended")
        if state.task_attempt >= FAILING_ATTEMPTS:
            why = await view.task_failure()
            return Waiting(f"its workflow task, which keeps failing: {why}", for_ever=bool(why))
        if state.has_pending_task and not state.pending_activities:
            return Waiting("a worker that polls for its workflow task", may_end=True)
        return Waiting(state.waits_for, may_end=not state.has_failing_activity)

    async def history(self, order_id: str) -> str:
        """The order's event history as Temporal's JSON."""
        return (await self._client.view(order_id).history()).to_json()

    async def attempts_started_before(self, moment: datetime) -> list[RunningAttempt]:
        """The attempts that started before `moment` and have not ended."""
        query = f'ExecutionStatus = "Running" AND StartTime < "{moment.isoformat()}"'
        found: list[RunningAttempt] = []
        for workflow_id in await self.workflows(query):
            view = WorkflowView(self._client.client, workflow_id)
            activities = (await view.state()).attempts_started_before(moment)
            found += [RunningAttempt(view, activity_id) for activity_id in activities]
        return found

    async def limit_attempts(
        self, attempts: Iterable[RunningAttempt], limit: timedelta | None
    ) -> None:
        """Set the start-to-close timeout of attempts; ``None`` restores what it was."""
        for attempt in attempts:
            await attempt.workflow.limit_attempt(attempt.activity_id, limit)


def _name(status: WorkflowExecutionStatus | None) -> str:
    return status.name if status else "UNKNOWN"


def _word(status: object) -> str:
    """Temporal writes ``TimedOut`` when it counts, and TIMED_OUT elsewhere."""
    text = str(status)
    return "".join(f"_{c}" if c.isupper() and i else c for i, c in enumerate(text)).upper()


def _seconds(moment: datetime | None) -> float | None:
    return moment.timestamp() if moment else None
