from __future__ import annotations

import pytest

from sagacheck.errors import InvalidScenarioError, Problem


@pytest.mark.parametrize(
    ("problem", "line"),
    [
        (
            Problem("p.yaml", 12, 9, "unknown operation", "'a'", "it is service.verb", "'b'"),
            "p.yaml:12:9: unknown operation: 'a'; it is service.verb (did you mean 'b'?)",
        ),
        (Problem("p.yaml", 1, 1, "missing key", "'why'"), "p.yaml:1:1: missing key: 'why'"),
        (Problem("p.yaml", 1, 1, "empty", rule="write it"), "p.yaml:1:1: empty; write it"),
    ],
)
def test_a_problem_is_one_line(problem: Problem, line: str) -> None:
    """A problem shows its place and what it is, then the rest where there is any."""
    assert str(problem) == line


def test_an_error_lists_each_problem_once_by_place() -> None:
    """Problems come sorted by file, line and column, however they were found."""
    late, early = Problem("a.yaml", 10, 1, "late"), Problem("a.yaml", 9, 5, "early")

    error = InvalidScenarioError([late, early, late])

    assert error.problems == (early, late)
    assert str(error) == "a.yaml:9:5: early\na.yaml:10:1: late"
