"""``sagacheck explore`` and ``replay`` as people use them."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from tests.cli._commands import ROOT, VALID, command, process, write
from tests.shop import load_file

SAGAS = ROOT / "tests" / "sagas"
NAIVE = f"{SAGAS / 'naive.py'}:SAGA"
LOST_REPLY = ("--only", "inventory.reserve", "--only", "drop_response", "--faults", "1")


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what was found in the naive saga."""
    folder = tmp_path_factory.mktemp("explore")
    result = command(
        *("explore", *LOST_REPLY, "--saga", NAIVE),
        *("--runs", folder / "runs", "--json", folder / "found.json"),
    )
    assert result.exit_code == 1, result.output
    (folder / "output.txt").write_text(result.output)
    kept = (folder / "runs" / "latest" / "counterexamples").resolve()
    (folder / "counterexamples").symlink_to(kept)
    return folder


def test_our_saga_stands_every_single_fault(tmp_path: Path) -> None:
    """Each of more than a hundred histories with one fault is consistent."""
    result = command("explore", "--faults", "1", "--runs", tmp_path, "--json", tmp_path / "f.json")
    assert result.exit_code == 0, result.output
    written = json.loads((tmp_path / "f.json").read_text())
    assert written["verdict"] == "valid"
    assert written["histories"] > 100
    assert written["violations"] == []
    assert {"crash_after", "evict", "drop_response"} <= set(written["choices"]["payments.charge"])
    assert "cancel by update before" in written["choices"]["shipping.create"]
    assert "parcels leave at once" in written["choices"]["world"]


def test_our_saga_stands_two_orders_that_want_the_same(tmp_path: Path) -> None:
    """Contention is explored too, and so is the order of the calls."""
    result = command("explore", "--orders", "2", "--faults", "1", "--runs", tmp_path)
    assert result.exit_code == 0, result.output
    assert "delay_request 0.5s" in result.output


def test_the_json_says_what_is_promised(found: Path) -> None:
    """The keys are those of the public contract."""
    written = json.loads((found / "found.json").read_text())
    assert {"histories", "seconds", "faults", "verdict", "violations", "choices"} <= set(written)
    assert written["verdict"] == "invalid"
    assert written["choices"]["inventory.reserve"] == ["drop_response", "drop_response, 3 times"]
    by_invariant = {each["invariant"]: each for each in written["violations"]}
    assert by_invariant["I13"]["order"] == "o1"
    assert "drop_response" in by_invariant["I13"]["scenario"]


def test_people_see_the_smallest_violation_and_how_to_run_it_again(found: Path) -> None:
    """What is wrong, how it comes about, and the command that shows it."""
    output = (found / "output.txt").read_text()
    assert "I13 inventory.reserve was done 2 times with no key at all" in output
    assert "drop_response on call 1 of inventory.reserve for o1" in output
    assert f" --saga {NAIVE}" in _replayed(output)


def test_the_command_that_runs_it_again_does(found: Path) -> None:
    """As it is printed, with the saga that it was found in: without that nothing would fail."""
    (_, *words) = shlex.split(_replayed((found / "output.txt").read_text()))

    again = command(*words)

    assert again.exit_code == 1
    assert "FAILED" in again.output


def _replayed(output: str) -> str:
    """The line with the command that runs a counterexample again."""
    return next(line for line in output.splitlines() if "sagacheck replay " in line)


def test_a_counterexample_is_a_scenario_that_fails(found: Path) -> None:
    """`run` takes the file, and finds the same."""
    files = sorted((found / "counterexamples").glob("*.yaml"))
    assert files
    assert "drop_response on call 1 of inventory.reserve" in load_file(files[0]).name
    assert files[0].with_suffix(".o1.history.json").is_file()
    again = command("run", files[0], "--saga", NAIVE, "--runs", found / "runs")
    assert again.exit_code == 1
    assert load_file(files[0]).name.partition(" ")[0] in again.output


@pytest.mark.parametrize("engine", ["simulated", "server"])
def test_replay_says_failed_until_it_is_fixed(found: Path, engine: str) -> None:
    """On either engine, with the saga that has the bug and with one that has not."""
    (first, *_) = sorted((found / "counterexamples").glob("*.yaml"))
    failed = command("replay", first, "--saga", NAIVE, "--engine", engine)
    assert failed.exit_code == 1
    assert failed.output.startswith("FAILED I")
    fixed = command("replay", first, "--engine", engine)
    assert fixed.exit_code == 0, fixed.output
    assert fixed.output.startswith("FIXED I")


def test_what_has_never_failed_is_not_fixed(tmp_path: Path) -> None:
    """A scenario of the catalogue may be replayed, too; it is valid, and not more."""
    write(tmp_path, a=VALID)

    replayed = command("replay", tmp_path)

    assert replayed.output.startswith("VALID ")


def test_a_scenario_of_ones_own_can_be_the_beginning(tmp_path: Path) -> None:
    """The search adds its faults to what the scenario says."""
    write(
        tmp_path,
        base="""\
scenario: the card is declined
why: w
given: {cards: {pm_x: declined}}
orders: [{id: mine, payment_method_id: pm_x}]
expect: {mine: {status: failed}}
""",
    )
    result = command(
        "explore", tmp_path / "base.yaml", "--faults", "1", "--runs", tmp_path / "runs"
    )
    assert result.exit_code == 0, result.output
    assert "release" in result.output


def test_a_stopped_search_that_found_nothing_is_unknown(tmp_path: Path) -> None:
    """Half a search proves nothing."""
    result = command("explore", "--budget", "0", "--runs", tmp_path)
    assert result.exit_code == 3
    assert "stopped before the end" in result.output


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--shard", "3/2"], "'3/2' is not I/N with I from 1 to N, such as 1/4"),
        (["--only", "drop_respnse"], "'drop_respnse' is unknown (did you mean 'drop_response'?)"),
        (["--faults", "7"], "7 is not in the range 0<=x<=6"),
        (["no.yaml"], "no.yaml"),
        (["scenarios/catalogue/contention"], "begins with one scenario"),
        (["base.yaml", "--orders", "2"], "SCENARIO has its own"),
        (["--saga", "nowhere:SAGA"], "cannot import nowhere"),
    ],
)
def test_wrong_usage_is_told_with_what_would_be_right(words: list[str], message: str) -> None:
    """Exit code 2, the value, and a suggestion."""
    result = command("explore", *words)
    assert result.exit_code == 2
    assert message in result.output


def test_it_runs_as_a_process_with_two_jobs(tmp_path: Path) -> None:
    """The way it is typed, with processes of its own."""
    words = ("--only", "drop_response", "--jobs", "2", "--runs", tmp_path / "runs")
    done = process("-m", "sagacheck", "explore", *words, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert "valid" in done.stdout
    assert (
        (tmp_path / "runs" / "latest" / "command.txt").read_text().startswith("sagacheck explore ")
    )
