"""Time for functions in threads: it stands still for work, and passes for heartbeats."""

from __future__ import annotations

import asyncio
import threading
import time
from datetime import timedelta
from time import sleep
from typing import Any

import pytest
from temporalio import activity, workflow
from temporalio.exceptions import ActivityError, CancelledError

from sagacheck.temporal import running_loop
from sagacheck.temporal.base.virtual_time import loop as loop_module
from tests.temporal.simulation import in_virtual_time, simulation, virtual_time

HOUR = timedelta(hours=1)
BEAT = timedelta(seconds=3)


@activity.defn
def beat(times: int) -> None:
    """Give some signs of life, and be done."""
    for _ in range(times):
        activity.heartbeat()


@activity.defn
def beat_for_ever() -> str:
    """Give signs of life until an exception ends that."""
    try:
        while True:
            activity.heartbeat()
    except CancelledError:
        return "cancelled"


@activity.defn
def sleep_and_beat(times: int) -> None:
    """Sleep for two seconds and a half, give a sign of life, and so on."""
    for _ in range(times):
        time.sleep(2)
        sleep(0.5)
        activity.heartbeat()


@activity.defn
def sleep_less_than_nothing(_: int) -> None:
    """Have it refused."""
    with pytest.raises(ValueError, match="non-negative"):
        time.sleep(-1)


@activity.defn
def poll_the_clock(seconds: int) -> None:
    """Look every second whether a moment has come."""
    until = time.time() + seconds
    while time.time() < until:
        time.sleep(1)
        activity.heartbeat()


@activity.defn
def poll_the_monotonic_clock(seconds: int) -> None:
    """The same with the other clock."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        time.sleep(1)
        activity.heartbeat()


@workflow.defn
class Works:
    """Lets a thread work; tells how long it took."""

    @workflow.run
    async def run(self, times: int, what: str = "beat") -> float:
        """Wait for it."""
        began = workflow.time()
        await workflow.execute_activity(
            what, times, start_to_close_timeout=HOUR, heartbeat_timeout=BEAT
        )
        return workflow.time() - began


@workflow.defn
class GivesUp:
    """Waits for threads that beat for ever, but not for ever."""

    @workflow.run
    async def run(self, threads: int, seconds: float) -> list[str]:
        """Cancel them after a while; what comes of them."""
        handles = [
            workflow.start_activity(
                beat_for_ever,
                start_to_close_timeout=HOUR,
                heartbeat_timeout=BEAT,
                cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
            )
            for _ in range(threads)
        ]
        await workflow.sleep(seconds)
        for each in handles:
            each.cancel()
        return [await each for each in handles]


@workflow.defn
class Leaves:
    """Ends while its activity still beats."""

    @workflow.run
    async def run(self) -> str:
        """Cancel it, and do not wait for what it says to that."""
        handle = workflow.start_activity(
            beat_for_ever, start_to_close_timeout=HOUR, heartbeat_timeout=BEAT
        )
        await workflow.sleep(7)
        handle.cancel()
        try:
            await handle
        except ActivityError:
            return "left"
        return "not left"


@virtual_time
@pytest.mark.parametrize(("times", "takes"), [(1, 0), (5, 0), (6, 1), (15, 10), (45, 53.6)])
async def test_a_few_heartbeats_take_no_time_and_more_do(times: int, takes: float) -> None:
    """As long as their timeout allows, and each time the same."""
    async with simulation(Works, activities=[beat]) as simulated:
        assert float(await simulated.run(Works.run, times)) == pytest.approx(takes, abs=0.01)


@virtual_time
@pytest.mark.parametrize("times", [1, 40])
async def test_a_sleep_takes_virtual_time_and_heartbeats_beside_it_none(times: int) -> None:
    """By either of its names; so no heartbeat comes later than it does in real time."""
    async with simulation(Works, activities=[sleep_and_beat]) as simulated:
        took = float(await simulated.run(Works.run, times, "sleep_and_beat"))
    assert took == pytest.approx(2.5 * times, abs=0.01)


@virtual_time
async def test_only_the_threads_of_activities_sleep_in_virtual_time() -> None:
    """Others do not while a worker has threads, and nothing is replaced when it is closed."""
    before = time.sleep
    async with simulation(Works, activities=[sleep_and_beat]) as simulated:
        await simulated.run(Works.run, 1, "sleep_and_beat")
        assert time.sleep is not before
        began = running_loop().time()
        await asyncio.to_thread(time.sleep, 0.001)
        assert running_loop().time() == began
    assert time.sleep is before
    assert sleep is before


@virtual_time
@pytest.mark.parametrize("activity_function", [poll_the_clock, poll_the_monotonic_clock])
async def test_what_sleeps_until_a_moment_ends_then(activity_function: Any) -> None:
    """Its clocks show the time that it has slept; those of all others are as they were."""
    before = time.time, time.monotonic
    name = activity_function.__name__
    async with simulation(Works, activities=[activity_function]) as simulated:
        took = float(await simulated.run(Works.run, 20, name))
    assert took == pytest.approx(20, abs=1)
    assert (time.time, time.monotonic) == before


@virtual_time
async def test_a_sleep_of_less_than_nothing_is_refused() -> None:
    """As it is in real time."""
    async with simulation(Works, activities=[sleep_less_than_nothing]) as simulated:
        await simulated.run(Works.run, 1, "sleep_less_than_nothing")


@virtual_time
@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("seconds", [0.5, 60.0, 1800.0])
async def test_threads_beat_until_they_are_cancelled(threads: int, seconds: float) -> None:
    """The timer that cancels them fires, and no heartbeat timeout before."""
    async with simulation(GivesUp, activities=[beat_for_ever]) as simulated:
        ends: list[str] = await simulated.run(GivesUp.run, threads, seconds)
        assert ends == ["cancelled"] * threads


def test_who_closes_the_service_need_not_wait_for_a_heartbeat() -> None:
    """A thread that still heartbeats is cancelled: its loop would not answer any more."""

    async def play() -> str:
        async with simulation(Leaves, activities=[beat_for_ever]) as simulated:
            return str(await simulated.run(Leaves.run))

    before = set(threading.enumerate())
    assert in_virtual_time(play) == "left"
    threads = set(threading.enumerate()) - before
    for thread in threads:
        thread.join(timeout=60)  # it has an exception to raise yet
    assert not any(thread.is_alive() for thread in threads)


@virtual_time
async def test_a_pause_does_not_wait_for_a_thread_that_waits_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is over in vain after a moment, and no time has passed."""
    monkeypatch.setattr(loop_module, "THREAD_PATIENCE_SECONDS", 0.01)
    loop = running_loop()
    goes_on = threading.Event()
    threads = [loop.run_in_executor(None, goes_on.wait) for _ in range(2)]
    pause = asyncio.ensure_future(loop.pause_thread(5))
    pause.add_done_callback(lambda _: goes_on.set())
    await asyncio.gather(*threads, pause)
    assert loop.time() == 0
