"""What the simulation lacks is an error that names it, never a silent difference."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from temporalio import activity, workflow
from temporalio.api.common.v1 import Payload, SearchAttributes
from temporalio.client import (
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleSpec,
)
from temporalio.common import Priority, SearchAttributeKey
from temporalio.exceptions import ApplicationError

from sagacheck.temporal import UnsupportedError
from sagacheck.temporal.server.search_attributes import KnownAttributes
from tests.temporal.simulation import QUEUE, Simulation, simulation, virtual_time

SHORT = timedelta(seconds=5)
LARGE = 2 * 1024 * 1024
Ask = Callable[[Simulation], Awaitable[Any]]


@activity.defn
async def nothing() -> None:
    """Do nothing."""


@activity.defn
async def complete_elsewhere() -> None:
    """Leave the completion to another client."""
    activity.raise_complete_async()


@activity.defn
async def fail_at_length() -> None:
    """Fail with more than a server keeps."""
    raise ApplicationError("too long", "x" * LARGE)


@activity.defn
async def list_workflows() -> None:
    """Want a list of workflows, and be content without."""
    with suppress(Exception):
        async for _ in activity.client().list_workflows():
            pass


@workflow.defn
class Wants:
    """Wants one of the things that the simulation lacks."""

    @workflow.run
    async def run(self, what: str) -> None:
        """Want it."""
        await getattr(self, f"_{what}")()

    async def _left_open(self) -> None:
        await workflow.execute_local_activity(complete_elsewhere, start_to_close_timeout=SHORT)

    async def _list(self) -> None:
        await workflow.execute_activity(list_workflows, start_to_close_timeout=SHORT)

    async def _large_failure(self) -> None:
        await workflow.execute_activity(fail_at_length, start_to_close_timeout=SHORT)

    async def _large_failure_of_its_own(self) -> None:
        raise ApplicationError("too long", "x" * LARGE)

    async def _priority(self) -> None:
        await workflow.execute_activity(
            nothing, start_to_close_timeout=SHORT, priority=Priority(priority_key=1)
        )

    async def _cron_child(self) -> None:
        await workflow.execute_child_workflow("Wants", "nothing", cron_schedule="* * * * *")

    async def _long_attribute(self) -> None:
        key = SearchAttributeKey.for_keyword("BatcherUser")
        workflow.upsert_search_attributes([key.value_set("x" * 2048)])

    async def _waits(self) -> None:
        await workflow.sleep(SHORT)

    @workflow.query
    def a_lot(self) -> str:
        """Return more than any limit allows."""
        return "x" * LARGE

    async def _patch_attribute(self) -> None:
        key = SearchAttributeKey.for_keyword_list("TemporalChangeVersion")
        workflow.upsert_search_attributes([key.value_set(["mine"])])


@virtual_time
@pytest.mark.parametrize(
    ("what", "named"),
    [
        ("left_open", "asynchronous completion of a local activity"),
        ("list", "list_workflow_executions"),
        ("large_failure", "a failure of more than 2 MiB"),
        ("large_failure_of_its_own", "more than 2 MiB in fail workflow execution"),
        ("priority", "priority of ScheduleActivity"),
        ("cron_child", "cron_schedule of StartChildWorkflowExecution"),
        ("long_attribute", "a search attribute with a value of more than 2,048 bytes"),
        ("patch_attribute", "setting TemporalChangeVersion"),
    ],
)
async def test_a_workflow_wants_what_there_is_not(what: str, named: str) -> None:
    """A client that waits for the workflow gets the error, and so does a later one."""
    activities = [nothing, complete_elsewhere, list_workflows, fail_at_length]
    async with simulation(Wants, activities=activities) as simulated:
        handle = await simulated.start(Wants.run, what)
        with pytest.raises(UnsupportedError, match=named):
            await handle.result()
        with pytest.raises(UnsupportedError, match=named):
            await handle.describe()
        with pytest.raises(UnsupportedError, match=named):
            await handle.query("__stack_trace")


async def _list(simulated: Simulation) -> None:
    async for _ in simulated.client.list_workflows():
        pass


async def _large_answer(simulated: Simulation) -> None:
    handle = await simulated.start(Wants.run, "waits")
    await handle.query(Wants.a_lot)


async def _schedule(simulated: Simulation) -> None:
    action = ScheduleActionStartWorkflow("Wants", "x", id="x", task_queue=QUEUE)
    await simulated.client.create_schedule("s", Schedule(action=action, spec=ScheduleSpec()))


ASKED: dict[str, tuple[Ask, str]] = {
    "a list of workflows": (_list, "list_workflow_executions"),
    "a count of workflows": (
        lambda simulated: simulated.client.count_workflows(),
        "count_workflow_executions",
    ),
    "a schedule": (_schedule, "create_schedule"),
    "a cron schedule": (
        lambda simulated: simulated.start(Wants.run, "x", cron_schedule="* * * * *"),
        "cron_schedule of StartWorkflowExecutionRequest",
    ),
    "a delayed start": (
        lambda simulated: simulated.start(Wants.run, "x", start_delay=SHORT),
        "workflow_start_delay of StartWorkflowExecutionRequest",
    ),
    "an eager start": (
        lambda simulated: simulated.start(Wants.run, "x", request_eager_start=True),
        "request_eager_execution of StartWorkflowExecutionRequest",
    ),
    "a large argument": (
        lambda simulated: simulated.start(Wants.run, "x" * LARGE),
        "a request of more than 2 MiB: start_workflow_execution",
    ),
    "a large answer": (_large_answer, "an answer of more than 2 MiB to a query"),
    "a priority": (
        lambda simulated: simulated.start(Wants.run, "x", priority=Priority(priority_key=2)),
        "priority of StartWorkflowExecutionRequest",
    ),
}


@virtual_time
@pytest.mark.parametrize(("ask", "named"), ASKED.values(), ids=list(ASKED))
async def test_a_client_wants_what_there_is_not(ask: Ask, named: str) -> None:
    """The call says what it is."""
    async with simulation(Wants, activities=[nothing]) as simulated:
        with pytest.raises(UnsupportedError, match=named):
            await ask(simulated)


@pytest.mark.parametrize(("values", "data"), [(101, b'"x"'), (30, b'"' + b"x" * 1500 + b'"')])
def test_search_attributes_have_limits(values: int, data: bytes) -> None:
    """More of them than a server takes at once are not guessed at."""
    names = [f"Own{number}" for number in range(values)]
    known = KnownAttributes(SearchAttributeKey.for_keyword(name) for name in names)
    given = SearchAttributes(indexed_fields={name: Payload(data=data) for name in names})

    with pytest.raises(UnsupportedError, match="more than 100 values, or 40,960 bytes"):
        known.check(given)
