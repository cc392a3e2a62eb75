"""Attempts that outlive their workflow count: a trial ends when nothing is under way any more."""

from __future__ import annotations

import pytest

from sagacheck.checks import Verdict
from sagacheck.engines import SimulatedEngine
from sagacheck.run import ScenarioResult, run_one
from sagacheck.saga import SagaUnderTest
from tests.engines.conftest import Play
from tests.sagas import left_children, outliving
from tests.shop import load_text

HOUR = 3600.0
CANCELLED = """
scenario: a workflow is cancelled during the first of the two calls of an activity
why: the activity goes on, and makes its second call when the order has ended
orders: [{id: o1}]
events: [{cancel: o1, by: workflow, when: {during: inventory.reserve}}]
expect: {o1: {status: failed}}
"""
TERMINATED = """
scenario: a workflow is terminated during the first of the two calls of an activity
why: nobody undoes what the activity still does
orders: [{id: o1}]
events: [{terminate: o1, when: {during: inventory.reserve}}]
expect:
  o1: {status: terminated}
  orphans: {inventory.reserve: 1, payments.charge: 1}
"""

LEFT = """
scenario: a child goes on when its order has ended
why: it starts an hour later
orders: [{id: o1}]
expect: {o1: {status: failed}}
"""

PLACED_AGAIN = TERMINATED.replace("events: [", "events: [{submit: o1, when: {at: 1h}}, ")


async def on_engine(engine: str, play: Play, text: str, saga: SagaUnderTest) -> ScenarioResult:
    """Play a scenario on the engine of this name."""
    if engine == "server":
        (result,) = await play(text, saga=saga)
        return result
    async with SimulatedEngine(saga) as simulated:
        return await run_one(load_text(text), simulated, saga)


def broken_by(result: ScenarioResult) -> set[str]:
    """The invariants that are broken."""
    return {violation.invariant for violation in result.violations}


both_engines = pytest.mark.parametrize("engine", ["simulated", "server"])


@pytest.mark.asyncio
@both_engines
@pytest.mark.parametrize(
    "saga", [outliving.RELEASES_ONLY, outliving.RELEASES_ONLY_IN_THREADS], ids=["tasks", "threads"]
)
async def test_a_call_after_the_end_of_its_order_counts(
    play: Play, engine: str, saga: SagaUnderTest
) -> None:
    """The charge of an order that has failed is seen, and judged."""
    result = await on_engine(engine, play, CANCELLED, saga)

    assert {"I7", "I12"} <= broken_by(result)
    assert [effect.operation for effect in result.trial.world.ledger.effects.values()] == [
        "inventory.reserve",
        "payments.charge",
    ]


@pytest.mark.asyncio
@both_engines
@pytest.mark.parametrize(
    "saga", [outliving.UNDOES_BOTH, outliving.UNDOES_BOTH_IN_THREADS], ids=["tasks", "threads"]
)
async def test_a_call_after_the_end_finds_what_was_undone_ahead(
    play: Play, engine: str, saga: SagaUnderTest
) -> None:
    """An undo by key leaves nothing for a late call to do."""
    result = await on_engine(engine, play, CANCELLED, saga)

    (charge,) = [a for a in result.trial.world.journal if a.operation == "payments.charge"]
    assert (result.verdict, charge.error) == (Verdict.VALID, "key_cancelled")


@pytest.mark.asyncio
@both_engines
async def test_a_call_of_a_terminated_workflow_counts(play: Play, engine: str) -> None:
    """Both effects are left behind, and not the one alone that there was at the termination."""
    result = await on_engine(engine, play, TERMINATED, outliving.UNDOES_BOTH)

    assert (result.verdict, broken_by(result)) == (Verdict.VALID, set())


@pytest.mark.asyncio
@both_engines
async def test_what_goes_on_is_through_before_later_events(play: Play, engine: str) -> None:
    """The world's clock does not pass an attempt by on its way to what happens in an hour."""
    result = await on_engine(engine, play, PLACED_AGAIN, outliving.UNDOES_BOTH)

    assert result.verdict is Verdict.VALID
    ends = [attempt.ended_at for attempt in result.trial.world.journal]
    assert max(end for end in ends if end is not None) < HOUR


@pytest.mark.asyncio
@both_engines
async def test_what_a_child_does_after_the_end_counts(play: Play, engine: str) -> None:
    """What it reserves an hour after its order has failed is left behind."""
    result = await on_engine(engine, play, LEFT, left_children.RESERVES_LATER)

    assert "I7" in broken_by(result)
    (reservation,) = result.trial.world.ledger.effects.values()
    assert HOUR <= reservation.at < HOUR + 60


@pytest.mark.asyncio
@both_engines
async def test_what_a_child_of_a_child_undoes_after_the_end_counts(play: Play, engine: str) -> None:
    """It releases two hours later: nothing is left, and the order had said so too early."""
    result = await on_engine(engine, play, LEFT, left_children.RELEASES_LATER)

    assert broken_by(result) == {"I12"}
    (reservation,) = result.trial.world.ledger.effects.values()
    assert reservation.undone_at is not None
    assert 2 * HOUR <= reservation.undone_at < 2 * HOUR + 60
