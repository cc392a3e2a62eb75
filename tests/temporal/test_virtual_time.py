"""The event loop whose time jumps."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from temporalio import activity, workflow
from temporalio.exceptions import ApplicationError

from sagacheck.temporal import DeadlockError, VirtualTimeLoop
from tests.temporal.simulation import simulation, virtual_time

DAY = 24 * 3600.0


@virtual_time
async def test_a_day_costs_nothing() -> None:
    """The loop's time passes exactly, the world's hardly at all."""
    began = time.monotonic()

    await asyncio.sleep(DAY)
    assert asyncio.get_running_loop().time() == DAY
    assert time.monotonic() - began < 60


@virtual_time
@pytest.mark.parametrize("years", [0.1, 0.9, 30, 900])
async def test_time_passes_for_years(years: float) -> None:
    """However late it is, a timer is due at its time, and not for ever about to be."""
    await asyncio.sleep(years * 365 * DAY)
    began = asyncio.get_running_loop().time()
    for _ in range(10):
        await asyncio.sleep(0.1)

    assert asyncio.get_running_loop().time() - began == pytest.approx(1, abs=1e-4)


@activity.defn
async def fail_once() -> int:
    """Fail at first, so that a retry has to come due."""
    if activity.info().attempt == 1:
        raise ApplicationError("not yet")
    return activity.info().attempt


@workflow.defn
class WaitsForYears:
    """Lives longer than the resolution of a small float."""

    @workflow.run
    async def run(self, years: float) -> float:
        """Wait, then do what has to be done within seconds."""
        await workflow.sleep(timedelta(days=365 * years))
        began = workflow.time()
        for _ in range(10):
            await workflow.sleep(0.1)
        attempt = await workflow.execute_activity(
            fail_once, start_to_close_timeout=timedelta(seconds=1)
        )
        return workflow.time() - began + attempt


@virtual_time
@pytest.mark.parametrize("years", [1.5, 30])
async def test_workflows_live_for_years(years: float) -> None:
    """Timers, timeouts and backoffs of the service are on time too; and its history replays."""
    async with simulation(WaitsForYears, activities=[fail_once]) as simulated:
        took = await simulated.run(WaitsForYears.run, years)

    assert took == pytest.approx(1 + 1 + 2, abs=1e-4)


@virtual_time
async def test_timers_fire_in_order() -> None:
    """Whatever the order in which they were set."""
    fired: list[int] = []

    async def fire(after: int) -> None:
        await asyncio.sleep(after)
        fired.append(after)

    await asyncio.gather(*(fire(each) for each in (30, 10, 20)))

    assert fired == [10, 20, 30]


@virtual_time
async def test_work_that_is_ready_comes_before_time() -> None:
    """Time does not pass while anything can be done."""
    for _ in range(100):
        await asyncio.sleep(0)
    assert asyncio.get_running_loop().time() == 0


@virtual_time
@pytest.mark.parametrize("debug", [False, True], ids=["plain", "debugging"])
async def test_who_is_busy_sees_a_timer_that_is_due(debug: bool) -> None:
    """It comes in the midst of other work."""
    loop = asyncio.get_running_loop()
    loop.set_debug(debug)
    seen: list[str] = []
    loop.call_later(0, seen.append, "timer")
    loop.call_later(0, seen.append, "cancelled").cancel()
    for _ in range(9):
        await asyncio.sleep(0)
    assert seen == ["timer"]


@virtual_time
async def test_who_is_busy_sees_a_file_that_can_be_read() -> None:
    """It is looked at in the midst of other work."""
    loop = asyncio.get_running_loop()
    seen: list[bytes] = []
    reader, writer = socket.socketpair()
    with reader, writer:
        writer.send(b"!")
        loop.add_reader(reader, lambda: seen.append(reader.recv(1)))
        for _ in range(9):
            await asyncio.sleep(0)
        loop.remove_reader(reader)
    assert seen == [b"!"]


@virtual_time
async def test_a_call_that_is_taken_back_is_not_made() -> None:
    """Not even where it was the next to be made."""
    loop = asyncio.get_running_loop()
    seen: list[Any] = []
    loop.set_exception_handler(lambda _, context: seen.append(context))
    second = loop.call_soon(seen.append, "second")
    loop.call_soon(seen.append, "third")
    second.cancel()
    await asyncio.sleep(0)
    assert seen == ["third"]


@virtual_time
async def test_time_stands_still_for_threads() -> None:
    """A thread takes real time, of which the loop's does not know."""
    loop = asyncio.get_running_loop()
    timer = asyncio.create_task(asyncio.sleep(DAY))
    waiting = threading.Event()
    work = loop.run_in_executor(None, waiting.wait)
    loop.call_soon(waiting.set)
    await work
    at = loop.time()
    timer.cancel()
    assert at == 0


def test_waiting_for_nothing_is_an_error() -> None:
    """Where no timer is set and nothing is ready, waiting would be for ever."""

    async def play() -> None:
        await asyncio.Event().wait()

    loop = VirtualTimeLoop()
    with pytest.raises(DeadlockError):
        loop.run_until_complete(play())
    loop.run_until_complete(_cancelled(loop))
    loop.close()


async def _cancelled(loop: VirtualTimeLoop) -> None:
    left = asyncio.all_tasks(loop) - {asyncio.current_task(loop)}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)


def test_a_loop_that_starts_again_knows_nothing_of_before() -> None:
    """No task, no timer and no time of one run is there in the next."""
    loop = VirtualTimeLoop()
    rung: list[str] = []
    ended: list[str] = []

    async def hang() -> None:
        try:
            await asyncio.sleep(DAY)
        finally:
            ended.append("cancelled")

    async def first() -> None:
        loop.call_later(5, rung.append, "a timer of the first run")
        loop.hanging = loop.create_task(hang())  # type: ignore[attr-defined]
        await asyncio.sleep(1)

    async def second() -> float:
        began = loop.time()
        await asyncio.sleep(10)
        return began

    loop.run_until_complete(first())
    loop.restart()

    assert ended == ["cancelled"]
    assert loop.run_until_complete(second()) == 0.0
    assert rung == []
    loop.close()
