"""Mutation testing for the harness: does it find known bugs, and does it leave correct sagas alone?

Each mutant of a zoo is a saga with one known bug. Each finder (the catalogue of scenarios, and
whatever else looks for failures) is let loose on each; a bug that nobody finds shows a hole in the
scenarios or in the invariants. Correct sagas that work in another way than ours show the opposite
mistake: an invariant that only knows our way.
"""

from sagacheck.mutants.catalogue import catalogue, found_in, name_of
from sagacheck.mutants.finders import FINDERS, QUICK, THOROUGH
from sagacheck.mutants.matrix import Row, chosen, judge_zoo, load_zoo
from sagacheck.mutants.model import EXPECTATION, Mutant, Zoo

__all__ = [
    "EXPECTATION",
    "Mutant",
    "Zoo",
    "FINDERS",
    "QUICK",
    "THOROUGH",
    "Row",
    "chosen",
    "judge_zoo",
    "load_zoo",
    "catalogue",
    "found_in",
    "name_of",
]
