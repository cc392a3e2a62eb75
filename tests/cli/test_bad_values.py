"""Values of options that mean nothing are refused, and a table without columns is not drawn."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli._commands import command


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("explore", "--budget", "-1"), "-1.0 is not in the range x>=0"),
        (("simulate", "--budget", "-0.1"), "-0.1 is not in the range x>=0"),
        (("explore", "--cancels", "2"), "'2' is neither 0 nor 1"),
        (("explore", "--crashes", "yes"), "'yes' is neither 0 nor 1"),
    ],
    ids=str,
)
def test_a_value_without_a_meaning_is_refused(words: tuple[str, ...], sentence: str) -> None:
    """Exit code 2, and the value with the rule."""
    result = command(*words)

    assert result.exit_code == 2
    assert sentence in result.output


def test_a_search_without_choices_shows_no_matrix(tmp_path: Path) -> None:
    """Its title would stand in a table without columns, one letter a line."""
    result = command("explore", "--faults", "0", "--cancels", "0", "--runs", tmp_path)

    assert result.exit_code == 0
    assert "\nh\n" not in result.output
    assert "valid: 1 history" in result.output
