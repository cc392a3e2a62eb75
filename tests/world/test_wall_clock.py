from __future__ import annotations

import asyncio

import pytest
import uvloop

from sagacheck.world import WallClock


@pytest.mark.asyncio
async def test_a_wall_clock_follows_real_time_from_zero() -> None:
    """What is due runs by itself, not before its time."""
    clock, rang = WallClock(), asyncio.Event()
    assert 0 <= clock.now() < 5

    due = clock.now() + 0.01
    clock.call_at(due, rang.set)
    await rang.wait()

    assert clock.now() >= due


@pytest.mark.asyncio
async def test_a_wall_clock_that_is_moved_goes_on_from_there() -> None:
    """A sleeper wakes at the jump, what falls due on the way happens, and time goes on."""
    clock, order = WallClock(), list[str]()
    clock.call_at(3000, lambda: order.append("second"))
    clock.call_at(1000, lambda: order.append("first"))
    sleeper = asyncio.create_task(clock.sleep_until(2000))
    await asyncio.sleep(0)

    clock.run_all()
    await sleeper

    assert order == ["first", "second"]
    assert 3000 <= clock.now() < 3005


def test_a_timer_that_rings_early_is_not_lost() -> None:
    """What a loop that counts in whole milliseconds rings for happens all the same."""

    async def ring() -> None:
        clock = WallClock()
        for tenths in range(100):
            async with asyncio.timeout(60):
                await clock.sleep_until(clock.now() + tenths / 10_000)

    uvloop.run(ring())


@pytest.mark.asyncio
async def test_moving_a_wall_clock_back_does_nothing() -> None:
    """Time never goes back."""
    clock = WallClock()
    clock.advance_to(100)

    clock.advance_to(50)

    assert clock.now() >= 100
