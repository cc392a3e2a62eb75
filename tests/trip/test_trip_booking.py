"""The harness is general: a saga with other services and other orders is judged as ours is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import pytest
from pydantic import Field

from sagacheck.checks import Verdict
from sagacheck.errors import InvalidScenarioError
from sagacheck.explore import Search, explore, save
from sagacheck.language import GivenWords, Scenario, WorldTurn, load
from sagacheck.report import RunHeader, page_of
from sagacheck.run import LocalPlayer, TrialResult
from sagacheck.run.judging.judge import judge
from sagacheck.saga import SagaUnderTest
from sagacheck.services import Service
from sagacheck.simulate import Swarm, simulate
from sagacheck.world import Settings, World
from tests.report._material import played
from tests.shop import as_yaml, load_text, plain_orders, schema_text
from tests.unit.without_places import without_places
from trip.saga import SAGA, TOO_LATE
from trip.services import Bookings, Flights, Hotels, trip_services

TRIP = Path(__file__).parents[2] / "examples" / "trip"
CATALOGUE = load([TRIP / "scenarios"], SAGA.dialect)
HAPPY = "scenario: s\nwhy: w\norders: [{id: t1}]\nexpect: {t1: {status: completed}}\n"
ABOUT_MONEY = {"I1", "I2", "I3", "I4", "I18", "I22"}


@pytest.fixture
def play() -> Iterator[Callable[[Scenario, SagaUnderTest], TrialResult]]:
    """Plays a scenario in virtual time."""
    with LocalPlayer(SAGA).ready():
        yield lambda scenario, saga: LocalPlayer(saga).play(scenario)


def findings(played: TrialResult) -> list[str]:
    """All that is wrong."""
    return [each.invariant for each in played.violations] + [each.detail for each in played.unmet]


@pytest.mark.parametrize("scenario", CATALOGUE, ids=lambda scenario: Path(scenario.file).stem)
def test_the_trip_saga_is_valid(
    scenario: Scenario, play: Callable[[Scenario, SagaUnderTest], TrialResult]
) -> None:
    """Each scenario of its catalogue comes out as it says."""
    assert findings(play(scenario, SAGA)) == []


def test_its_catalogue_finds_the_undo_that_is_registered_too_late(
    play: Callable[[Scenario, SagaUnderTest], TrialResult],
) -> None:
    """By the scenarios in which a step without a reply may have happened."""
    found = {Path(each.file).stem for each in CATALOGUE if findings(play(each, TOO_LATE))}

    assert found == {
        "booking-arrives-after-its-undo",
        "cancelled-while-the-car-is-booked",
        "car-service-down",
        "reply-lost-on-all-attempts",
    }


def test_what_is_explored_are_the_trips_own_services() -> None:
    """Every fault on every operation of its table, and nothing of the order's outside world."""
    exploration = explore(
        Search(base=plain_orders(1, SAGA.dialect), saga_reference="trip.saga:SAGA", faults=1)
    )

    assert exploration.tally.histories > 80
    assert exploration.tally.violating == 0
    where = {step for step, _, _ in exploration.tally.choices}
    assert where >= {"hotel.book", "flight.book", "car.book"}
    assert "world" not in where


def test_exploring_leaves_counterexamples_that_play_again(
    tmp_path: Path, play: Callable[[Scenario, SagaUnderTest], TrialResult]
) -> None:
    """The smallest history of the wrong saga, as a file: it fails there, and not when mended."""
    base = plain_orders(1, SAGA.dialect)
    search = Search(base=base, saga_reference="trip.saga:TOO_LATE", faults=1)
    first = explore(search).tally.smallest_first()[0]
    (saved,) = save([first], base, TOO_LATE, tmp_path)

    (scenario,) = load([saved.file], SAGA.dialect)

    assert len(first.history) == 1
    assert first.violation.invariant in findings(play(scenario, TOO_LATE))
    assert findings(play(scenario, SAGA)) == []


def test_a_swarm_draws_faults_for_trips_and_shrinks_what_it_finds() -> None:
    """The right saga survives it; of the wrong one a single trip is left, and little to fail."""
    swarm = Swarm(seed=1, runs=3, orders=3, saga_reference="trip.saga:SAGA")
    assert simulate(swarm).verdict is Verdict.VALID

    found = simulate(replace(swarm, saga_reference="trip.saga:TOO_LATE")).failed[0].scenario
    assert found is not None
    assert len(found.orders) == 1
    assert len(found.faults) + len(found.events) <= 2


def test_invariants_check_the_ledger_that_there_is(
    play: Callable[[Scenario, SagaUnderTest], TrialResult],
) -> None:
    """No service of a trip takes money, so I1 and the like have no fact; places are counted."""
    looked_at: Counter[str] = Counter()
    for scenario in CATALOGUE:
        trial = play(scenario, SAGA).trial
        assert trial is not None
        looked_at.update(judge(trial)[0].facts)

    assert {name for name, count in looked_at.items() if not count} == ABOUT_MONEY | {"I19"}
    assert looked_at["I5"] > 0


def test_reports_tell_of_trips() -> None:
    """The page names the saga, has a lane for each service, and says what was not looked at."""
    shown = page_of(played(CATALOGUE, SAGA), RunHeader("sagacheck run"))
    section = next(each for each in shown.scenarios if each.name == "a trip is booked")
    (told,) = section.by_engine

    assert shown.title == "TripSaga under failure"
    assert set(shown.idle) == ABOUT_MONEY | {"I19"}
    assert told.timeline.services == ("hotel", "flight", "car")
    assert told.ledger.groups["orders"][0].note == "1 ROOM, 1 SEAT, 1 CAR"


class Overbooked(Hotels):
    """Sells rooms that are not there."""

    def available(self, sku: str) -> int:
        """One more, always."""
        return super().available(sku) + 1


def _overbooked(world: World) -> list[Service]:
    return [Overbooked(world), *trip_services(world)[1:]]


def test_the_ledger_of_a_trip_is_checked(
    play: Callable[[Scenario, SagaUnderTest], TrialResult],
) -> None:
    """A hotel that sells a room which it does not have breaks the invariant about stock."""
    full = load_text(HAPPY + "given: {stock: {ROOM: 0, SEAT: 1, CAR: 1}}\n", "", SAGA.dialect)

    assert "I5" in findings(play(full, replace(SAGA, services=_overbooked)))
    assert "I5" not in findings(play(full, SAGA))


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ("faults: [{on: payments.charge, fault: 503}]", "unknown operation: 'payments.charge'"),
        ("faults: [{on: hotel.cancel, fault: empty}]", "(the reply has no body) fits hotel.book, "),
        ("given: {ships_after: 1h}", "unknown key: 'ships_after'; the keys here are stock"),
        ("given: {stock: {SUITE: 1}}", "a SKU that is not in stock: 'ROOM'"),
    ],
)
def test_the_language_speaks_of_trips_only(more: str, problem: str) -> None:
    """What orders of goods know is unknown here."""
    with pytest.raises(InvalidScenarioError) as refused:
        load_text(f"{HAPPY}{more}\n", "t.yaml", SAGA.dialect)

    assert problem in "\n".join(map(str, refused.value.problems))


def test_a_trip_has_its_own_keys() -> None:
    """With their own suggestions, and their own stock below `expect`."""
    text = (
        "scenario: s\nwhy: w\norders: [{id: t1, traveler: ada}]\n"
        "expect: {t1: {status: completed}, stock: {WIDGET: 1}}\n"
    )
    with pytest.raises(InvalidScenarioError) as refused:
        load_text(text, "t.yaml", SAGA.dialect)

    first, second = map(str, refused.value.problems)
    assert "unknown key: 'traveler'; the keys here are id, start, traveller" in first
    assert "unknown SKU: 'WIDGET'; the SKUs are ROOM, SEAT, CAR" in second


@pytest.mark.parametrize("scenario", CATALOGUE, ids=lambda scenario: Path(scenario.file).stem)
def test_trips_are_written_as_they_are_read(scenario: Scenario) -> None:
    """Also with places and travellers of their own."""
    text = as_yaml(scenario, dialect=SAGA.dialect)

    assert without_places(load_text(text, "", SAGA.dialect)) == without_places(scenario)


def test_the_schema_of_trips_is_current() -> None:
    """Made by: sagacheck schema --saga trip.saga:SAGA."""
    assert (TRIP / "schema.json").read_text(encoding="utf-8") == schema_text(SAGA.dialect)


@dataclass(frozen=True, kw_only=True)
class Weather(Settings):
    """A world with weather."""

    fog: bool = False


class WeatherWords(GivenWords):
    """How scenarios write it."""

    turns: ClassVar = (WorldTurn("there is fog", "fog", (("fog", True),)),)

    fog: bool = Field(False, description="Whether there is fog.", examples=[True])

    def settings(self) -> Settings:
        """The world that is meant."""
        return Weather(**self.general(), fog=self.fog)

    @classmethod
    def words_for(cls, settings: Settings) -> dict[str, Any]:
        """What a file says for it."""
        assert isinstance(settings, Weather)
        return {**super().words_for(settings), "fog": settings.fog}


class Airport(Bookings):
    """Sells no seat while there is fog."""

    operations: ClassVar = Flights.operations
    place_at = "seat"

    def available(self, sku: str) -> int:
        """None in fog."""
        fog = isinstance(self.settings, Weather) and self.settings.fog
        return 0 if fog else super().available(sku)


def _foggy(world: World) -> list[Service]:
    hotel, _, car = trip_services(world)
    return [hotel, Airport(world), car]


FOGGY = replace(SAGA, services=_foggy, given=WeatherWords)


def test_services_may_have_settings_of_their_own(
    play: Callable[[Scenario, SagaUnderTest], TrialResult],
) -> None:
    """A scenario gives them, a saved one keeps them, and `explore` turns to them."""
    foggy = load_text(f"{HAPPY}given: {{fog: true}}\n", "", FOGGY.dialect)
    again = load_text(as_yaml(foggy, dialect=FOGGY.dialect), "", FOGGY.dialect)
    space = Search(base=plain_orders(1, FOGGY.dialect)).space(FOGGY)

    assert again.given == foggy.given == Weather(fog=True, default_stock=100)
    assert (
        "expected t1 to end as completed, it ended as failed (SoldOut: no seat is left of SEAT)"
        in (findings(play(foggy, FOGGY)))
    )
    assert [str(choice) for choice in space.of_worlds()] == ["there is fog"]
