from __future__ import annotations

import asyncio

import pytest

from fakes import order_network
from sagacheck.network import Fault, FaultRule
from sagacheck.world import LoopClock, ManualClock
from tests.order_calls import ask, states


def test_a_manual_clock_runs_what_falls_due_in_order() -> None:
    """Callbacks run by time, those of one moment in the order of their making, at their time."""
    clock, ran = ManualClock(), list[tuple[str, float]]()
    for name, when in (("late", 3.0), ("first", 1.0), ("second", 1.0), ("never", 9.0)):
        clock.call_at(when, lambda name=name: ran.append((name, clock.now())))  # type: ignore[misc]

    clock.advance_to(5.0)

    assert ran == [("first", 1.0), ("second", 1.0), ("late", 3.0)]
    assert (clock.now(), clock.next_due) == (5.0, 9.0)


def test_a_manual_clock_never_goes_back() -> None:
    """Moving to the past does nothing, and what is due in the past runs now."""
    clock, ran = ManualClock(), list[float]()
    clock.advance_to(5.0)
    clock.call_at(1.0, lambda: ran.append(clock.now()))

    clock.advance_to(2.0)

    assert (clock.now(), ran) == (5.0, [5.0])


def test_a_callback_may_plan_another() -> None:
    """What a callback plans within the same move is part of the move."""
    clock, ran = ManualClock(), list[float]()
    clock.call_at(1.0, lambda: clock.call_at(2.0, lambda: ran.append(clock.now())))

    clock.run_all()

    assert (ran, clock.next_due) == ([2.0], None)


@pytest.mark.asyncio
async def test_sleeping_on_a_manual_clock_is_free() -> None:
    """A sleeper moves the clock to its time, and what falls due on the way happens."""
    clock, ran = ManualClock(), list[float]()
    clock.call_at(1.0, lambda: ran.append(clock.now()))

    await clock.sleep_until(3600.0)

    assert (clock.now(), ran) == (3600.0, [1.0])


@pytest.mark.parametrize("name", ["delay_request", "delay_response"])
@pytest.mark.parametrize("delay", [0.0, 0.001])
@pytest.mark.asyncio
async def test_a_late_reply_reaches_its_caller_in_real_time(name: str, delay: float) -> None:
    """On an event loop's clock too the reply is there when its caller stops waiting."""
    network = order_network(clock=LoopClock())
    network.rules.append(FaultRule(frozenset({"payments.charge"}), Fault(name, delay=delay)))

    assert (await ask(network, "payments.charge")).status == 201
    assert states(network, "payments.charge") == ["live"]


@pytest.mark.asyncio
async def test_a_loop_clock_counts_from_the_moment_it_is_first_looked_at() -> None:
    """The network begins at zero, and time goes on by itself."""
    clock = LoopClock()

    began = clock.now()
    await clock.sleep_until(0.001)

    assert began == 0.0
    assert clock.now() >= 0.001


@pytest.mark.asyncio
async def test_a_loop_clock_that_is_stopped_keeps_its_time() -> None:
    """It still shows the time of the end when no loop is running."""
    clock = LoopClock()
    clock.now()
    clock.stop()
    stopped = clock.now()
    await asyncio.sleep(0.001)

    assert await asyncio.to_thread(clock.now) == stopped
