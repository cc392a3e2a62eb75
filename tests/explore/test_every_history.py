"""The search misses nothing and plays nothing twice: counted by other means on small menus."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain, combinations

import pytest

from sagacheck.engines import SimulatedEngine, Trial, quiet_sdk
from sagacheck.explore import Search
from sagacheck.explore.choice_space import LASTING
from sagacheck.explore.choices import (
    Choice,
    EventChoice,
    FaultChoice,
    History,
    WorldChoice,
    apply,
)
from sagacheck.explore.families import play_family
from sagacheck.inprocess import httpx_patch
from sagacheck.language import CancelBy, EventKind, Expectations, Scenario, When
from sagacheck.network import Fault
from sagacheck.world import LoopClock
from scenarios import SAGA
from tests.shop import plain_orders

BASE = plain_orders(1)
MOST_CALLS = 3
"""No operation is called more often with so few faults; if one were, the sets would differ."""


def histories_of(search: Search) -> list[History]:
    """Every history of a search, as it is walked."""
    player = search.player()
    found: list[History] = []

    def walk(above: History, more: int) -> None:
        found.append(above)
        if more:
            for choice in player.play(above).offered:
                walk((*above, choice), more - 1)

    with player.ready():
        walk((), search.faults)
    return found


def every_set_that_happens(choices: Sequence[Choice], most: int) -> Iterator[frozenset[Choice]]:
    """Of all sets of choices those that come true when they are planned together.

    This knows nothing of moments: it makes a scenario of each set, plays it, and looks whether
    every fault struck the call that it was meant for, and every event happened.
    """
    saga = SAGA
    engine = SimulatedEngine(saga)
    sets = chain.from_iterable(combinations(choices, size) for size in range(most + 1))
    with httpx_patch(), quiet_sdk():
        for chosen in sets:
            scenario = replace(apply(chosen, BASE), expect=Expectations())
            trial = Trial(scenario, saga, LoopClock())
            if _one_fault_a_call(chosen):
                engine.play_now(trial)
                if _came_true(trial, chosen):
                    yield frozenset(chosen)


def _one_fault_a_call(chosen: Sequence[Choice]) -> bool:
    struck = [
        (choice.operation, call)
        for choice in chosen
        if isinstance(choice, FaultChoice)
        for call in range(choice.call, choice.call + choice.calls)
    ]
    return len(struck) == len(set(struck))


def _came_true(trial: Trial, chosen: Sequence[Choice]) -> bool:
    happened = {(attempt.operation, attempt.call): attempt.fault for attempt in trial.world.journal}
    faults = [choice for choice in chosen if isinstance(choice, FaultChoice)]
    return all(event.answer is not None for event in trial.events) and all(
        happened.get((choice.operation, choice.call)) == str(choice.fault) for choice in faults
    )


def faults_on(operation: str, *faults: Fault, calls: int = 1) -> Iterator[Choice]:
    """Each of the faults on each call."""
    for call in range(1, MOST_CALLS + 1):
        for fault in faults:
            yield FaultChoice("o1", operation, call, fault, calls)


def events_at(operation: str, kind: EventKind, *means: CancelBy | None) -> Iterator[Choice]:
    """The event before and after each call; a cancellation may come during it, too."""
    for call in range(1, MOST_CALLS + 1):
        for by in means:
            if kind is EventKind.CANCEL:
                yield EventChoice(kind, "o1", When("during", operation, call), by)
            yield EventChoice(kind, "o1", When("before", operation, call), by)
            yield EventChoice(kind, "o1", When("after", operation, call), by)


SMALL_MODELS = {
    "three faults of one operation": (
        3,
        {"inventory.reserve", "drop_request", "crash_after"},
        [
            *faults_on("inventory.reserve", Fault("drop_request"), Fault("crash_after")),
            *faults_on("inventory.reserve", Fault("drop_request"), calls=LASTING),
        ],
    ),
    "a step, its compensation, and a client who cancels": (
        2,
        {"payments", "drop_response", "cancel"},
        [
            choice
            for operation in ("payments.charge", "payments.refund")
            for choice in (
                *faults_on(operation, Fault("drop_response")),
                *faults_on(operation, Fault("drop_response"), calls=LASTING),
                *events_at(operation, EventKind.CANCEL, *CancelBy),
            )
        ],
    ),
    "the world, and a client who submits again": (
        2,
        {"world", "shipping.create", "ships", "submit", "refuse"},
        [
            WorldChoice("parcels leave at once", "ships", (("ships_after", 0.0),)),
            *faults_on("shipping.create", Fault("refuse")),
            *faults_on("shipping.create", Fault("refuse"), calls=LASTING),
            *events_at("shipping.create", EventKind.SUBMIT, None),
        ],
    ),
}


_LONG = "a step, its compensation, and a client who cancels"


@pytest.mark.parametrize(
    "model",
    [pytest.param(each, marks=pytest.mark.long if each == _LONG else ()) for each in SMALL_MODELS],
)
def test_all_that_can_happen_is_walked_once(model: str) -> None:
    """The walk and the brute-force enumeration find the same sets of choices."""
    most, only, choices = SMALL_MODELS[model]
    walked = histories_of(Search(base=BASE, faults=most, only=frozenset(only)))
    sets = [frozenset(history) for history in walked]
    expected = set(every_set_that_happens(choices, most))
    assert len(sets) == len(set(sets)), "a history was played twice"
    assert set(sets) == expected
    assert any(len(each) == most for each in expected), "the model has no history of full length"


def test_an_enumeration_that_leaves_something_out_is_noticed() -> None:
    """Without one choice the two differ, so the comparison can fail."""
    most, only, choices = SMALL_MODELS["three faults of one operation"]
    walked = histories_of(Search(base=BASE, faults=most, only=frozenset(only)))
    short = set(every_set_that_happens(choices[1:], most))
    assert {frozenset(history) for history in walked} != short


def test_the_number_to_come_is_the_number_that_comes() -> None:
    """Progress counts what is left, and does not guess."""
    search = Search(base=BASE, only=frozenset({"payments.charge", "drop_response", "cancel"}))
    player = search.player()
    with player.ready():
        root = play_family(player, None, 2)
        first = play_family(player, (), 2)
        second = [play_family(player, (choice,), 2) for choice in player.play(()).offered]
    assert root.to_come == first.histories
    assert first.to_come == sum(found.histories for found in second)


def scenario_of(history: History) -> Scenario:
    """The history as a scenario."""
    return apply(history, BASE)


def test_a_history_is_a_scenario() -> None:
    """Its choices become faults and events at the moments that they name."""
    lost = FaultChoice("o1", "payments.charge", 1, Fault("drop_response"), LASTING)
    wish = EventChoice(EventKind.CANCEL, "o1", When("after", "payments.charge", 2), CancelBy.UPDATE)
    scenario = scenario_of((lost, wish))
    (fault,) = scenario.faults
    (event,) = scenario.events
    assert [call in fault.calls for call in range(5)] == [False, True, True, True, False]
    assert (event.kind, event.when, event.by) == (EventKind.CANCEL, wish.when, CancelBy.UPDATE)
