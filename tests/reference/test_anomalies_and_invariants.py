"""The documents about anomalies and invariants: current, without gaps, and true."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import pytest
from msgspec import structs

from sagacheck.language import ANOMALIES, OF_SAGAS, THEMES
from sagacheck.mutants import Zoo, catalogue
from sagacheck.reference.coverage import AnomalyCoverage, coverage, gaps
from sagacheck.reference.invariants import invariants
from sagacheck.reference.pages import anomalies_page, invariants_page
from tests.mutants.zoo import ZOO
from tests.reference.documents import ROOT, text_of

pytestmark = pytest.mark.does_not_replay  # known bugs are played, and some are just that


@cache
def rows() -> Sequence[AnomalyCoverage]:
    """What there is about each anomaly."""
    return tuple(coverage(catalogue(), ZOO))


def row_of(name: str) -> AnomalyCoverage:
    """What there is about one anomaly."""
    return next(row for row in rows() if row.id == name)


def test_the_documents_are_current() -> None:
    """They say what the code does; ``sagacheck reference --into docs`` writes them."""
    assert text_of("anomalies") == anomalies_page(rows())
    assert text_of("invariants") == invariants_page(rows())


def test_nothing_is_missing() -> None:
    """Each anomaly is shown by a scenario and a bug, or by a test, or cannot happen here.

    And each bug is caught by scenarios that cover what it suffers: all that it breaks.
    """
    assert list(gaps(rows(), ZOO)) == []


@pytest.mark.parametrize(
    ("name", "lost", "says"),
    [
        ("A5", {"scenarios": ()}, "A5 (Barrier race) needs a scenario and a mutant"),
        ("A5", {"catches": ()}, "shows that 'payments: tombstone checked, then acted' breaks I7"),
        ("B15", {"catches": ()}, "shows that 'parcel before payment' breaks I8"),
        (
            "D8",
            {"anomaly": structs.replace(ANOMALIES["D8"], not_here="no", tests=("a",))},
            "D8 (Refund fails later) cann",
        ),
        ("F1", {"anomaly": structs.replace(ANOMALIES["F1"], tests=())}, "F1 (Vacuous pass) needs"),
    ],
)
def test_a_gap_is_found(name: str, lost: dict[str, object], says: str) -> None:
    """A missing scenario, catch or test is reported."""
    row = replace(row_of(name), **lost)  # type: ignore[arg-type]

    assert any(says in gap for gap in gaps([row], ZOO))


def test_an_anomaly_that_no_bug_suffers_is_a_gap() -> None:
    """A scenario alone is not enough: what it says it covers has to be seen to break something."""
    assert any(gap.startswith("A1 (Lost request) needs") for gap in gaps([row_of("A1")], Zoo(())))


def test_every_id_has_a_row() -> None:
    """The themes are numbered from 1 on without a hole, and nothing else is there."""
    numbers = {"A": 21, "B": 30, "C": 10, "D": 15, "E": 10, "F": 8}
    assert numbers.keys() == THEMES.keys()
    assert list(ANOMALIES) == [f"{a}{n}" for a, most in numbers.items() for n in range(1, most + 1)]
    assert [row.id for row in rows()] == list(ANOMALIES)
    assert len(OF_SAGAS) == len(ANOMALIES) - numbers["F"]


FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@pytest.mark.parametrize("name", [name for name, each in ANOMALIES.items() if each.tests])
def test_the_tests_that_are_named_exist(name: str) -> None:
    """What is said to be shown by a test has that test."""
    for test in ANOMALIES[name].tests:
        path, function = test.split("::")
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        functions = [each for each in tree.body if isinstance(each, FUNCTIONS)]
        assert function in {each.name for each in functions}


def test_every_invariant_speaks_for_itself() -> None:
    """Each says what must be, what it looks at and when, in the order of their numbers."""
    told = list(invariants())

    assert [each.id for each in told] == [f"I{number}" for number in range(1, 23)]
    assert all(each.means and each.reads and each.checked for each in told)
