"""``sagacheck new``: what it writes is right, and runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli._commands import command
from tests.shop import SCHEMA_FILE, load_file


def test_a_new_scenario_runs_and_is_valid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a change it is valid, and the command that it prints is the one to run."""
    monkeypatch.chdir(tmp_path)

    written = command("new", "lost-reply")
    ran = command("run", "lost-reply.yaml")

    assert written.exit_code == 0
    assert "sagacheck run lost-reply.yaml" in written.output
    assert (ran.exit_code, load_file("lost-reply.yaml").name) == (0, "lost reply")


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("deep/er/carrier_down.yml", "carrier down"),
        ("true", "true"),
        ("12", "12"),
        ("- [x", "x"),
        ("...", "a new scenario"),
        ("größe", "größe"),
    ],
)
def test_any_name_will_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, title: str
) -> None:
    """Whatever the file is called, what stands in it is well formed."""
    monkeypatch.chdir(tmp_path)

    assert command("new", "--", name).exit_code == 0

    (file,) = tmp_path.rglob("*.y*ml")
    assert load_file(file).name == title


def test_its_first_line_leads_editors_to_the_schema(tmp_path: Path) -> None:
    """The path is relative to the file, wherever it stands."""
    command("new", str(tmp_path / "sub" / "a.yaml"))

    first = (tmp_path / "sub" / "a.yaml").read_text().splitlines()[0]
    path = first.removeprefix("# yaml-language-server: $schema=")
    assert (tmp_path / "sub" / path).resolve() == SCHEMA_FILE


@pytest.mark.parametrize("saga", ["trip.saga:SAGA", "tests/sagas/small.py:RESERVES"])
def test_it_begins_with_what_the_saga_does(tmp_path: Path, saga: str) -> None:
    """With its operations, its orders, and what completing means: it is valid without a change."""
    file = tmp_path / "lost.yaml"
    written = command("new", file, "--saga", saga)

    ran = command("run", file, "--saga", saga, "--runs", tmp_path / "runs")

    assert f"--saga {saga}" in written.output
    assert ran.exit_code == 0, ran.output


def test_a_schema_that_is_near_is_the_one_for_editors(tmp_path: Path) -> None:
    """Where there is none yet, the command that makes it is printed."""
    saga = ("--saga", "trip.saga:SAGA")
    file = tmp_path / "catalogue" / "a.yaml"

    printed = command("new", file, *saga).output
    (tmp_path / "schema.json").write_text(command("schema", *saga).output)
    command("new", file.with_name("b.yaml"), *saga)

    assert f"sagacheck schema --saga trip.saga:SAGA > {file.parent / 'schema.json'}" in printed
    assert "$schema=schema.json" in file.read_text()
    assert "$schema=../schema.json" in file.with_name("b.yaml").read_text()


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    """A file that is there stays as it is, and the exit code says wrong input."""
    file = tmp_path / "a.yaml"
    file.write_text("mine")

    result = command("new", str(file))

    assert (result.exit_code, file.read_text()) == (2, "mine")
    assert "exists already" in result.stderr


def test_a_place_that_cannot_be_written_is_wrong_input(tmp_path: Path) -> None:
    """No traceback."""
    (tmp_path / "file").write_text("")

    result = command("new", str(tmp_path / "file" / "a"))

    assert result.exit_code == 2
    assert "cannot be written" in result.stderr
