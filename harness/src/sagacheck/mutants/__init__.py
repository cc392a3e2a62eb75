"""Mutation testing for the harness: does it catch known bugs, and does it accept correct sagas?

Each mutant of a zoo is a saga with one known bug. Each finder (the catalogue of scenarios, and
other searches) runs on each; a bug that no finder sees shows a hole in the scenarios or in the
invariants. Correct sagas that work in another way show the opposite mistake: an invariant that
knows one way only.
"""

from sagacheck.mutants.catalogue import catalogue, found_in, name_of
from sagacheck.mutants.finders import FINDERS, QUICK, THOROUGH, FinderResult
from sagacheck.mutants.matrix import SpecimenResult, chosen, judge_zoo, load_zoo
from sagacheck.mutants.model import EXPECTATION, Mutant, Zoo

__all__ = [
    "EXPECTATION",
    "FINDERS",
    "QUICK",
    "THOROUGH",
    "FinderResult",
    "Mutant",
    "SpecimenResult",
    "Zoo",
    "catalogue",
    "chosen",
    "found_in",
    "judge_zoo",
    "load_zoo",
    "name_of",
]
