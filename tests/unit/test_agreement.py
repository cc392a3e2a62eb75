"""When two engines agree about a scenario, and when they do not."""

from __future__ import annotations

import asyncio

import pytest

from sagacheck.engines import SimulatedEngine
from sagacheck.run import ScenarioResult, run_all
from sagacheck.run.engine_diff import differences
from scenarios import SAGA
from tests.shop import load_text


def _played(stock: int, *cards: str) -> ScenarioResult:
    """Orders that compete for so many pieces, each with its card."""
    orders = ", ".join(
        "{" + f"id: o{number}, payment_method_id: {card}" + "}"
        for number, card in enumerate(cards, start=1)
    )
    text = f"""
scenario: some compete
why: w
given: {{stock: {{WIDGET: {stock}}}, cards: {{pm_declined: declined}}}}
orders: [{orders}]
expect: {{effects: {{shipping.cancel: 0}}}}
"""
    scenario = load_text(text)
    saga = SAGA

    async def play() -> ScenarioResult:
        async with SimulatedEngine(saga) as engine:
            (result,) = await run_all([scenario], engine, saga, at_once=1)
            return result

    return asyncio.run(play())


def test_what_is_given_back_may_come_in_time_for_another() -> None:
    """Of three whose cards are declined the third may find a piece again, or none."""
    found_none = _played(2, "pm_declined", "pm_declined", "pm_declined")
    found_one = _played(3, "pm_declined", "pm_declined", "pm_declined")

    assert list(differences(found_none, found_one)) == []


@pytest.mark.parametrize("cards", [("pm_good", "pm_good"), ("pm_good", "pm_declined")])
def test_orders_that_end_otherwise_are_a_difference(cards: tuple[str, str]) -> None:
    """Whether or not any of them gives something back."""
    one = _played(2, *cards)
    other = _played(1, *cards)
    ends = [
        sorted(str(outcome.status) for outcome in each.trial.outcomes.values())
        for each in (one, other)
    ]

    assert bool(list(differences(one, other))) == (ends[0] != ends[1])


def test_who_undoes_beside_others_is_still_looked_at() -> None:
    """There is enough for all: what each does and undoes must be the same."""
    undone = _played(2, "pm_good", "pm_declined")
    without = _played(2, "pm_good", "pm_declined")
    entries = without.trial.world.ledger.entries
    entries[:] = [entry for entry in entries if entry.operation != "inventory.release"]

    assert list(differences(undone, undone)) == []
    assert any(each.startswith("orders: ") for each in differences(undone, without))


def test_one_order_must_have_the_very_same_effects() -> None:
    """Nothing races with it: a step that was not taken is a difference."""
    undone = _played(1, "pm_declined")
    refused = _played(0, "pm_declined")

    assert any(each.startswith("orders: ") for each in differences(undone, refused))
