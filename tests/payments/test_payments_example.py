"""The example of a provider that does things later: the right saga is valid, each bug is found."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest

from payments import saga as sagas
from payments.saga import SAGA
from sagacheck.engines import embedded_server
from sagacheck.engines.server.engine import ServerEngine
from sagacheck.explore import Exploration, Search, explore
from sagacheck.language import Scenario, load
from sagacheck.run import LocalPlayer, TrialResult, run_all
from sagacheck.saga import SagaUnderTest
from tests.shop import plain_orders, schema_text

EXAMPLE = Path(__file__).parents[2] / "examples" / "payments"
CATALOGUE = load([EXAMPLE / "scenarios"], SAGA.dialect)


def findings(played: TrialResult) -> list[str]:
    """All that is wrong."""
    return [each.invariant for each in played.violations] + [each.detail for each in played.unmet]


def play(scenario: Scenario, saga: SagaUnderTest) -> TrialResult:
    """Play a scenario in virtual time."""
    player = LocalPlayer(saga)
    with player.ready():
        return player.play(scenario)


def searched(saga: str, *only: str) -> Exploration:
    """Every history with at most one fault, of some operations or faults."""
    search = Search(
        base=plain_orders(1, SAGA.dialect),
        saga_reference=f"payments.saga:{saga}",
        faults=1,
        only=frozenset(only),
    )
    return explore(search)


def written(name: str) -> Scenario:
    """The scenario of a file."""
    return next(each for each in CATALOGUE if Path(each.file).stem == name)


@pytest.mark.parametrize("scenario", CATALOGUE, ids=lambda scenario: Path(scenario.file).stem)
def test_the_saga_is_valid(scenario: Scenario) -> None:
    """Each scenario comes out as it says."""
    assert findings(play(scenario, SAGA)) == []


@pytest.mark.parametrize(
    ("saga", "scenario", "breaks"),
    [
        ("TAKES_REFUSAL_FOR_DONE", "expired-before-the-capture", {"I2", "I6"}),
        ("TAKES_PENDING_FOR_PAID", "refund-fails-in-days", {"I2", "I7", "I17"}),
        ("VOIDS_WHAT_IS_CAPTURED", "captured-then-cancelled", {"I2", "I7", "I11"}),
        ("WAITS_FOR_CALLBACK", "callback-lost", {"I16"}),
        ("DROPS_EARLY_CALLBACK", "callback-early", {"I16"}),
        ("REFUNDS_SECOND_CALLBACK", "callback-twice", {"I2", "I6"}),
    ],
)
def test_a_scenario_shows_the_bug(saga: str, scenario: str, breaks: set[str]) -> None:
    """And by which invariants."""
    played = play(written(scenario), getattr(sagas, saga))

    assert {each.invariant for each in played.violations} == breaks


def test_no_single_fault_breaks_it() -> None:
    """`explore --faults 1`, all faults, client events and worlds; the new ones are among them."""
    found = searched("SAGA").tally

    assert (found.violating, found.histories > 80) == (0, True)


@pytest.mark.parametrize(
    ("saga", "only", "first"),
    [
        ("TAKES_REFUSAL_FOR_DONE", "expire", "expire on call 1 of payments.capture for o1"),
        (
            "VOIDS_WHAT_IS_CAPTURED",
            "cancel",
            "cancel o1 by workflow before call 1 of payments.capture",
        ),
        (
            "WAITS_FOR_CALLBACK",
            "callback_lost",
            "callback_lost on call 1 of payments.authorise for o1",
        ),
        (
            "DROPS_EARLY_CALLBACK",
            "callback_early",
            "callback_early on call 1 of payments.authorise for o1",
        ),
        (
            "REFUNDS_SECOND_CALLBACK",
            "callback_twice",
            "callback_twice on call 1 of payments.authorise for o1",
        ),
    ],
)
def test_one_choice_is_enough_to_find_the_bug(saga: str, only: str, first: str) -> None:
    """A search finds it without being told when."""
    found = searched(saga, only).tally

    assert first in [str(choice) for each in found.smallest_first() for choice in each.history]


def test_its_schema_is_up_to_date() -> None:
    """`sagacheck schema > schema.json` changes nothing."""
    assert (EXAMPLE / "schema.json").read_text(encoding="utf-8") == schema_text(SAGA.dialect)


@pytest.mark.asyncio
async def test_a_server_agrees() -> None:
    """What providers do later happens at its time on a real Temporal as well."""
    async with embedded_server() as address:
        engine = ServerEngine(SAGA, address=address, skips_time=True, numbers=count(1))
        async with engine:
            results = await run_all(CATALOGUE, engine, SAGA, at_once=8)

    assert [(each.scenario.name, each.verdict.value) for each in results] == [
        (each.name, "valid") for each in CATALOGUE
    ]
