"""Generated scenarios are the same for the same seed, and different enough for different ones."""

from __future__ import annotations

from collections import Counter

import pytest

from fakes import ORDER_OPERATIONS
from sagacheck.engines import Trial
from sagacheck.language import CancelBy, EventKind
from sagacheck.network import FAULTS
from sagacheck.run import LocalPlayer
from sagacheck.simulate.generator import ScenarioGenerator
from sagacheck.simulate.seed_runner import what_happened
from sagacheck.world import LoopClock
from scenarios import SAGA
from tests.shop import DIALECT, as_yaml, load_text

GENERATOR = ScenarioGenerator(
    operations=ORDER_OPERATIONS.operations, means=tuple(CancelBy), orders=6, dialect=DIALECT
)
MANY = [GENERATOR.generate(seed) for seed in range(60)]


def test_the_same_seed_generates_the_same_scenario() -> None:
    """Names and addresses too."""
    assert GENERATOR.generate(7) == GENERATOR.generate(7)
    assert GENERATOR.generate(7) != GENERATOR.generate(8)


def test_every_fault_and_every_event_is_generated_some_time() -> None:
    """Sixty seeds leave nothing out that can happen to an operation of this shop."""
    fitting = {
        name
        for name, kind in FAULTS.items()
        if any(kind.fits(each) for each in ORDER_OPERATIONS.operations)
    }
    faults = {spec.fault.name for scenario in MANY for spec in scenario.faults}
    events = {event.kind for scenario in MANY for event in scenario.events}
    assert faults == fitting
    assert events == {EventKind.CANCEL, EventKind.SUBMIT, EventKind.QUERY, EventKind.HEAL}


def test_each_run_leaves_most_faults_out() -> None:
    """That is what makes a swarm of it: no two runs have the same mixture."""
    kinds = [frozenset((spec.on, spec.fault.name) for spec in each.faults) for each in MANY]
    possible = len(FAULTS) * len(ORDER_OPERATIONS.operations)
    assert sum(map(len, kinds)) / len(kinds) < possible / 3
    assert Counter(kinds).most_common(1)[0][1] <= 2


@pytest.mark.parametrize("seed", range(0, 60, 6))
def test_a_generated_scenario_can_be_written_and_read(seed: int) -> None:
    """The scenario of a seed is a file that runs."""
    scenario = MANY[seed]
    read = load_text(as_yaml(scenario))
    assert read.given == scenario.given
    assert [spec.fault for spec in read.faults] == [spec.fault for spec in scenario.faults]
    assert [event.when for event in read.events] == [event.when for event in scenario.events]


def test_what_never_struck_can_be_left_out() -> None:
    """The run is the same without the faults and events that never came."""
    player = LocalPlayer(SAGA)
    with player.ready():
        first = player.play(MANY[3]).trial
        assert first is not None
        less = what_happened(first)
        second = player.play(less).trial
    assert second is not None
    assert len(less.faults) < len(MANY[3].faults)
    assert list(second.world.journal) == list(first.world.journal)


def test_nothing_of_one_run_is_left_in_the_next() -> None:
    """A scenario that is played after another comes out as it does alone."""
    player = LocalPlayer(SAGA)
    with player.ready():
        alone = player.play(MANY[5]).trial
        player.play(MANY[6])
        after = player.play(MANY[5]).trial
    assert alone is not None
    assert after is not None
    assert list(alone.world.journal) == list(after.world.journal)
    assert Trial(MANY[5], SAGA, LoopClock()).world.journal.attempts == []
