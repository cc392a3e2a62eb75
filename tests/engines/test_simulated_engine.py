"""The simulated engine: virtual time, the same verdicts, the same run for the same seed."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import subprocess
import sys
import weakref
from pathlib import Path

import msgspec
import pytest
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

from sagacheck.checks import Verdict
from sagacheck.engines import SimulatedEngine, Trial, quiet_sdk
from sagacheck.inprocess import httpx_patch
from sagacheck.run import ScenarioResult, run_all
from sagacheck.run.judging.judge import run_one
from scenarios import SAGA
from tests.shop import find, load, load_file, load_text

CATALOGUE = find()
PLAIN = """
scenario: nothing fails
why: the plainest order there is
orders: [{id: o1}]
expect: {o1: {status: completed}}
"""
MOST_GARBAGE = 30
"""Objects that the SDK's client leaves to the collector, with some to spare for other versions."""
REPEATED = [file for file in CATALOGUE if file.parent.name in ("worker", "contention")]
PRINT_RUN = """
import sys
from pathlib import Path
from tests.engines.test_simulated_engine import fingerprint, simulated
print(fingerprint(simulated(Path(sys.argv[1]))))
"""


def simulated(file: Path, *, seed: int = 0) -> ScenarioResult:
    """Run a scenario in virtual time."""

    async def run() -> ScenarioResult:
        saga = SAGA
        async with SimulatedEngine(saga, seed=seed) as engine:
            return await run_one(load_file(file), engine, saga)

    return asyncio.run(run())


def fingerprint(result: ScenarioResult) -> str:
    """All that a run leaves behind: its journal, its ledger and its histories."""
    world = result.trial.world
    return json.dumps(
        {
            "journal": msgspec.to_builtins(world.journal.attempts),
            "entries": msgspec.to_builtins(world.ledger.entries),
            "histories": [outcome.history for outcome in result.trial.outcomes.values()],
        },
        default=str,
    )


Results = dict[str, ScenarioResult]


def catalogue(*, evict_always: bool = False) -> Results:
    """Run the whole catalogue in virtual time; the results by the scenarios' files."""

    async def run() -> list[ScenarioResult]:
        saga = SAGA
        async with SimulatedEngine(saga, evict_always=evict_always) as engine:
            return await run_all(load(CATALOGUE), engine, saga, at_once=1)

    return {result.scenario.file: result for result in asyncio.run(run())}


@pytest.fixture(scope="module", name="cached")
def _cached() -> Results:
    return catalogue()


@pytest.fixture(scope="module", name="evicted")
def _evicted() -> Results:
    return catalogue(evict_always=True)


@pytest.mark.parametrize("file", CATALOGUE, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_the_catalogue_is_valid_in_virtual_time(file: Path, cached: Results) -> None:
    """Each scenario comes out valid, as it does on the server."""
    result = cached[str(file)]

    assert (result.violations, result.unmet) == ((), ())
    assert result.verdict is Verdict.VALID


@pytest.mark.parametrize("file", CATALOGUE, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_eviction_after_every_task_changes_nothing(
    file: Path, cached: Results, evicted: Results
) -> None:
    """A worker that forgets each order after each task and replays it leaves the very same."""
    result = evicted[str(file)]

    assert result.verdict is Verdict.VALID
    assert fingerprint(result) == fingerprint(cached[str(file)])
    for outcome in result.trial.outcomes.values():
        tasks = outcome.history.count("EVENT_TYPE_WORKFLOW_TASK_COMPLETED")
        assert (outcome.replays > 0) == (tasks > 1), "the second task begins with a replay"


@pytest.mark.parametrize("file", REPEATED, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_the_same_seed_gives_the_same_run(file: Path) -> None:
    """Journal, ledger and histories of two runs are the same, byte for byte."""
    assert fingerprint(simulated(file)) == fingerprint(simulated(file))


def test_hash_seeds_do_not_matter() -> None:
    """Two processes whose sets and dicts hash differently run the same."""
    file = next(file for file in CATALOGUE if file.stem == "ten-buyers-of-five")
    runs = {
        subprocess.run(
            [sys.executable, "-c", PRINT_RUN, str(file)],
            env={**os.environ, "PYTHONHASHSEED": str(hash_seed)},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for hash_seed in (1, 2)
    }

    assert len(runs) == 1


def test_another_seed_gives_other_run_ids() -> None:
    """What is random differs with the seed, so that sameness says something."""
    assert fingerprint(simulated(CATALOGUE[0])) != fingerprint(simulated(CATALOGUE[0], seed=1))


def test_a_trial_that_is_over_is_freed_at_once() -> None:
    """Nothing of it waits for the garbage collector, least of all the workflow and the world.

    Else a hundred trials are in memory at a time, and none of them in a processor's cache.
    """
    saga, scenario = SAGA, load_text(PLAIN)
    engine = SimulatedEngine(saga)

    def play() -> list[weakref.ref[object]]:
        trial = Trial(scenario, saga, engine.new_clock())
        engine.play_now(trial)
        return [weakref.ref(each) for each in (trial, trial.world, trial.clock)]

    with httpx_patch(), quiet_sdk():
        play()
        gc.collect()
        gc.disable()
        try:
            watched = play()
            freed = [ref() is None for ref in watched]
            found = gc.collect()
        finally:
            gc.enable()

    assert freed == [True, True, True]
    assert found < MOST_GARBAGE


class _Breaks(Trial):
    """A trial that breaks when its orders have ended."""

    async def finish(self) -> None:
        """Break."""
        raise ZeroDivisionError


def test_trials_do_not_know_of_each_other() -> None:
    """A trial after others, the last of which broke, is the very same as one on its own."""
    saga = SAGA
    engine, alone = SimulatedEngine(saga), SimulatedEngine(saga)

    def play(engine: SimulatedEngine, file: Path) -> list[dict[str, object]]:
        trial = Trial(load_file(file), saga, engine.new_clock())
        engine.play_now(trial)
        histories = [json.loads(outcome.history) for outcome in trial.outcomes.values()]
        return [*map(msgspec.to_builtins, trial.world.journal), *histories]

    with httpx_patch(), quiet_sdk():
        for file in REPEATED:
            play(engine, file)
        with pytest.raises(ZeroDivisionError):
            engine.play_now(_Breaks(load_text(PLAIN), saga, engine.new_clock()))
        for file in REPEATED:
            assert play(engine, file) == play(alone, file)


def test_the_replayer_refuses_a_changed_history() -> None:
    """A history in which another activity was scheduled is none of this workflow."""
    outcome = simulated(CATALOGUE[0]).trial.outcomes["o1"]
    changed = outcome.history.replace("charge_payment", "reserve_payment")

    with pytest.raises(NondeterminismError):
        asyncio.run(_replay(WorkflowHistory.from_json(outcome.workflow_id, changed)))


async def _replay(history: WorkflowHistory) -> None:
    replayer = Replayer(workflows=[SAGA.workflow], data_converter=pydantic_data_converter)
    await replayer.replay_workflow(history)
