"""What clients can ask the simulated service for, beyond what the conformance cases ask."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import ClassVar

import pytest
from temporalio import activity, workflow
from temporalio.client import WorkflowExecutionStatus, WorkflowQueryFailedError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from tests.temporal.simulation import simulation, virtual_time


@workflow.defn
class Box:
    """Holds words until told to end."""

    def __init__(self) -> None:
        self._words: list[str] = []
        self._end = False

    @workflow.run
    async def run(self) -> list[str]:
        """Wait for the end."""
        await workflow.wait_condition(lambda: self._end)
        return self._words

    @workflow.update
    def put(self, word: str) -> int:
        """Take a word."""
        self._words.append(word)
        return len(self._words)

    @workflow.signal
    def end(self) -> None:
        """End."""
        self._end = True

    @workflow.query
    def words(self) -> list[str]:
        """The words so far."""
        return self._words


@workflow.defn
class Broken:
    """Breaks its workflow task."""

    @workflow.run
    async def run(self) -> None:
        """Break."""
        raise ValueError("broken")


@activity.defn
async def fails() -> None:
    """Fail."""
    raise ApplicationError("no luck")


@workflow.defn
class Tries:
    """Tries an activity for ever."""

    @workflow.run
    async def run(self) -> None:
        """Try."""
        await workflow.execute_activity(fails, start_to_close_timeout=timedelta(seconds=5))


@workflow.defn
class Asked:
    """Does not like to be asked."""

    @workflow.run
    async def run(self) -> None:
        """Wait."""
        await workflow.wait_condition(lambda: False)

    @workflow.query
    def ask(self) -> str:
        """Fail."""
        raise ApplicationError("do not ask")


@workflow.defn
class Slowly:
    """Breaks five times, and notes when."""

    times: ClassVar[list[float]] = []

    @workflow.run
    async def run(self) -> str:
        """Break, or not."""
        self.times.append(workflow.time())
        if len(self.times) < 6:
            raise ValueError("not yet")
        return "at last"


@virtual_time
async def test_an_update_waits_for_the_worker() -> None:
    """It is in the first workflow task, with what came before it."""
    async with simulation(Box, starts=False) as simulated:
        handle = await simulated.start(Box.run)
        update = asyncio.create_task(handle.execute_update(Box.put, "a"))
        await asyncio.sleep(5)
        simulated.worker.start()
        count = await update
        events = simulated.events("Box")

    assert count == 1
    assert events[-3:] == [
        "workflow_task_completed",
        "workflow_execution_update_accepted",
        "workflow_execution_update_completed",
    ]


@virtual_time
async def test_a_query_sees_what_came_before_it() -> None:
    """It waits for the workflow tasks that are due."""
    async with simulation(Box) as simulated:
        handle = await simulated.start(Box.run)
        await handle.execute_update(Box.put, "a")
        update = asyncio.create_task(handle.execute_update(Box.put, "b"))
        await asyncio.sleep(0)
        words = await handle.query(Box.words)
        await update
        assert words == ["a", "b"]


@virtual_time
async def test_a_query_of_broken_code_fails() -> None:
    """It waits for the code to be mended, and gives up when that has failed twice."""
    async with simulation(Broken) as simulated:
        handle = await simulated.start(Broken.run)
        with pytest.raises(RPCError) as refused:
            await handle.query("__stack_trace")

    assert refused.value.status == RPCStatusCode.FAILED_PRECONDITION


@virtual_time
async def test_a_call_can_time_out() -> None:
    """In virtual time, as everything else."""
    async with simulation(Box, starts=False) as simulated:
        handle = await simulated.start(Box.run)
        with pytest.raises(RPCError) as gave_up:
            await handle.query(Box.words, rpc_timeout=timedelta(seconds=7))
        assert asyncio.get_running_loop().time() == 7.0

    assert gave_up.value.status == RPCStatusCode.DEADLINE_EXCEEDED


@virtual_time
async def test_a_description_tells_what_is_under_way() -> None:
    """Status, times, and the attempts of activities with what they failed with."""
    async with simulation(Tries, activities=[fails]) as simulated:
        handle = await simulated.start(Tries.run, id="tries", memo={"for": "you"})
        await asyncio.sleep(4)
        running = await handle.describe()
        await handle.terminate("enough")
        memo, closed = await running.memo(), await handle.describe()
    [pending] = running.raw_description.pending_activities

    assert running.status is WorkflowExecutionStatus.RUNNING
    assert memo == {"for": "you"}
    assert (pending.attempt, pending.last_failure.message) == (4, "no luck")
    assert closed.status is WorkflowExecutionStatus.TERMINATED
    assert closed.close_time is not None
    assert closed.close_time - closed.start_time == timedelta(seconds=4)


@virtual_time
async def test_a_query_handler_that_fails() -> None:
    """Its error is the query's."""
    async with simulation(Asked) as simulated:
        handle = await simulated.start(Asked.run, id="asked")
        with pytest.raises(WorkflowQueryFailedError, match="do not ask"):
            await handle.query("ask")


@virtual_time
async def test_history_can_be_followed() -> None:
    """Each event comes when it happens."""
    async with simulation(Box) as simulated:
        handle = await simulated.start(Box.run)
        seen: list[str] = []
        async for event in handle.fetch_history_events(wait_new_event=True):
            seen.append(event.WhichOneof("attributes") or "")
            if len(seen) == 4:
                await handle.signal(Box.end)
        events = seen

    assert len(events) == 9
    assert events[-1] == "workflow_execution_completed_event_attributes"


@virtual_time
async def test_a_workflow_task_that_fails_is_tried_again_later_and_later() -> None:
    """At once, then after ten seconds, twenty, forty."""
    Slowly.times.clear()
    async with simulation(Slowly) as simulated:
        assert str(await simulated.run(Slowly.run)) == "at last"
    assert [round(each - Slowly.times[0]) for each in Slowly.times] == [0, 0, 10, 30, 70, 150]
