"""Measures the catalogue on the embedded server: ``nox -s bench``.

Prints the seconds from the command to the first verdict, and for growing numbers of copies of the
catalogue the seconds, the scenarios per second and the memory of harness and server. Each number of
copies runs in a process of its own with a fresh server, so that none inherits from another.
"""

from __future__ import annotations

import asyncio
import json
import resource
import statistics
import subprocess
import sys
import time

import click
from rich.console import Console
from rich.table import Table

from sagacheck.checks import Verdict
from sagacheck.engines.server.engine import ServerEngine
from sagacheck.language import Scenario
from sagacheck.language.loader import find
from sagacheck.output import failure_lines
from sagacheck.process_exit import exit_process
from sagacheck.run.judging.judge import run_one
from sagacheck.saga import SagaUnderTest
from scenarios import SAGA
from tests.shop import load

FIRST_VERDICT_RUNS = 5


@click.command()
@click.argument("copies", nargs=-1, type=click.IntRange(min=1))
@click.option("--at-once", default=12, show_default=True, help="Scenarios under way at a time.")
@click.option("--every", default=1, show_default=True, help="Take every so manieth scenario only.")
@click.option("--one", type=click.IntRange(min=1), hidden=True, help="Measure this many, here.")
def main(copies: tuple[int, ...], at_once: int, every: int, one: int | None) -> None:
    """Measure the catalogue for each number of COPIES (1 and 10 by default)."""
    if one is not None:
        click.echo(json.dumps(asyncio.run(_measure(one, at_once, every))))
        return
    console = Console()
    console.print(f"command to first verdict: {_first_verdict():.2f} s (median)")
    table = Table("copies", "scenarios", "s", "scenarios/s", "harness MiB", "server MiB", "verdict")
    for number in copies or (1, 10):
        row = _in_own_process(number, at_once, every)
        table.add_row(*(str(value) for value in row.values()))
    console.print(table)


def _first_verdict() -> float:
    one = str(find([])[0])
    seconds = []
    for _ in range(FIRST_VERDICT_RUNS):
        started = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "sagacheck", "run", "--engine", "server", one],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


def _in_own_process(copies: int, at_once: int, every: int) -> dict[str, object]:
    options = {"--one": copies, "--at-once": at_once, "--every": every}
    words = [word for option in options.items() for word in map(str, option)]
    command = [sys.executable, __file__, *words]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    row: dict[str, object] = json.loads(done.stdout)
    return row


async def _measure(copies: int, at_once: int, every: int) -> dict[str, object]:
    saga = SAGA
    scenarios = load([])[::every] * copies
    async with ServerEngine(saga) as engine:
        started = time.perf_counter()
        verdicts = await _verdicts(scenarios, engine, saga, at_once)
        seconds = time.perf_counter() - started
    return {
        "copies": copies,
        "scenarios": len(scenarios),
        "seconds": round(seconds, 1),
        "per second": round(len(scenarios) / seconds, 1),
        "harness": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "server": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024,
        "verdict": str(Verdict.merge(verdicts)),
    }


async def _verdicts(
    scenarios: list[Scenario], engine: ServerEngine, saga: SagaUnderTest, at_once: int
) -> set[Verdict]:
    """The verdicts alone: thousands of whole results would be the memory that is measured."""
    waiting = iter(scenarios)
    verdicts: set[Verdict] = set()

    async def work() -> None:
        for scenario in waiting:
            result = await run_one(scenario, engine, saga)
            verdicts.add(result.verdict)
            for finding in failure_lines(result):
                click.echo(f"{scenario.file}: {finding}", err=True)

    await asyncio.gather(*(work() for _ in range(at_once)))
    return verdicts


if __name__ == "__main__":
    main(standalone_mode=False)
    exit_process()
