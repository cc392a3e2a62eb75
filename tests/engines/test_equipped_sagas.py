"""What a saga needs beside its code is there on both engines, or is missed on both."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sagacheck.checks import Verdict
from sagacheck.engines import SimulatedEngine, Trial, embedded_server
from sagacheck.engines.server.engine import ServerEngine
from sagacheck.errors import EngineStartError
from sagacheck.run.judging.judge import run_one
from sagacheck.saga import SagaUnderTest
from tests.sagas.equipped import FORGETFUL, GIFT_WRAPPING, MISTYPED, SEARCHABLE, WRAPPED
from tests.shop import load_text

SCENARIO = """
scenario: three pieces
why: w
orders:
  - id: o1
    items: [{sku: WIDGET, quantity: 3, price: "19.99"}]
faults: [{on: inventory.reserve, fault: crash_after}]
expect:
  o1: {status: completed}
  calls: {inventory.reserve: 2}
"""
Open = Callable[[SagaUnderTest], SimulatedEngine | ServerEngine]
ON_BOTH = pytest.mark.parametrize(
    "engine", [SimulatedEngine, ServerEngine], ids=["simulated", "server"]
)


async def _play(engine: Open, saga: SagaUnderTest) -> tuple[Trial, Verdict, list[str]]:
    async with engine(saga) as opened:
        result = await run_one(load_text(SCENARIO), opened, saga)
    stuck = [each.detail for each in result.violations if each.invariant == "I16"]
    return result.trial, result.verdict, stuck


@pytest.mark.asyncio
@ON_BOTH
async def test_search_attributes_are_there(engine: Open) -> None:
    """A workflow sets what its saga names, on a server that is started for it, too."""
    _, verdict, _ = await _play(engine, SEARCHABLE)

    assert verdict is Verdict.VALID


@pytest.mark.asyncio
@ON_BOTH
@pytest.mark.parametrize(
    ("saga", "complaint"),
    [
        (
            FORGETFUL,
            "Namespace default has no mapping defined for search attribute OrderStatus",
        ),
        (MISTYPED, "invalid value for search attribute OrderStatus of type Int: reserving"),
    ],
    ids=["unknown", "of another type"],
)
async def test_an_order_is_stuck_for_a_search_attribute(
    engine: Open, saga: SagaUnderTest, complaint: str
) -> None:
    """Whatever the saga does not name, or not so, is refused; I16 says what to do about it."""
    _, verdict, stuck = await _play(engine, saga)

    assert verdict is Verdict.INVALID
    [reason] = stuck
    assert reason == (
        "o1 does not end: its workflow task keeps failing: "
        f"BadSearchAttributes: {complaint}; add what the workflow sets, with its type, "
        "to SagaUnderTest.search_attributes"
    )


@pytest.mark.asyncio
async def test_a_server_is_told_only_what_it_does_not_know() -> None:
    """What is there stays as it is; with another type it is an error that says so."""

    async def open_three() -> None:
        async with embedded_server() as address:
            for saga in (SEARCHABLE, SEARCHABLE, MISTYPED):
                async with ServerEngine(saga, address=address):
                    pass

    with pytest.raises(
        EngineStartError,
        match="has the search attribute OrderStatus as KEYWORD, and the saga as INT",
    ):
        await open_three()


@pytest.mark.asyncio
@ON_BOTH
async def test_interceptors_are_around_workflows_and_activities(engine: Open) -> None:
    """An interceptor of the saga sees what it would in production; a worker's death passes it."""
    trial, verdict, _ = await _play(engine, WRAPPED)

    result = trial.outcomes["o1"].ending.result
    assert verdict is Verdict.VALID
    assert result == {
        "status": "completed",
        "total": pytest.approx(59.97 + GIFT_WRAPPING),
        "wrapped": True,
    }
