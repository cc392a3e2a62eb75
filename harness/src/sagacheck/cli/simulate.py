"""``sagacheck simulate``."""

from __future__ import annotations

import json
import random
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from sagacheck.checks import Verdict
from sagacheck.cli.options import EXIT_CODES, SAGA, NewFile, saga_or_exit
from sagacheck.explore import replay_command, write_counterexample
from sagacheck.language import Event
from sagacheck.output import STYLES, console_for
from sagacheck.run import new_folder, processors
from sagacheck.saga import SagaUnderTest, saga_words
from sagacheck.simulate import CONFIDENCE, OnRun, Run, Simulation, Swarm
from sagacheck.simulate import simulate as simulate_all

EXAMPLES = """\b
Examples:
  sagacheck simulate                       100 runs of 10 orders
  sagacheck simulate --runs 10000          a night's work
  sagacheck simulate --seed 4711 --runs 1  one run again
  sagacheck simulate --saga shop.py:SAGA   your own saga

\b
A run places all of its orders at once. They share customers, cards and scarce goods; each of
them may be cancelled, submitted again or asked for its status at any moment. Its seed draws
which faults happen where, and how often; after half a day all faults end, and every order must
come to its end within two days. A run that breaks an invariant is shrunk to the fewest orders,
faults and events that still break it, and left behind as a scenario file.
"""

FEW = 10
_SEEDS = 1_000_000


@click.command(epilog=f"{EXAMPLES}\n{EXIT_CODES}")
@click.option("--runs", type=click.IntRange(1), default=100, show_default=True, help="How many.")
@click.option(
    "--orders",
    type=click.IntRange(1, 1000),
    default=10,
    show_default=True,
    help="How many orders each run places.",
)
@click.option(
    "--seed", type=click.IntRange(0), help="The seed of the first run. [default: another each time]"
)
@click.option(
    "--jobs", type=click.IntRange(1, 256), default=processors, help="How many processes play."
)
@click.option("--budget", type=float, metavar="SECONDS", help="Begin no more runs after this time.")
@SAGA
@click.option("--json", "json_file", type=NewFile(), help="Write what was found as JSON.")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False, writable=True),
    default=Path("runs"),
    show_default=True,
    help="Where counterexamples are left behind, in a folder for each command.",
)
def simulate(  # noqa: PLR0913, PLR0917 - one parameter an option
    runs: int,
    orders: int,
    seed: int | None,
    jobs: int,
    budget: float | None,
    saga_reference: str | None,
    json_file: Path | None,
    folder: Path,
) -> None:
    """Play many orders with many faults, all drawn from a seed, and check what is left."""
    saga = saga_or_exit(saga_reference)
    first = random.randrange(_SEEDS) if seed is None else seed  # noqa: S311 - no secret
    swarm = Swarm(
        seed=first,
        runs=runs,
        orders=orders,
        saga_reference=saga_reference,
        jobs=jobs,
        budget=budget,
    )
    console = console_for()
    console.print(f"seed {first}")
    with _progress(console_for(stderr=True), runs) as on_run:
        simulation = simulate_all(swarm, on_run)
    kept = new_folder(folder, _command(swarm, first, runs))
    files = _save(simulation, saga, kept / "counterexamples")
    found = json.dumps(as_json(simulation, files), indent=2) + "\n"
    (kept / "results.json").write_text(found, encoding="utf-8")
    if json_file is not None:
        json_file.write_text(found, encoding="utf-8")
    _print(console, simulation, files)
    click.get_current_context().exit(simulation.verdict.exit_code)


def as_json(simulation: Simulation, files: dict[int, Path]) -> dict[str, Any]:
    """The simulation as ``--json`` writes it."""
    swarm, runs = simulation.swarm, simulation.runs
    return {
        "seed": swarm.seed,
        "orders": swarm.orders,
        "runs": len(runs),
        "calls": sum(run.calls for run in runs),
        "faults": sum(run.faults for run in runs),
        "seconds": round(simulation.seconds, 3),
        "verdict": str(simulation.verdict),
        "failed": [run.seed for run in simulation.failed],
        "violations": [
            {**run.violations[0].as_json(), "seed": run.seed, "scenario": str(files[run.seed])}
            for run in simulation.distinct()
        ],
        "unknown": [{"seed": run.seed, "detail": run.unknown[0]} for run in runs if run.unknown],
    }


def _save(simulation: Simulation, saga: SagaUnderTest, folder: Path) -> dict[int, Path]:
    """Write the smallest scenario of each failed run, and return the files by their seeds."""
    files: dict[int, Path] = {}
    for run in simulation.distinct():
        if run.scenario is not None:
            file = files[run.seed] = folder / f"seed-{run.seed}.yaml"
            again = replay_command(file, simulation.swarm.saga_reference)
            write_counterexample(run.scenario, run.violations[0], saga, file, again=again)
    return files


def _print(console: Console, simulation: Simulation, files: dict[int, Path]) -> None:
    swarm, runs, distinct = simulation.swarm, simulation.runs, simulation.distinct()
    for run in distinct[:FEW]:
        _print_run(console, swarm, run, files[run.seed])
    if len(distinct) > FEW:
        console.print(f"\nshowing {FEW} of {len(distinct)} distinct failures")
    for run in [run for run in runs if run.unknown][:FEW]:
        style = STYLES[Verdict.UNKNOWN]
        console.print(f"\n[{style}]unknown[/] seed {run.seed}: {escape(run.unknown[0])}")
    verdict, failed = simulation.verdict, len(simulation.failed)
    calls, faults = sum(run.calls for run in runs), sum(run.faults for run in runs)
    console.print(
        f"\n[{STYLES[verdict]}]{verdict}[/]: {failed:,} of {len(runs):,} runs break an invariant; "
        f"{len(runs) * swarm.orders:,} orders, {calls:,} calls, {faults:,} faults "
        f"in {simulation.seconds:.1f} s"
    )
    if simulation.interrupted:
        console.print("interrupted: not all runs were played")
    elif runs and not failed:
        console.print(
            f"With {CONFIDENCE:.0%} confidence fewer than 1 run in "
            f"{1 / simulation.rate_below:,.0f} fails."
        )


def _print_run(console: Console, swarm: Swarm, run: Run, file: Path) -> None:
    assert run.scenario is not None, "it was shrunk"
    violation = run.violations[0]
    style = STYLES[Verdict.INVALID]
    console.print(f"\n[{style}]{violation.invariant}[/] {escape(violation.detail)}")
    for fault in run.scenario.faults:
        order = f" for {fault.order}" if fault.order else ""
        line = f"{fault.fault} on call {fault.calls} of {fault.on}{order}"
        console.print(Padding.indent(escape(line), 4))
    for event in run.scenario.events:
        console.print(Padding.indent(escape(_in_words(event)), 4))
    console.print(f"    [dim]{escape(_command(swarm, run.seed, 1))}[/]", soft_wrap=True)
    again = replay_command(file, swarm.saga_reference)
    console.print(f"    [dim]{escape(again)}[/]", soft_wrap=True)


def _in_words(event: Event) -> str:
    what = f"{event.kind} {event.order}" if event.order else str(event.kind)
    when = event.when
    if when.operation is None:
        return f"{what} at {when.at:g} s"
    return f"{what} {when.moment} call {when.call} of {when.operation}"


def _command(swarm: Swarm, seed: int, runs: int) -> str:
    """The command that runs these seeds again."""
    numbers = f"--seed {seed} --runs {runs} --orders {swarm.orders}".split()
    return shlex.join(["sagacheck", "simulate", *numbers, *saga_words(swarm.saga_reference)])


@contextmanager
def _progress(console: Console, runs: int) -> Iterator[OnRun]:
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    task = bar.add_task("simulating", total=runs)
    failed = 0

    def on_run(run: Run) -> None:
        nonlocal failed
        failed += run.verdict is Verdict.INVALID
        bad = f", {failed} break an invariant" if failed else ""
        bar.update(task, advance=1, description=f"simulating{bad}")

    with bar:
        yield on_run
