"""The zoo before the catalogue: every bug is found as it was said, every correct saga is clean."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sagacheck.checks import INVARIANTS
from sagacheck.language import Scenario
from sagacheck.mutants import EXPECTATION, Mutant, Zoo, catalogue, name_of
from sagacheck.mutants.finders import by_catalogue
from sagacheck.mutants.model import Variant
from tests.mutants._saga import saga
from tests.mutants.zoo import ZOO

HONEST = saga()


@pytest.mark.does_not_replay  # a workflow may have just that bug
@pytest.mark.parametrize("mutant", ZOO.mutants, ids=lambda mutant: mutant.name)
def test_a_bug_is_found(mutant: Mutant) -> None:
    """The scenarios that cover what the mutant suffers show all that it is said to break."""
    covering = [scenario for scenario in catalogue() if _covers(scenario, mutant)]
    found = by_catalogue(mutant.saga, among=covering, until=mutant.breaks)

    assert mutant.breaks <= found.broken.keys(), found


@pytest.mark.does_not_replay  # it does, and takes as long again: our own saga's histories do it
@pytest.mark.parametrize("variant", ZOO.variants, ids=lambda variant: variant.name)
def test_a_correct_saga_is_clean(variant: Variant) -> None:
    """No invariant is broken in any scenario, and each of them could be played and judged."""
    found = by_catalogue(variant.saga)

    assert (found.broken.keys() - {EXPECTATION}, found.troubles) == (set(), []), found
    assert found.runs == len(catalogue())


def test_the_zoo_is_as_large_as_it_has_to_be() -> None:
    """Thirty bugs and five correct sagas at least."""
    assert len(ZOO.mutants) >= 30
    assert len(ZOO.variants) >= 5


def test_the_original_of_all_mutants_has_no_bug() -> None:
    """What a mutant breaks comes from its bug: without one nothing is broken, nor unexpected."""
    found = by_catalogue(HONEST)

    assert (found.where, found.troubles) == ([], [])


@pytest.mark.parametrize(
    ("mutants", "says"),
    [
        ([{}, {}], "no undo occurs twice"),
        ([{"breaks": frozenset()}], "no undo breaks nothing; it must be some of I1, I2,"),
        ([{"breaks": frozenset({"I77"})}], "no undo breaks I77; it must be some of I1, I2,"),
        ([{"anomaly": "Z9"}], "no undo has the anomaly 'Z9'"),
    ],
)
def test_a_zoo_that_makes_no_sense(mutants: list[dict[str, object]], says: str) -> None:
    """Duplicate names, a mutant that breaks nothing, and an unknown anomaly are refused."""
    breaks = frozenset({"I7"})
    mutant = Mutant(name="no undo", anomaly="B2", why="w", saga=HONEST, breaks=breaks)
    with pytest.raises(ValueError, match=says):
        Zoo(mutants=tuple(replace(mutant, **changed) for changed in mutants))  # type: ignore[arg-type]


@pytest.mark.does_not_replay  # as above
def test_every_scenario_can_fail() -> None:
    """Each scenario of the catalogue brings some bug of the zoo to light."""
    idle = {name_of(scenario): scenario for scenario in catalogue()}
    # Most fail for a mutant of the anomaly that they cover: the others need not be played for them.
    for is_likely in (True, False):
        for mutant in ZOO.mutants:
            among = [each for each in idle.values() if _covers(each, mutant) is is_likely]
            for name in by_catalogue(mutant.saga, among=among).where:
                del idle[name]

    assert not idle, "a scenario that cannot fail shows nothing: add a mutant for it, or drop it"


def _covers(scenario: Scenario, mutant: Mutant) -> bool:
    return mutant.anomaly in scenario.covers


def test_every_invariant_can_be_broken() -> None:
    """The zoo has a bug for each invariant."""
    assert {name for mutant in ZOO.mutants for name in mutant.breaks} >= INVARIANTS.keys()
