"""``list``, ``schema``, and what the help says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli._commands import UNKNOWN, VALID, command, write
from tests.shop import SCHEMA_FILE


def test_list_shows_name_place_and_anomalies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each scenario is listed below its folder, with its file and what it covers."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop").mkdir()
    write(tmp_path / "shop", a=VALID, c=f"covers: [A1, B2]\n{UNKNOWN}")

    result = command("list", "shop")

    assert result.exit_code == 0
    assert result.output == (
        "\nshop\n"
        "  nothing goes wrong\n"
        "    a.yaml:1\n"
        "  the fault <never> fires\n"
        "    c.yaml:2  A1 B2\n"
        "\n2 scenarios, which cover 2 anomalies\n"
    )


def test_schema_prints_the_schema_of_the_files() -> None:
    """``schema`` prints what editors are pointed to."""
    result = command("schema")

    assert (result.exit_code, result.output) == (0, SCHEMA_FILE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("words", [("--help",), ("run", "-h")], ids=" ".join)
def test_help_teaches_by_examples_and_names_the_exit_codes(words: tuple[str, ...]) -> None:
    """The help has commands to copy, and says what each exit code means."""
    result = command(*words)

    assert result.exit_code == 0
    assert "sagacheck run --saga" in result.output
    for code in ("0  valid", "1  invalid", "2  usage", "3  unknown"):
        assert code in result.output
