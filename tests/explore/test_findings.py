"""One cause, one finding; findings that are known, new and gone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli._commands import command, configure

NAIVE = ("--saga", "tests.sagas.naive:SAGA")
ONE = ("explore", "--faults", "1", "--jobs", "1", "--only", "payments.charge", *NAIVE)


@pytest.fixture(scope="module", name="whole")
def _whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The whole search, which most tests compare theirs with, and the baseline that it wrote."""
    folder = tmp_path_factory.mktemp("whole")
    configure(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        found = _search(1, *ONE, "--write-baseline", "known.json")
        found["baseline"] = Path("known.json").read_text()
    return found


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(tmp_path)
    monkeypatch.chdir(tmp_path)


def _search(exit_code: int, *words: str) -> dict[str, Any]:
    result = command(*words, "--json", "out.json")
    assert result.exit_code == exit_code, result.output
    found: dict[str, Any] = json.loads(Path("out.json").read_text())
    found["output"] = result.output
    return found


def test_one_cause_is_one_finding(whole: dict[str, Any]) -> None:
    """By invariant, operation and first choice; the smallest counterexample, and the counts."""
    found = whole
    names = [each["finding"] for each in found["violations"]]
    assert len(set(names)) == len(names) < found["ways"]
    assert "I7 payments.charge, drop_response on payments.charge" in names
    assert any(each["ways"] > 1 for each in found["violations"])
    assert all(each["histories"] >= each["ways"] for each in found["violations"])
    assert f": {len(names)} findings in {found['ways']} distinct ways" in found["output"]
    assert all(name in found["output"] for name in names)


def test_a_baseline_holds_what_is_known(whole: dict[str, Any]) -> None:
    """Known findings do not fail, a new one does, and one that is gone is shown."""
    Path("known.json").write_text(whole["baseline"])
    known = _search(0, *ONE, "--baseline", "known.json")
    names = json.loads(Path("known.json").read_text())["findings"]
    assert names == [each["finding"] for each in whole["violations"]]
    assert known["verdict"] == "valid"
    assert all(each["known"] for each in known["violations"])
    assert known["gone"] == []

    gone = "I2 payments.charge, refuse on shipping.create"
    Path("known.json").write_text(json.dumps({"findings": [*names[1:], gone]}))
    changed = _search(1, *ONE, "--baseline", "known.json")
    assert [each["finding"] for each in changed["violations"] if not each["known"]] == names[:1]
    assert changed["gone"] == [gone]
    assert f"no longer found: {gone}" in changed["output"]


def test_a_search_that_was_not_finished_says_nothing_of_what_is_missing() -> None:
    """It writes no baseline, which would lose findings, and takes none of them for gone."""
    known = json.dumps({"findings": ["I7 payments.charge, refuse on shipping.create"]})
    Path("known.json").write_text(known)
    words = ("--first", "--baseline", "known.json", "--write-baseline", "known.json")
    found = _search(1, *ONE, *words)

    assert Path("known.json").read_text() == known
    assert "known.json was not written: the search was not finished" in found["output"]
    assert found["gone"] == []


def test_findings_can_be_skipped(whole: dict[str, Any]) -> None:
    """By their names, or by the invariant with or without the operation."""
    invariants = sorted({each["invariant"] for each in whole["violations"]})
    skipped = [word for name in invariants for word in ("--skip", name)]

    assert _search(0, *ONE, *skipped)["verdict"] == "valid"
    assert _search(1, *ONE, *skipped[:-2])["verdict"] == "invalid"


def test_the_first_that_is_new_ends_the_search(whole: dict[str, Any]) -> None:
    """Not one that is known."""
    name = whole["violations"][0]["finding"]
    found = _search(1, *ONE, "--first", "--skip", name)

    assert any(not each["known"] for each in found["violations"])


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"findings": [1]}'])
def test_what_is_no_baseline_is_refused(text: str) -> None:
    """With the option that writes one."""
    Path("known.json").write_text(text)
    result = command(*ONE, "--baseline", "known.json")

    assert result.exit_code == 2
    assert "known.json is no baseline" in result.stderr


@pytest.mark.parametrize("name", ["", "I77", "payments.charge", "i7 payments.charge"])
def test_what_names_no_finding_is_refused(name: str) -> None:
    """A misspelt name would skip nothing, and be told as gone."""
    result = command(*ONE, "--skip", name)

    assert result.exit_code == 2
    assert f"{name!r} names no finding; it begins with an invariant, such as I7" in result.output
