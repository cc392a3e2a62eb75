"""Time that an activity waits passes for the workflow, too: a limit of either ends in it."""

from __future__ import annotations

import pytest

from sagacheck.checks import Verdict
from sagacheck.saga import SagaUnderTest
from tests.engines.conftest import Play
from tests.engines.test_attempts_under_way import HOUR, both_engines, on_engine
from tests.sagas import timed

SLOW = """
scenario: a slow reply
why: it is late for the workflow
orders: [{{id: o1}}]
faults: [{{on: inventory.reserve, calls: all, fault: {fault}}}]
expect: {{o1: {{status: {status}}}}}
"""
LIMITS = [
    pytest.param(
        timed.WITH_BUDGET,
        "drop_response",
        "the schedule-to-close timeout of reserve",
        id="budget",
    ),
    pytest.param(timed.WITH_TIMER, "{delay_response: 25s}", "a timer of 20 s", id="timer"),
    pytest.param(
        timed.WITH_HEARTBEAT,
        "{delay_response: 11s}",
        "the heartbeat timeout of reserve",
        id="heartbeat",
    ),
]
EACH = pytest.mark.parametrize(("saga", "fault", "what"), LIMITS)


@pytest.mark.asyncio
@EACH
async def test_a_limit_ends_while_a_call_waits(
    play: Play, saga: SagaUnderTest, fault: str, what: str
) -> None:
    """As on a server in real time: the order fails, and is undone."""
    text = SLOW.format(fault=fault, status="failed")
    result = await on_engine("simulated", play, text, saga)

    assert (result.verdict, result.unmet) == (Verdict.VALID, ())


@pytest.mark.asyncio
@EACH
async def test_where_that_cannot_be_played_the_trial_is_unknown(
    play: Play, saga: SagaUnderTest, fault: str, what: str
) -> None:
    """The server lets no time pass while an activity waits; it names what would have ended."""
    text = SLOW.format(fault=fault, status="any")
    result = await on_engine("server", play, text, saga)

    (unmet,) = result.unmet
    assert result.verdict is Verdict.UNKNOWN
    assert what in unmet.detail
    assert "use --engine simulated" in unmet.detail


@pytest.mark.asyncio
@both_engines
@pytest.mark.parametrize("saga", [timed.WITH_BUDGET, timed.WITH_TIMER, timed.WITH_HEARTBEAT])
async def test_a_wait_within_the_limits_changes_nothing(
    play: Play, engine: str, saga: SagaUnderTest
) -> None:
    """Five seconds are less than each of them."""
    text = SLOW.format(fault="{delay_response: 5s}", status="completed")
    result = await on_engine(engine, play, text, saga)

    assert (result.verdict, result.unmet) == (Verdict.VALID, ())


@pytest.mark.asyncio
@both_engines
async def test_a_timer_before_the_first_call_counts(play: Play, engine: str) -> None:
    """The world's clock shows an hour when the first call comes."""
    text = SLOW.format(fault="evict", status="completed")
    result = await on_engine(engine, play, text, timed.AFTER_AN_HOUR)

    (reservation,) = result.trial.world.ledger.effects.values()
    assert HOUR <= reservation.at < HOUR + 60
