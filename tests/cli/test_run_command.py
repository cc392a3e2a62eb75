"""``sagacheck run``: what it prints, what it writes, how it exits."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from tests.cli._commands import INVALID, ROOT, UNKNOWN, VALID, command, configure, process, write

SMALL_SAGAS = ROOT / "tests" / "sagas" / "small.py"


@dataclass(frozen=True)
class Mixed:
    """A run of a valid, an invalid and an unknown scenario, in a folder of its own."""

    folder: Path
    result: Result

    @property
    def json(self) -> dict[str, Any]:
        """What ``--json`` wrote."""
        written: dict[str, Any] = json.loads((self.folder / "out.json").read_text())
        return written


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mixed]:
    """One run for all tests that read what it has left."""
    folder = tmp_path_factory.mktemp("mixed")
    configure(folder)
    (folder / "shop").mkdir()
    write(folder / "shop", a=VALID, b=INVALID, c=UNKNOWN)
    before = Path.cwd()
    os.chdir(folder)
    yield Mixed(folder, command("run", "shop", "--json", "out.json", "--junit", "out.xml"))
    os.chdir(before)


def test_one_invalid_scenario_makes_the_exit_code_1(mixed: Mixed) -> None:
    """A run with something invalid exits with 1, whatever else was found."""
    assert mixed.result.exit_code == 1


def test_each_scenario_has_a_line_in_the_table(mixed: Mixed) -> None:
    """Piped output has one line a scenario, however long its name, and no colours."""
    lines = [line.split() for line in mixed.result.output.splitlines()[1:4]]

    assert [line[:3] for line in lines] == [
        ["valid", "simulated", "shop"],
        ["invalid", "simulated", "shop"],
        ["unknown", "simulated", "shop"],
    ]
    assert " ".join(lines[1][3:-2]) == INVALID.splitlines()[0].removeprefix("scenario: ")
    assert "\x1b" not in mixed.result.output


def test_what_is_wrong_stands_below_the_table_with_its_place(mixed: Mixed) -> None:
    """Findings name file and line, and what was found instead."""
    assert (
        "  shop/b.yaml:1\n  shop/b.yaml:4: expected o1 to end as failed, it ended as completed\n"
    ) in mixed.result.output
    assert "  shop/c.yaml:4: reject 503 on payments.charge never fired" in mixed.result.output
    assert "1 valid, 1 invalid, 1 unknown in" in mixed.result.output


def test_what_is_not_valid_can_be_run_again_with_one_command(mixed: Mixed) -> None:
    """A run prints the command that runs what was not valid again, and nothing but that."""
    command_line = "sagacheck run shop/b.yaml shop/c.yaml"

    assert f"run what is not valid again:\n  {command_line}\n" in mixed.result.output


def test_json_has_the_agreed_shape(mixed: Mixed) -> None:
    """``--json`` writes the keys of the design, and no others."""
    written = mixed.json

    assert list(written) == ["scenarios", "verdict", "orders_placed", "orders_completed"]
    assert written["verdict"] == "invalid"
    keys = ["scenario", "file", "engine", "verdict", "seconds", "violations", "unmet"]
    assert [list(each) for each in written["scenarios"]] == [keys] * 3
    assert [each["verdict"] for each in written["scenarios"]] == ["valid", "invalid", "unknown"]
    assert written["scenarios"][1]["unmet"] == [
        {
            "kind": "expectation",
            "detail": "expected o1 to end as failed, it ended as completed",
            "line": 4,
        }
    ]


def test_a_run_leaves_everything_behind(mixed: Mixed) -> None:
    """``runs/<time>/`` holds results, journal and histories, and ``latest`` points there."""
    latest = mixed.folder / "runs" / "latest"
    (folder,) = (each for each in latest.parent.iterdir() if not each.is_symlink())
    journal = [json.loads(line) for line in (latest / "journal.ndjson").read_text().splitlines()]

    assert latest.resolve() == folder.resolve()
    assert f"results, journal and histories:\n  runs/{folder.name}\n" in mixed.result.output
    assert json.loads((latest / "results.json").read_text()) == mixed.json
    assert (latest / "command.txt").read_text() == "sagacheck run shop\n"
    assert {line["kind"] for line in journal} == {"attempt", "entry"}
    histories = sorted(each.name for each in (latest / "histories").iterdir())
    assert [name.partition("-")[0] for name in histories] == ["001", "002", "003"]
    assert histories[0] == "001-nothing-goes-wrong.o1.json"


def test_nothing_wrong_is_exit_code_0(tmp_path: Path) -> None:
    """A process in which everything is valid exits with 0, with a saga from a file too."""
    write(tmp_path, a=VALID)

    done = process(
        *("-m", "sagacheck", "run", "a.yaml", "--saga", f"{SMALL_SAGAS}:RESERVES"), cwd=tmp_path
    )

    again = f"sagacheck run a.yaml --saga {SMALL_SAGAS}:RESERVES"
    assert (done.returncode, done.stderr) == (0, "")
    assert f"run it again:\n  {again}\n" in done.stdout


def test_nothing_but_the_unknown_is_exit_code_3(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unknown is neither valid nor invalid; a saga can be named by its module."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path, a=VALID, c=UNKNOWN.replace("payments.charge", "inventory.reserve"))

    result = command("run", "-q", ".", "--saga", "tests.sagas.small:RESERVES")

    assert result.exit_code == 3
    assert "nothing goes wrong" not in result.output
    assert "1 valid, 1 unknown in" in result.output
    assert "run c.yaml --saga tests.sagas.small:RESERVES\n" in result.output


def test_a_run_without_a_server_is_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no server answers nothing was found out: exit code 3, one line, and no traceback."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path, a=VALID)

    result = command("run", "a.yaml", "--engine", "server", "--address", "127.0.0.1:1")

    assert result.exit_code == 3
    assert result.stderr == (
        "nothing was run, the Temporal server at 127.0.0.1:1 cannot be reached: "
        "Connection refused\n"
    )


def test_an_address_has_a_port(tmp_path: Path) -> None:
    """What is no address is wrong input, found out before anything is started."""
    result = command("run", tmp_path, "--engine", "server", "--address", "localhost")

    assert result.exit_code == 2
    assert "'localhost' is not HOST:PORT, such as localhost:7233" in result.stderr


def test_an_address_needs_the_server_engine(tmp_path: Path) -> None:
    """A server's address says nothing to the simulation, which is wrong usage."""
    result = command("run", str(tmp_path), "--address", "127.0.0.1:7233")

    assert result.exit_code == 2
    assert "add --engine server" in result.stderr


def test_both_engines_are_compared(tmp_path: Path) -> None:
    """With both engines each scenario is run twice, and they agree."""
    write(tmp_path, a=VALID)

    done = process(
        *("-m", "sagacheck", "run", "a.yaml", "--engine", "both"),
        *("--saga", f"{SMALL_SAGAS}:RESERVES", "--json", "out.json"),
        cwd=tmp_path,
    )

    assert (done.returncode, done.stderr) == (0, "")
    results = json.loads((tmp_path / "out.json").read_text())
    assert [each["engine"] for each in results["scenarios"]] == ["simulated", "server"]
    assert "disagree" not in done.stdout


def test_missed_expectations_are_told_from_broken_invariants(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is inconsistent where only something else came of it than a scenario expects."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path, a=VALID, b=INVALID)

    result = command("run", tmp_path)

    assert "no invariant is broken: 1 only differs from what the scenario expects" in result.output


def test_broken_invariants_are_counted_beside_missed_expectations(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another team's saga on our catalogue: what breaks it, and what only differs from ours."""
    monkeypatch.chdir(tmp_path)
    worker = ROOT / "scenarios" / "catalogue" / "worker"
    forgets = worker / "crash-forgets-a-step-that-a-cancel-overtakes.yaml"
    differs = worker / "crash-while-releasing.yaml"
    local = ROOT / "tests" / "sagas" / "local.py"

    result = command("run", forgets, differs, "--saga", f"{local}:SAGA")

    assert "1 of the invalid breaks an invariant; 1 only differs" in result.output
