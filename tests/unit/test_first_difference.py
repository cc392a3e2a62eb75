"""Where two runs of a scenario first differ."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sagacheck.run.run_log import first_difference


def _record(*facts: Any) -> list[tuple[str, str]]:
    return [(f"line {number}", json.dumps(fact)) for number, fact in enumerate(facts, 1)]


@pytest.mark.parametrize(
    ("first", "again", "difference"),
    [
        ([{"a": 1}], [{"a": 1}], ""),
        ([{"a": 1}], [{"a": 2}], "line 1, a: first 1, then 2"),
        ([1, {"a": [1, {"b": 2}]}], [1, {"a": [1, {"b": 3}]}], "line 2, a[1].b: first 2"),
        ([{"a": 1}], [{"a": 1.0}], "line 1, a: first 1, then 1.0"),
        ([{"a": 1, "b": 2}], [{"b": 2, "a": 1}], 'line 1: first {"a": 1, "b": 2}, then {'),
        ([{"a": [1]}], [{"a": [1, 2]}], "line 1, a: first [1], then [1, 2]"),
        ([1, 2], [1], "only the first run has line 2"),
        ([1], [1, 2], "only the second run has line 2"),
    ],
)
def test_the_first_difference_is_found(first: Any, again: Any, difference: str) -> None:
    """The first line, the first place in it, and what stands there in each run."""
    found = first_difference(_record(*first), _record(*again))

    assert found.startswith(difference)
    assert bool(found) == bool(difference)
