"""``--check-determinism`` and ``--evict-always``: runs that cannot be had again, and replays."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from sagacheck.run import sample
from tests.cli._commands import ROOT, VALID, command, process, write
from tests.shop import load_text

PYTEST = ("-m", "pytest", "-p", "no:cacheprovider", "-q")
SAGAS = ROOT / "tests" / "sagas"
CALL = "call 1 of inventory.reserve for o1, "
FORGOTTEN = f"{VALID}faults: [{{on: inventory.reserve, fault: evict}}]"


def _named(name: str) -> str:
    return VALID.replace("nothing goes wrong", name)


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, a=VALID)


@pytest.mark.parametrize(
    ("saga", "place"),
    [
        *((name, CALL) for name in ("BY_CLOCK", "BY_CHANCE", "BY_HASHES", "BY_ADDRESSES")),
        ("BY_TASKS", "event 16 of o1, ACTIVITY_TASK_SCHEDULED, "),
    ],
)
def test_what_does_not_repeat_is_unknown(tmp_path: Path, saga: str, place: str) -> None:
    """Clocks, dice and the order of sets: all invariants hold, and yet nothing is known."""
    result = command(
        *("run", "a.yaml", "--saga", f"tests.sagas.unrepeatable:{saga}"),
        *("--json", "out.json", "--junit", "out.xml", "--check-determinism"),
    )

    assert result.exit_code == 3, result.output
    [unmet] = json.loads((tmp_path / "out.json").read_text())["scenarios"][0]["unmet"]
    assert unmet["kind"] == "determinism"
    where = f"the second run differed: {re.escape(place)}"
    assert re.fullmatch(f"{where}.*: first .+, then .+", unmet["detail"]), unmet["detail"]
    assert unmet["detail"] in result.output.replace("\n  ", " ")
    assert "1 scenario rerun: 1 differed" in result.output
    assert ET.parse(tmp_path / "out.xml").find(".//testcase/error") is not None


def test_what_repeats_stays_valid() -> None:
    """A saga that depends on nothing but its order gives the same run twice."""
    result = command("run", "a.yaml", "--saga", "tests.sagas.small:RESERVES", "--check-determinism")

    assert result.exit_code == 0, result.output
    assert "1 scenario rerun: identical, byte for byte" in result.output


def test_a_share_of_one_scenario_is_that_scenario() -> None:
    """Half of one is one: a check of nothing would be no check."""
    for percent in (0.001, 50):
        result = command(
            *("run", "a.yaml", "--saga", "tests.sagas.unrepeatable:BY_CLOCK"),
            f"--check-determinism={percent}",
        )
        assert result.exit_code == 3, result.output


def test_a_violation_that_was_seen_stays(tmp_path: Path) -> None:
    """Invalid is not taken back because the run cannot be had again."""
    write(tmp_path, a=VALID.replace("completed", "failed"))

    result = command(
        *("run", "a.yaml", "--saga", "tests.sagas.unrepeatable:BY_CLOCK", "--check-determinism")
    )

    assert result.exit_code == 1
    assert "the second run differed" in result.output


def test_what_one_scenario_leaves_to_the_next_is_found(tmp_path: Path) -> None:
    """The sample is played without the rest, so that state that leaks between them shows."""
    names = [f"number {number}" for number in range(100)]
    chosen = sample([load_text(_named(name)) for name in names], 50)
    in_it = chosen[0].name
    before = next(name for name in names if name not in {each.name for each in chosen})
    write(tmp_path, a=_named(before), b=_named(in_it))

    result = command(
        *("run", ".", "--saga", "tests.sagas.unrepeatable:BY_COUNTER"),
        "--check-determinism=50",
    )

    assert result.exit_code == 3
    assert "1 valid, 1 unknown in" in result.output
    assert "call 1 of inventory.reserve for o1, key: first" in result.output


def test_a_second_play_that_fails_is_unknown(tmp_path: Path) -> None:
    """Where the other process cannot do it, that is said, with its own words."""
    (tmp_path / "once.py").write_text(
        "from pathlib import Path\n"
        "Path('there').mkdir()\n"
        "from tests.sagas.small import RESERVES as SAGA\n"
    )

    result = command("run", "a.yaml", "--saga", "once.py:SAGA", "--check-determinism")

    assert result.exit_code == 3
    assert "the second run failed: --saga: 'once.py:SAGA'; cannot import once" in result.output


def test_the_sample_is_always_the_same() -> None:
    """Names decide, about as many as are asked for; a larger sample holds the smaller one."""
    scenarios = [load_text(_named(f"number {number}")) for number in range(1000)]
    five, fifty = ({each.name for each in sample(scenarios, share)} for share in (5, 50))

    assert 25 < len(five) < 75
    assert 400 < len(fifty) < 600
    assert five < fifty
    assert sample(scenarios, 0) == []
    assert sample(scenarios, 100) == scenarios


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--check-determinism", "a.yaml"], "write --check-determinism=100 before a path"),
        (["--check-determinism=101", "a.yaml"], "101.0 is not in the range 0<=x<=100"),
        (["--engine", "server", "--check-determinism"], "needs virtual time"),
    ],
)
def test_wrong_usage_is_said(words: list[str], said: str) -> None:
    """A share that is none, and an engine whose runs are never the same."""
    result = command("run", *words)

    assert result.exit_code == 2
    assert said in " ".join(result.stderr.replace("│", "").split())


def test_the_command_that_repeats_a_run_has_the_options() -> None:
    """What was found by them is found again."""
    result = command(
        *("run", "a.yaml", "--saga", "tests.sagas.small:RESERVES"),
        *("--evict-always", "--check-determinism=7.5"),
    )

    assert "--evict-always --check-determinism=7.5\n" in result.output


@pytest.mark.does_not_replay
def test_a_broken_replay_is_reported_like_any_violation(tmp_path: Path) -> None:
    """Console, JSON and JUnit show I15 with the first difference."""
    write(tmp_path, a=FORGOTTEN)
    result = command(
        *("run", "a.yaml", "--saga", "tests.sagas.nondeterministic:BY_COUNTER"),
        *("--json", "out.json", "--junit", "out.xml"),
    )

    said = "I15: o1 does something else when it is replayed: event 10 says [TMPRL1100] "
    assert result.exit_code == 1
    assert said in result.output
    violations = json.loads((tmp_path / "out.json").read_text())["scenarios"][0]["violations"]
    assert [each["invariant"] for each in violations][:1] == ["I15"]
    assert "command 1 was schedule activity activity_id=" in violations[0]["detail"]
    failure = ET.parse(tmp_path / "out.xml").find(".//testcase/failure")
    assert failure is not None
    assert failure.get("message", "").startswith(said)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            [
                "--sagacheck-check-determinism=100",
                *("--sagacheck-saga", f"{SAGAS}/unrepeatable.py:BY_CLOCK"),
            ],
            "a.yaml:1: unknown: the second run differed: call 1 of",
        ),
        (
            [
                "--sagacheck-evict-always",
                *("--sagacheck-saga", f"{SAGAS}/nondeterministic.py:BY_COUNTER"),
            ],
            "a.yaml:1: invalid: I15: o1 does something else when it is replayed",
        ),
    ],
    ids=["determinism", "evict"],
)
def test_pytest_takes_the_options_too(tmp_path: Path, options: list[str], said: str) -> None:
    """A scenario as a test fails for the same reasons."""
    done = process(*PYTEST, "a.yaml", *options, cwd=tmp_path)

    assert done.returncode == 1, done.stdout + done.stderr
    assert said in done.stdout


def test_pytest_passes_what_repeats(tmp_path: Path) -> None:
    """With both options a good saga passes, each test when its second play is there."""
    write(tmp_path, b=_named("another"))

    done = process(
        *(
            *PYTEST,
            "a.yaml",
            "b.yaml",
            "--sagacheck-evict-always",
            "--sagacheck-check-determinism=100",
        ),
        *("--sagacheck-saga", f"{SAGAS}/small.py:RESERVES"),
        cwd=tmp_path,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--sagacheck-check-determinism", "a.yaml"], "before a path"),
        (
            ["a.yaml", "--sagacheck-check-determinism", "--sagacheck-engine", "server"],
            "needs virtual time",
        ),
    ],
)
def test_pytest_refuses_what_makes_no_sense(tmp_path: Path, words: list[str], said: str) -> None:
    """Before anything is run."""
    done = process(*PYTEST, *words, cwd=tmp_path)

    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert said in done.stderr
