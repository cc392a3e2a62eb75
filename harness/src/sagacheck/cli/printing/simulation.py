"""A simulation in a terminal, and as JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.progress import TimeRemainingColumn

from sagacheck.checks import Verdict
from sagacheck.explore import replay_command
from sagacheck.output import escape, progress_bar, styled
from sagacheck.plural import count
from sagacheck.simulate import CONFIDENCE, OnSeed, SeedResult, Simulation

FEW = 10
"""So many failures are shown."""

SeedCommand = Callable[[int], str]
"""The command that plays a seed again."""


def simulation_json(simulation: Simulation, files: Mapping[int, Path]) -> dict[str, Any]:
    """The simulation as ``--json`` writes it; `files` are the counterexamples by their seeds."""
    swarm, results = simulation.swarm, simulation.results
    return {
        "seed": swarm.seed,
        "orders": swarm.orders,
        "runs": len(results),
        **simulation.orders.as_json(),
        "calls": sum(result.calls for result in results),
        "faults": sum(result.faults for result in results),
        "seconds": round(simulation.seconds, 3),
        "verdict": str(simulation.verdict),
        "failed": [result.seed for result in simulation.failed],
        "violations": [
            {
                **result.violations[0].as_json(),
                "seed": result.seed,
                "scenario": str(files[result.seed]),
            }
            for result in simulation.distinct()
        ],
        **({"vacuous": simulation.why_vacuous} if simulation.why_vacuous else {}),
        "unknown": [
            {"seed": result.seed, "detail": result.unknown[0]}
            for result in results
            if result.unknown
        ],
    }


@contextmanager
def simulation_progress(console: Console, runs: int) -> Iterator[OnSeed]:
    """A bar that moves with each seed, and says how many break an invariant."""
    bar = progress_bar(console, TimeRemainingColumn())
    task = bar.add_task("simulating", total=runs)
    failed = 0

    def on_seed(result: SeedResult) -> None:
        nonlocal failed
        failed += result.verdict is Verdict.INVALID
        bad = f", {failed} break an invariant" if failed else ""
        bar.update(task, advance=1, description=f"simulating{bad}")

    with bar:
        yield on_seed


def print_simulation(
    console: Console,
    simulation: Simulation,
    files: Mapping[int, Path],
    seed_command: SeedCommand,
) -> None:
    """Print what is wrong, each with the commands that play it again, and the totals."""
    distinct = simulation.distinct()
    for result in distinct[:FEW]:
        _print_failure(console, result, seed_command(result.seed))
        if file := files.get(result.seed):
            again = replay_command(file, simulation.swarm.saga_reference)
            console.print(f"    [dim]{escape(again)}[/]", soft_wrap=True)
    if len(distinct) > FEW:
        console.print(f"\nshowing {FEW} of {len(distinct)} distinct failures")
    for result in [result for result in simulation.results if result.unknown][:FEW]:
        what = f"seed {result.seed}: {result.unknown[0]}"
        console.print(f"\n{styled(Verdict.UNKNOWN)} {escape(what)}")
    if why := simulation.why_vacuous:
        console.print(f"\n{styled(Verdict.UNKNOWN)} {escape(why)}")
    console.print(f"\n{styled(simulation.verdict)}: {_totals(simulation)}")
    if simulation.stopped:
        console.print(f"{escape(simulation.stopped)}: not all runs were played")
    elif simulation.results and not simulation.failed and not simulation.why_vacuous:
        console.print(
            f"With {CONFIDENCE:.0%} confidence fewer than 1 run in "
            f"{1 / simulation.rate_below:,.0f} fails."
        )


def _totals(simulation: Simulation) -> str:
    results, failed = simulation.results, len(simulation.failed)
    verb = "breaks" if failed == 1 else "break"
    played = [
        str(simulation.orders),
        count(sum(result.calls for result in results), "call"),
        count(sum(result.faults for result in results), "fault"),
    ]
    return (
        f"{failed:,} of {count(len(results), 'run')} {verb} an invariant; "
        f"{', '.join(played)} in {simulation.seconds:.1f} s"
    )


def _print_failure(console: Console, result: SeedResult, again: str) -> None:
    assert result.scenario is not None, "a failed seed has its scenario"
    violation = result.violations[0]
    invariant = styled(Verdict.INVALID, violation.invariant)
    console.print(f"\n{invariant} {escape(violation.detail)}")
    for fault in result.scenario.faults:
        order = f" for {fault.order}" if fault.order else ""
        line = f"{fault.fault} on call {fault.calls} of {fault.on}{order}"
        console.print(Padding.indent(escape(line), 4))
    for event in result.scenario.events:
        console.print(Padding.indent(escape(f"{event.what} {event.when}"), 4))
    console.print(f"    [dim]{escape(again)}[/]", soft_wrap=True)
