"""Measures the simulated engine against the server: ``nox -s bench``.

Prints the seconds of the catalogue on each, one scenario at a time, their ratio, and how many plain
orders a second go through in virtual time on one core.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time

import click
from rich.console import Console
from rich.table import Table

from fakes import LoopClock, httpx_to_fakes
from scenarios.engines import open_engine
from scenarios.engines.quiet import quiet_sdk
from scenarios.engines.simulated import SimulatedEngine
from scenarios.loader import load, load_text
from scenarios.runner import run_one
from scenarios.saga import SagaUnderTest, order_saga
from scenarios.scenario import Scenario
from scenarios.trial import Trial

HAPPY = """
scenario: nothing fails
why: the plainest order there is
orders: [{id: o1}]
expect: {o1: {status: completed}}
"""


@click.command()
@click.option("--sagas", default=300, show_default=True, help="How many plain orders to run.")
def main(sagas: int) -> None:
    """Compare the engines on the catalogue, and count plain orders per second."""
    saga = order_saga()
    table = Table("what", "seconds", "scenarios/s", title="the catalogue, one at a time")
    seconds = {}
    catalogue = load([])
    for name in ("simulated", "server"):
        seconds[name] = asyncio.run(_one_at_a_time(name, saga, catalogue))
        rate = len(catalogue) / seconds[name]
        table.add_row(name, f"{seconds[name]:.1f}", f"{rate:.0f}")
    console = Console()
    console.print(table)
    console.print(f"ratio: {seconds['server'] / seconds['simulated']:.1f}")
    console.print(f"plain orders in virtual time: {_plain_orders(saga, sagas):.0f}/s on one core")


async def _one_at_a_time(name: str, saga: SagaUnderTest, catalogue: list[Scenario]) -> float:
    async with open_engine(name, saga) as engine:
        await run_one(catalogue[0], engine, saga)
        started = time.perf_counter()
        for scenario in catalogue:
            await run_one(scenario, engine, saga)
        return time.perf_counter() - started


def _plain_orders(saga: SagaUnderTest, count: int) -> float:
    scenario = load_text(HAPPY)
    engine = SimulatedEngine(saga)
    with httpx_to_fakes(), quiet_sdk():
        engine.play_now(Trial(scenario, saga, LoopClock()))
        started = time.perf_counter()
        for _ in range(count):
            engine.play_now(Trial(scenario, saga, LoopClock()))
        return count / (time.perf_counter() - started)


if __name__ == "__main__":
    main(standalone_mode=False)
    sys.stdout.flush()
    os._exit(0)  # as in scenarios/__main__.py
