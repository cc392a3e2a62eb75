"""Drivers with threads of their own, and functions in threads of a pool, in virtual time."""

from __future__ import annotations

import asyncio
import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from temporalio import activity, workflow

from sagacheck.temporal import VirtualTimeLoop, running_loop
from sagacheck.temporal.base.virtual_time import driver_threads
from sagacheck.temporal.base.virtual_time.driver_threads import DriverThreads
from tests.temporal.simulation import simulation, virtual_time

WORK_SECONDS = 0.02
"""Of real time: more than a turn of the loop takes."""


def answer_later(loop: asyncio.AbstractEventLoop, future: asyncio.Future[str]) -> None:
    """Work in a thread as a driver does, and answer."""
    time.sleep(WORK_SECONDS)
    loop.call_soon_threadsafe(future.set_result, "done")


async def ask_the_driver() -> str:
    """Ask a thread that the loop has not started."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[str] = loop.create_future()
    threading.Thread(target=answer_later, args=(loop, future)).start()
    return await future


def test_virtual_time_stands_still_while_a_driver_works() -> None:
    """Its answer comes before a time limit of an hour has passed."""

    async def ask() -> tuple[str, float]:
        async with asyncio.timeout(3600):
            return await ask_the_driver(), running_loop().elapsed

    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        assert runner.run(ask()) == ("done", 0.0)


def test_a_future_that_no_thread_ends_does_not_stop_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a while the loop goes on, though threads are alive."""
    monkeypatch.setattr(driver_threads, "PATIENCE_SECONDS", WORK_SECONDS)
    over = threading.Event()

    monkeypatch.setattr(driver_threads, "_no_drivers", set())
    thread = threading.Thread(target=over.wait)
    try:
        with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
            runner.get_loop()
            thread.start()
            assert runner.run(_wait_for_a_timer()) == 60
    finally:
        over.set()
        thread.join()


@activity.defn
async def sleep_in_a_pool(seconds: int) -> list[float]:
    """Block in a thread of the default executor, and look at the thread's clock."""

    def block() -> float:
        before = time.monotonic()
        time.sleep(seconds)
        return time.monotonic() - before

    return [await asyncio.to_thread(block), running_loop().elapsed]


@workflow.defn
class Sleeper:
    """Runs an activity that sleeps in a thread."""

    @workflow.run
    async def run(self, seconds: int) -> Any:
        """Run it."""
        return await workflow.execute_activity(
            sleep_in_a_pool, seconds, start_to_close_timeout=timedelta(hours=2)
        )


@virtual_time
async def test_a_sleep_in_to_thread_passes_in_virtual_time() -> None:
    """An hour passes, for the thread and for all others."""
    async with simulation(Sleeper, activities=[sleep_in_a_pool]) as simulated:
        result = await simulated.run(Sleeper.run, 3600)

    assert result == pytest.approx([3600, 3600], abs=5)


async def _wait_for_a_timer() -> float:
    """Wait for a future that virtual time ends, and that a driver might have made."""
    loop = running_loop()
    future: asyncio.Future[None] = loop.create_future()
    loop.call_later(60, future.set_result, None)
    await future
    return loop.elapsed


def test_threads_that_are_older_than_the_loop_are_no_drivers() -> None:
    """A server in this process, or the watcher of deadlocks, holds up no time: not once."""
    over = threading.Event()
    thread = threading.Thread(target=over.wait)
    thread.start()
    try:
        with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
            runner.get_loop()
            assert not DriverThreads().has_threads
            assert runner.run(_wait_for_a_timer()) == 60
    finally:
        over.set()
        thread.join()


def test_a_module_is_waited_for_in_vain_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Afterwards its futures are known to be no driver's."""
    monkeypatch.setattr(driver_threads, "PATIENCE_SECONDS", 0.0)
    monkeypatch.setattr(driver_threads, "_no_drivers", set())
    drivers = DriverThreads()
    loop = VirtualTimeLoop()
    futures = [asyncio.Future[None](loop=loop) for _ in range(2)]
    over = threading.Event()
    thread = threading.Thread(target=over.wait)
    thread.start()
    try:
        drivers.note(futures[0], "team.queues")
        assert not drivers.is_awaited
        monkeypatch.setattr(driver_threads, "PATIENCE_SECONDS", 3600.0)
        drivers.note(futures[1], "team.queues")
        assert not drivers.is_awaited
        drivers.note(futures[1], "team.database")
        assert drivers.is_awaited
    finally:
        over.set()
        thread.join()
        loop.close()
