"""``sagacheck simulate`` as people use it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sagacheck.checks import Verdict
from sagacheck.simulate import SeedResult, Simulation, Swarm, simulate
from sagacheck.simulate import swarm as swarming
from tests.cli._commands import ROOT, command, process
from tests.shop import load_file

NAIVE = f"{ROOT / 'tests' / 'sagas' / 'naive.py'}:SAGA"


def test_our_saga_stands_a_swarm(tmp_path: Path) -> None:
    """The seed comes first, then how sure one may be."""
    result = command(
        *["simulate", "--runs", "12", "--seed", "100", "--jobs", "1", "--folder"], tmp_path
    )
    assert result.exit_code == 0, result.output
    assert result.output.startswith("seed 100\n")
    assert "With 95% confidence fewer than 1 run in 5 fails." in result.output


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what was found in the naive saga."""
    folder = tmp_path_factory.mktemp("simulate")
    words = ["simulate", "--runs", "2", "--seed", "1", "--orders", "3", "--jobs", "1"]
    result = command(*words, "--saga", NAIVE, "--folder", folder, "--json", folder / "found.json")
    assert result.exit_code == 1, result.output
    (folder / "output.txt").write_text(result.output)
    return folder


def test_a_failure_names_the_command_that_repeats_it(found: Path) -> None:
    """Of its one run, and of its smallest scenario."""
    output = (found / "output.txt").read_text()
    assert "--runs 1 --orders 3" in output
    replayed = next(line for line in output.splitlines() if "sagacheck replay " in line)
    assert replayed.endswith(f" --saga {NAIVE}")


def test_a_failure_is_shrunk_to_a_scenario_that_still_fails(found: Path) -> None:
    """Of three orders one is left, and `replay` says FAILED."""
    written = json.loads((found / "found.json").read_text())
    (first, *_) = written["violations"]
    scenario = load_file(first["scenario"])
    assert len(scenario.orders) == 1
    assert len(scenario.faults) + len(scenario.events) <= 3
    again = command("replay", first["scenario"], "--saga", NAIVE)
    assert again.exit_code == 1
    assert first["invariant"] in again.output


def test_the_same_seed_finds_the_same(found: Path, tmp_path: Path) -> None:
    """In another process, with other hashes, and by two jobs."""
    words = ("--runs", "2", "--seed", "1", "--orders", "3", "--jobs", "2")
    more = ("--saga", NAIVE, "--folder", tmp_path, "--json", tmp_path / "again.json")
    done = process("-m", "sagacheck", "simulate", *words, *more, cwd=ROOT)
    assert done.returncode == 1, done.stderr
    first, again = (
        json.loads(file.read_text()) for file in (found / "found.json", tmp_path / "again.json")
    )
    for each in (first, again):
        each.pop("seconds")
        for violation in each["violations"]:
            violation["scenario"] = Path(violation["scenario"]).read_text().split("\n", 2)[2]
    assert first == again


def test_ctrl_c_keeps_what_was_run() -> None:
    """What has been run has been run; that nothing was found by then proves nothing."""

    def interrupt(_result: SeedResult) -> None:
        raise KeyboardInterrupt

    simulation = simulate(Swarm(seed=1, runs=5, orders=1), interrupt)
    assert [result.seed for result in simulation.results] == [1]
    assert simulation.verdict is Verdict.UNKNOWN


def test_a_swarm_that_ran_nothing_is_unknown() -> None:
    """Nothing was shown."""
    assert Simulation(Swarm(seed=1)).verdict is Verdict.UNKNOWN


def test_what_breaks_the_harness_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not said to be consistent, and not to be inconsistent."""

    class NoWorldError(Exception):
        pass

    def no_trial(*_: object) -> None:
        raise NoWorldError

    monkeypatch.setattr("sagacheck.run.local_player.Trial", no_trial)
    (result,) = simulate(Swarm(seed=1, runs=1)).results
    assert result.verdict is Verdict.UNKNOWN
    assert "NoWorldError" in result.unknown[0]


@pytest.mark.parametrize(("runs", "one_in"), [(1, 1.05), (59, 20.2), (300, 100.6)])
def test_clean_runs_bound_the_rate_of_failures(runs: int, one_in: float) -> None:
    """At one failure in twenty, 59 clean runs in a row would have been luck of 5 %."""
    clean = [SeedResult(seed, Verdict.VALID) for seed in range(runs)]
    simulation = Simulation(Swarm(seed=0), clean)
    assert 1 / simulation.rate_below == pytest.approx(one_in, rel=0.01)
    assert (1 - simulation.rate_below) ** runs == pytest.approx(1 - swarming.CONFIDENCE)
