"""What ``sagacheck simulate`` does."""

from __future__ import annotations

import json
import random
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sagacheck.cli.inputs import saga_or_exit
from sagacheck.cli.printing.simulation import (
    print_simulation,
    simulation_json,
    simulation_progress,
)
from sagacheck.explore import replay_command, write_counterexample
from sagacheck.output import console_for
from sagacheck.result_files import write_text
from sagacheck.run import new_folder
from sagacheck.saga import SagaUnderTest, saga_words
from sagacheck.simulate import Simulation, Swarm, simulate

_SEEDS = 1_000_000


@dataclass(frozen=True, kw_only=True)
class SimulateOptions:
    """The options of the command."""

    runs: int
    orders: int
    seed: int | None
    jobs: int
    budget: float | None
    saga_reference: str | None
    json_file: Path | None
    folder: Path


def run_swarm(options: SimulateOptions) -> int:
    """Simulate, print and write what was found; the exit code."""
    saga = saga_or_exit(options.saga_reference)
    swarm = _swarm_of(options)
    console = console_for()
    console.print(f"seed {swarm.seed}")
    with simulation_progress(console_for(stderr=True), swarm.runs) as on_seed:
        simulation = simulate(swarm, on_seed)
    files: dict[int, Path] = {}
    try:
        folder = new_folder(options.folder, _command(swarm, swarm.seed, swarm.runs))
        files = _write_counterexamples(simulation, saga, folder / "counterexamples")
        _write_json(simulation, files, folder / "results.json", options.json_file)
    finally:  # a full disk hides no verdict
        print_simulation(console, simulation, files, partial(_command, swarm))
    return simulation.verdict.exit_code


def _swarm_of(options: SimulateOptions) -> Swarm:
    seed = options.seed
    return Swarm(
        seed=random.randrange(_SEEDS) if seed is None else seed,  # noqa: S311 - no secret
        runs=options.runs,
        orders=options.orders,
        saga_reference=options.saga_reference,
        jobs=options.jobs,
        budget=options.budget,
    )


def _write_counterexamples(
    simulation: Simulation, saga: SagaUnderTest, folder: Path
) -> dict[int, Path]:
    """Write the smallest scenario of each failed seed; the files by their seeds."""
    files: dict[int, Path] = {}
    for result in simulation.distinct():
        if result.scenario is not None:
            file = files[result.seed] = folder / f"seed-{result.seed}.yaml"
            again = replay_command(file, simulation.swarm.saga_reference)
            write_counterexample(result.scenario, result.violations[0], saga, file, again=again)
    return files


def _write_json(simulation: Simulation, files: Mapping[int, Path], *into: Path | None) -> None:
    text = json.dumps(simulation_json(simulation, files), indent=2) + "\n"
    for file in filter(None, into):
        write_text(file, text)


def _command(swarm: Swarm, seed: int, runs: int = 1) -> str:
    """The command that plays these seeds again."""
    numbers = f"--seed {seed} --runs {runs} --orders {swarm.orders}".split()
    return shlex.join(["sagacheck", "simulate", *numbers, *saga_words(swarm.saga_reference)])
