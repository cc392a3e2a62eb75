"""Measures the simulated engine against the server: ``nox -s bench``.

Prints the seconds of the catalogue on each, one scenario at a time, and how they compare.
"""

from __future__ import annotations

import asyncio
import time

import click
from rich.console import Console
from rich.table import Table

from sagacheck.engines import open_engine
from sagacheck.language import Scenario
from sagacheck.process_exit import exit_process
from sagacheck.run.judging.judge import run_one
from sagacheck.saga import SagaUnderTest
from scenarios import SAGA
from tests.shop import load

AT_LEAST = 50


@click.command()
def main() -> None:
    """Compare the engines on the catalogue."""
    saga = SAGA
    table = Table("what", "seconds", "scenarios/s", title="the catalogue, one at a time")
    seconds = {}
    catalogue = load([])
    for name in ("simulated", "server"):
        seconds[name] = asyncio.run(_one_at_a_time(name, saga, catalogue))
        rate = len(catalogue) / seconds[name]
        table.add_row(name, f"{seconds[name]:.2f}", f"{rate:.0f}")
    console = Console()
    console.print(table)
    ratio = seconds["server"] / seconds["simulated"]
    console.print(f"simulated is {ratio:.0f} times as fast (at least {AT_LEAST})")


async def _one_at_a_time(name: str, saga: SagaUnderTest, catalogue: list[Scenario]) -> float:
    async with open_engine(name, saga) as engine:
        await run_one(catalogue[0], engine, saga)
        started = time.perf_counter()
        for scenario in catalogue:
            await run_one(scenario, engine, saga)
        return time.perf_counter() - started


if __name__ == "__main__":
    main(standalone_mode=False)
    exit_process()
