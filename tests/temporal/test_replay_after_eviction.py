"""Evicted workflows are rebuilt by a replay, which finds code that is not deterministic."""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from temporalio import activity, workflow
from temporalio.client import WorkflowHandle

from sagacheck.temporal import SimulatedWorker
from tests.temporal.simulation import QUEUE, Simulation, simulation, virtual_time

SHORT = timedelta(seconds=5)


@activity.defn
async def note(value: str) -> str:
    """Give back what came."""
    return value


async def _note(value: str) -> str:
    return await workflow.execute_activity(note, value, start_to_close_timeout=SHORT)


@workflow.defn
class Counts:
    """Counts its steps, and what its code was run for."""

    runs = 0

    @workflow.run
    async def run(self, steps: int) -> list[str]:
        """Take some steps."""
        type(self).runs += 1
        return [await _note(str(step)) for step in range(steps)]


@virtual_time
async def test_a_cached_workflow_runs_once() -> None:
    """Its code stays where it is between its tasks."""
    Counts.runs = 0
    async with simulation(Counts, activities=[note]) as simulated:
        await simulated.run(Counts.run, 3)

    assert Counts.runs == 1


@virtual_time
async def test_an_uncached_workflow_runs_anew_for_each_task() -> None:
    """Three steps are four tasks."""
    Counts.runs = 0
    async with simulation(Counts, activities=[note], cached=False) as simulated:
        assert list(await simulated.run(Counts.run, 3)) == ["0", "1", "2"]
    assert Counts.runs == 4


@virtual_time
@pytest.mark.parametrize("evicted_after", range(4))
async def test_it_can_be_evicted_after_any_task(evicted_after: int) -> None:
    """The rebuilt workflow goes on as if nothing had been."""
    Counts.runs = 0

    to_evict: list[tuple[SimulatedWorker, str]] = []

    @activity.defn(name="note")
    async def note_and_evict(value: str) -> str:
        if value == str(evicted_after):
            for worker, run_id in to_evict:
                worker.evict(run_id)
        return value

    async with simulation(Counts, activities=[note_and_evict]) as simulated:
        handle = await simulated.start(Counts.run, 3)
        to_evict.append((simulated.worker, handle.result_run_id or ""))
        assert list(await handle.result()) == ["0", "1", "2"]
    assert Counts.runs == (2 if evicted_after < 3 else 1)


class _Bad:
    """What code that is not deterministic does; a number a run."""

    runs = 0

    @classmethod
    def another(cls) -> int:
        cls.runs += 1
        return cls.runs


@workflow.defn
class Random:
    """Chooses its argument at random."""

    @workflow.run
    async def run(self) -> str:
        """Choose."""
        await _note(str(random.SystemRandom().random()))
        return await _note("end")


@workflow.defn
class Clock:
    """Looks at the world's clock to see how long to sleep."""

    @workflow.run
    async def run(self) -> str:
        """Sleep."""
        await asyncio.sleep(1 + time.time_ns() % 1_000_003)
        return await _note("end")


@workflow.defn
class Ids:
    """Makes ids of its own."""

    @workflow.run
    async def run(self) -> str:
        """Make one."""
        await _note(f"{uuid.uuid4()}")
        return await _note("end")


class _Thing:
    """Is hashed by where it is in memory, say, which is somewhere else each time."""

    addresses = count(6)

    def __init__(self, name: str) -> None:
        self.name = name
        self._address = next(self.addresses)

    def __hash__(self) -> int:
        return self._address


@workflow.defn
class Sets:
    """Goes through a set."""

    @workflow.run
    async def run(self) -> str:
        """Go through it."""
        for thing in {_Thing(name) for name in "abc"}:
            await _note(thing.name)
        return await _note("end")


@workflow.defn
class Other:
    """Does something else each time it is run."""

    @workflow.run
    async def run(self) -> str:
        """Do a step, or sleep."""
        if _Bad.another() % 2:
            await _note("step")
        else:
            await asyncio.sleep(1)
        return await _note("end")


@workflow.defn
class More:
    """Does more each time it is run."""

    @workflow.run
    async def run(self) -> str:
        """Do so many steps at once."""
        await asyncio.gather(*(_note("step") for _ in range(_Bad.another())))
        return await _note("end")


@workflow.defn
class Breaks:
    """Breaks when it is run again."""

    @workflow.run
    async def run(self) -> str:
        """Break, but not at first."""
        if _Bad.another() > 1:
            raise ValueError("broken since")
        await _note("step")
        return await _note("end")


@virtual_time
@pytest.mark.does_not_replay
@pytest.mark.parametrize(
    ("bad", "difference"),
    [
        (Random, "command 1 was schedule activity activity_id=1 activity_type=note with data"),
        (Clock, "command 1 was start timer seq=1 with seconds"),
        (Ids, "command 1 was schedule activity activity_id=1 activity_type=note with data"),
        (Sets, "command 1 was schedule activity activity_id=1 activity_type=note with data"),
        (Other, "command 1 was schedule activity activity_id=1 activity_type=note, now it is"),
        (More, "schedule activity activity_id=2 activity_type=note is new"),
        (Breaks, "the code failed: broken since"),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else "",
)
async def test_code_that_is_not_deterministic_is_found(bad: Any, difference: str) -> None:
    """The workflow task fails, and says what the first difference is."""
    failure = await _failure_of(bad)

    assert "[TMPRL1100]" in failure
    assert f"{bad.__name__}, activation 1: {difference}" in failure


async def _failure_of(bad: Any) -> str:
    _Bad.runs = 0
    _Thing.addresses = count(6)
    async with simulation(bad, activities=[note], cached=False) as simulated:
        await simulated.start(bad.run)
        return await _first_failure(simulated, bad.__name__)


async def _first_failure(simulated: Simulation, workflow_id: str) -> str:
    handle: WorkflowHandle[Any, Any] = simulated.client.get_workflow_handle(workflow_id)
    async for event in handle.fetch_history_events(wait_new_event=True):
        if event.HasField("workflow_task_failed_event_attributes"):
            return event.workflow_task_failed_event_attributes.failure.message
    return "no workflow task has failed"


@workflow.defn(name="Shop")
class ShopV1:
    """The first version: one step, then it waits."""

    def __init__(self) -> None:
        self._go = False

    @workflow.run
    async def run(self) -> str:
        """Take a step and wait."""
        await _note("one")
        await workflow.wait_condition(lambda: self._go)
        return await _note("two")

    @workflow.signal
    def go(self) -> None:
        """Go on."""
        self._go = True

    @workflow.query
    def version(self) -> str:
        """Which version runs."""
        return type(self).__name__


@workflow.defn(name="Shop")
class ShopOtherArgument(ShopV1):
    """Another version, compatible: only what it says in its step is another."""

    @workflow.run
    async def run(self) -> str:
        """Take the step with another argument."""
        await _note("one, said otherwise")
        await workflow.wait_condition(lambda: self._go)
        return await _note("two, said otherwise")


@workflow.defn(name="Shop")
class ShopSleeps(ShopV1):
    """Another version, not compatible: it sleeps first."""

    @workflow.run
    async def run(self) -> str:
        """Sleep before the step."""
        await asyncio.sleep(1)
        return await super().run()


async def _taken_over_by(version: type) -> tuple[str, Any]:
    async with simulation(ShopV1, activities=[note]) as simulated:
        handle = await simulated.start("Shop")
        await handle.query("version")
        simulated.worker.close()
        other = SimulatedWorker(
            workflows=[version],
            activities=[note],
            data_converter=simulated.client.data_converter,
        )
        simulated.temporal.register(QUEUE, other)
        other.start()
        await handle.signal("go")
        waiting = asyncio.create_task(handle.result())
        failing = asyncio.create_task(_first_failure(simulated, "Shop"))
        await asyncio.wait({waiting, failing}, return_when=asyncio.FIRST_COMPLETED)
        return (
            (await failing, None) if failing.done() and not waiting.done() else ("", await waiting)
        )


@virtual_time
async def test_a_compatible_version_takes_over() -> None:
    """Between versions only that is compared which the SDK's core compares, as when deployed."""
    failure, result = await _taken_over_by(ShopOtherArgument)

    assert (failure, result) == ("", "two, said otherwise")


@virtual_time
async def test_an_incompatible_version_is_found() -> None:
    """Runs of the old version do not go on with it."""
    failure, _ = await _taken_over_by(ShopSleeps)

    assert "command 1 was schedule activity" in failure
    assert "now it is start timer" in failure


@virtual_time
async def test_a_closed_workflow_answers_queries() -> None:
    """It is rebuilt for that, and forgotten again."""
    async with simulation(ShopV1, activities=[note]) as simulated:
        handle = await simulated.start("Shop")
        await handle.signal("go")
        await handle.result()
        assert str(await handle.query("version")) == "ShopV1"
