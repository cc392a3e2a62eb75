"""When two engines agree about a scenario, and when they do not."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from sagacheck.engines import SimulatedEngine
from sagacheck.run import ScenarioResult, engine_diff, run_all
from sagacheck.run.drawn import results_anew, same_but_for_drawn
from sagacheck.run.engine_diff import differences
from scenarios import SAGA
from tests.sagas.small import SAYS_WHEN
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


def _with_result(result: ScenarioResult, **fields: object) -> ScenarioResult:
    """A result whose order has got other values from its workflow."""
    outcome = result.trial.outcomes["o1"]
    outcome.ending = replace(outcome.ending, result={**outcome.ending.result, **fields})
    return result


def _drawn(*_: object) -> dict[str, object]:
    return {"o1": {**_played(1, "pm_good").trial.outcomes["o1"].ending.result, "code": "B-77"}}


def test_what_the_code_draws_is_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    """An id that is another one with another seed, and a time, may differ on the server."""
    monkeypatch.setattr(engine_diff, "results_anew", _drawn)
    ours = _with_result(
        _played(1, "pm_good"), code="B-11", at="2000-01-01T00:00:00Z", since=1e9 + 1
    )
    theirs = _with_result(_played(1, "pm_good"), code="B-42", at="2026-05-17T08:30:01Z", since=2e9)

    assert list(differences(ours, theirs)) == []


def test_times_are_found_in_whatever_words() -> None:
    """The other play is at another time, so that each part of a moment is another one."""
    scenario = load_text("""
scenario: nothing fails
why: w
orders: [{id: o1}]
expect: {o1: {status: completed}}
""")
    before = {"status": "completed", "total": 10.0}
    here, there = ["on Thursday, 01 Jan", 0, "o1 in 2026 at 00.00"], ["on Monday, 23 Nov", 59, "a"]
    anew = results_anew(scenario, SAYS_WHEN)["o1"]

    assert {name: anew[name] for name in before} == before
    assert same_but_for_drawn({**before, "when": here}, {**before, "when": there}, anew)
    assert not same_but_for_drawn(
        {**before, "when": here}, {**before, "total": 9.0, "when": there}, anew
    )


def test_what_the_code_does_not_draw_is_a_difference() -> None:
    """It is the same with any seed; where both made the same calls, the server is right."""
    ours, theirs = _played(1, "pm_good"), _played(1, "pm_good")
    result = ours.trial.outcomes["o1"].ending.result
    assert results_anew(ours.scenario, SAGA) == {"o1": result}
    theirs = _with_result(theirs, tracking_number="T-2")

    (what,) = engine_diff.engine_diff([ours], [theirs])
    assert result["tracking_number"] in what
    assert "'T-2'" in what
    assert what.endswith("; both played the same calls, so the server is right")


def test_the_server_is_right_about_the_same_story_only() -> None:
    """Other calls show nothing about either engine."""
    (what, *_) = engine_diff.engine_diff([_played(1, "pm_good")], [_played(0, "pm_good")])

    assert what.endswith("; they played other calls, so neither is shown to be right")


@pytest.mark.parametrize(
    ("here", "there", "anew", "same"),
    [
        ({"id": "a1"}, {"id": "b2"}, {"id": "c3"}, True),
        ({"id": "a1"}, {"id": "b2"}, {"id": "a1"}, False),
        ({"id": "a1"}, {"id": 2}, {"id": "c3"}, False),
        ({"id": "a1"}, {"no": "b2"}, {"id": "c3"}, False),
        ([1, "a1"], [1, "b2"], [1, "c3"], True),
        ([1, "a1"], [2, "b2"], [1, "c3"], False),
        ("2000-01-01", "2026-11-28", "2000-01-01", True),
        ("2000-01-01", "never", "2000-01-01", False),
        ("01.02.2026 10:00", "2/1/2026 10:01:07", "01.02.2026 10:00", True),
        ("1.2.3", "1.2.4", "1.2.3", False),
        (True, False, True, False),
    ],
)
def test_only_drawn_values_may_differ(
    here: object, there: object, anew: object, same: bool
) -> None:
    """In a place in which another seed leaves the value as it is, both must say the same."""
    assert same_but_for_drawn(here, there, anew) is same
