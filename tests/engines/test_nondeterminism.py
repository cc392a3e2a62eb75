"""Workflow code that does not do the same again is found when it is replayed, on both engines."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from sagacheck.checks import Verdict
from sagacheck.engines import SimulatedEngine
from sagacheck.run import ScenarioResult, run_all
from sagacheck.saga import SagaUnderTest
from tests.engines.conftest import Play
from tests.sagas.nondeterministic import BY_CHANCE, BY_CLOCK, BY_COUNTER, BY_SET
from tests.shop import load_text

CALM = """
scenario: nothing goes wrong
why: w
orders: [{id: o1}]
expect: {effects: {inventory.reserve: 1}}
"""
FORGOTTEN = f"{CALM}faults: [{{on: inventory.reserve, fault: evict}}]"
ASKED = f"{CALM}events: [{{query: o1, when: {{at: 1h}}}}]"
SAGAS = {"clock": BY_CLOCK, "chance": BY_CHANCE, "set": BY_SET, "counter": BY_COUNTER}

pytestmark = pytest.mark.does_not_replay
Judge = Callable[..., Awaitable[ScenarioResult]]


async def _simulated(
    text: str, *, saga: SagaUnderTest, evict_always: bool = False
) -> ScenarioResult:
    async with SimulatedEngine(saga, evict_always=evict_always) as engine:
        (result,) = await run_all([load_text(text, "1.yaml")], engine, saga, at_once=1)
        return result


@pytest.fixture(params=["simulated", "server"], name="judge")
def _judge(request: pytest.FixtureRequest) -> Judge:
    """Plays a scenario on one of the engines."""
    if request.param == "simulated":
        return _simulated
    play: Play = request.getfixturevalue("play")

    async def on_server(text: str, **how: Any) -> ScenarioResult:
        (result,) = await play(text, **how)
        return result

    return on_server


def _broken(result: ScenarioResult) -> list[str]:
    return [each.detail for each in result.violations if each.invariant == "I15"]


@pytest.mark.asyncio
@pytest.mark.parametrize("name", SAGAS)
async def test_a_replay_that_goes_another_way_is_a_violation(judge: Judge, name: str) -> None:
    """The workflow that was forgotten is rebuilt, and what differs first is said."""
    result = await judge(FORGOTTEN, saga=SAGAS[name])

    assert result.verdict is Verdict.INVALID
    [detail] = _broken(result)
    assert detail.startswith("o1 does something else when it is replayed: event ")
    assert "[TMPRL1100]" in detail


@pytest.mark.asyncio
@pytest.mark.parametrize("name", SAGAS)
async def test_eviction_after_every_task_finds_it_anywhere(judge: Judge, name: str) -> None:
    """No scenario has to know where the workflow should be forgotten."""
    result = await judge(CALM, saga=SAGAS[name], evict_always=True)

    assert _broken(result)
    assert result.verdict is Verdict.INVALID


@pytest.mark.asyncio
@pytest.mark.parametrize("name", SAGAS)
async def test_what_is_never_replayed_shows_nothing(judge: Judge, name: str) -> None:
    """A workflow that stays in memory is no evidence: I15 has looked at no fact."""
    result = await judge(CALM, saga=SAGAS[name])

    assert result.verdict is Verdict.VALID
    assert result.facts["I15"] == 0


@pytest.mark.asyncio
async def test_what_was_recorded_and_what_is_done_now_are_shown(play: Play) -> None:
    """Both engines name both; the simulation says in which activation and command, too."""
    [ours] = _broken(await _simulated(FORGOTTEN, saga=BY_COUNTER))
    (played,) = await play(FORGOTTEN, saga=BY_COUNTER)
    [theirs] = _broken(played)

    assert "order-o1, activation 1: command 1 was schedule activity activity_id=" in ours
    assert "activity_type=note" in ours
    assert "activity_type=reserve_goods" in ours
    assert "Activity id of scheduled event " in theirs
    assert "'reserve'" in theirs
    assert "'1'" in theirs


@pytest.mark.asyncio
async def test_a_query_that_needs_a_replay_tells_of_it_too() -> None:
    """An order that has ended is rebuilt to be asked, and no history tells how that went."""
    result = await _simulated(ASKED, saga=BY_COUNTER)

    [detail] = _broken(result)
    assert ": a query was refused: [TMPRL1100] Nondeterminism error: " in detail
    assert result.verdict is Verdict.INVALID
