"""``sagacheck mutants``: what it prints, and with which exit code it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sagacheck.checks import Verdict
from sagacheck.cli.commands.mutants import FINDERS as FINDER_NAMES
from sagacheck.cli.commands.mutants import QUICK_RUNS, THOROUGH_RUNS
from sagacheck.mutants import FINDERS, QUICK, THOROUGH, FinderResult, SpecimenResult
from tests.cli._commands import ROOT, command
from tests.mutants.wrong_harness import FLAGGED, SURVIVOR
from tests.mutants.zoo import ZOO

WRONG_HARNESS = ROOT / "tests" / "mutants" / "wrong_harness.py"
BAD, GOOD = ZOO.mutants[0], ZOO.variants[0]


def _mutants(*words: str | Path) -> tuple[int, str]:
    """Run the command with the scenarios of the catalogue, in this process."""
    result = command("mutants", "--by", "catalogue", "--jobs", "1", *words)
    return result.exit_code, result.output


def test_bugs_that_are_found_and_correct_sagas_that_are_clean(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 0; the table has a row for each, and the file what each scenario has shown."""
    monkeypatch.chdir(ROOT)
    code, output = _mutants("compensation registered after the step", "--json", tmp_path / "m.json")

    assert code == 0, output
    assert "found    B1" in output
    assert "1 of 1 bad sagas found" in output
    (specimen,) = json.loads((tmp_path / "m.json").read_text())["specimens"]
    assert (specimen["anomaly"], specimen["verdict"]) == ("B1", "valid")
    assert specimen["found_by"]["catalogue"]["broken"]["I7"] > 1


def test_a_survivor_and_a_flagged_saga_fail() -> None:
    """A bug that the fakes hide, and a bug that is taken for correct: exit code 1, and why."""
    code, output = _mutants("--zoo", f"{WRONG_HARNESS}:ZOO")

    assert code == 1, output
    assert f"survived {SURVIVOR.name}" in output
    assert "no finder saw anything wrong: a scenario or an invariant is missing" in output
    assert f"flagged {FLAGGED.name}" in output
    assert "I6: o1 ended as failed: due nothing, shipped nothing, reserved" in output
    assert "0 of 1 bad sagas found, 0 of 1 correct ones clean" in output


@pytest.mark.long
def test_every_finder_says_where_it_has_looked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line for each finder. What a quick look finds is counted, the same on any machine."""
    monkeypatch.chdir(ROOT)
    words = ("--quick", "--jobs", "1", "--json", str(tmp_path / "m.json"))
    result = command("mutants", *words, "no key", "status completed too early")

    assert result.exit_code == 0, result.output
    assert "4/6 explore: no key: 1 of " in result.output
    by_name = {
        each["name"]: each["found_by"]
        for each in json.loads((tmp_path / "m.json").read_text())["specimens"]
    }
    assert by_name["no key"]["simulate"]["runs"] == 1
    assert by_name["status completed too early"]["explore"]["first_seconds"] is None
    assert by_name["status completed too early"]["simulate"]["runs"] == QUICK.runs


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--by", "luck"), "unknown finder 'luck'; the finders are catalogue, explore, simulate"),
        (("--zoo", "nowhere.py:ZOO"), "--zoo: 'nowhere.py:ZOO'; there is no file nowhere.py"),
        (("--zoo", "tests.mutants.zoo:Z"), "has no Z (did you mean ZOO?)"),
        (("no keys", "--zoo", "tests.mutants.zoo:ZOO"), "(did you mean 'no key'?)"),
    ],
)
def test_wrong_input(words: tuple[str, ...], says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 2, and what would do."""
    monkeypatch.chdir(ROOT)
    result = command("mutants", *words)

    assert result.exit_code == 2
    assert says in " ".join(result.output.split())


def test_the_help_knows_the_finders_and_their_effort() -> None:
    """It is printed without them, as they take time to import."""
    assert tuple(FINDERS) == FINDER_NAMES
    assert (QUICK.runs, THOROUGH.runs) == (QUICK_RUNS, THOROUGH_RUNS)


def _found(broken: str = "", *, runs: int = 1, trouble: str = "") -> FinderResult:
    result = FinderResult(runs=runs, troubles=[trouble] if trouble else [])
    result.add("a scenario", {broken: "a detail"} if broken else {}, 0.1)
    return result


@pytest.mark.parametrize(
    ("row", "verdict"),
    [
        (SpecimenResult(BAD, {"catalogue": _found("I7")}), Verdict.VALID),
        (SpecimenResult(BAD, {"catalogue": _found(), "explore": _found("I7")}), Verdict.VALID),
        (SpecimenResult(BAD, {"catalogue": _found("expect")}), Verdict.VALID),
        (SpecimenResult(BAD, {"catalogue": _found()}), Verdict.INVALID),
        (SpecimenResult(GOOD, {"catalogue": _found()}), Verdict.VALID),
        (SpecimenResult(GOOD, {"catalogue": _found("expect")}), Verdict.VALID),
        (SpecimenResult(GOOD, {"catalogue": _found(), "explore": _found("I7")}), Verdict.INVALID),
        (SpecimenResult(GOOD, {"catalogue": _found(trouble="a check crashed")}), Verdict.UNKNOWN),
        (SpecimenResult(GOOD, {"catalogue": _found(runs=0)}), Verdict.UNKNOWN),
        (SpecimenResult(BAD), Verdict.UNKNOWN),
    ],
)
def test_the_verdict_of_a_row(row: SpecimenResult, verdict: Verdict) -> None:
    """A bug has to be seen; a correct saga has to be seen whole. Nothing is known of no runs."""
    assert row.verdict is verdict
