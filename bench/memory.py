"""Measures the memory of the checks: ``nox -s bench``.

Prints the peak of what `judge` allocates for trials of more and more orders, all
of which have finished. The trial itself, with its journal and its ledger, is not counted.
"""

from __future__ import annotations

import tracemalloc
from dataclasses import replace

import click
from rich.console import Console
from rich.table import Table

from bench.sagas import HAPPY
from sagacheck.engines import SimulatedEngine, Trial, quiet_sdk
from sagacheck.inprocess import httpx_patch
from sagacheck.run.judging.judge import judge
from sagacheck.saga import SagaUnderTest
from scenarios import SAGA
from tests.shop import load_text


@click.command()
@click.argument("orders", nargs=-1, type=click.IntRange(min=1))
def main(orders: tuple[int, ...]) -> None:
    """Measure the checks for each number of ORDERS (100, 1000 and 4000 by default)."""
    saga = SAGA
    table = Table("orders", "peak KiB", "KiB an order", title="memory of the checks")
    for number in orders or (100, 1000, 4000):
        peak = _peak(saga, number) / 1024
        table.add_row(f"{number:,}", f"{peak:,.0f}", f"{peak / number:.2f}")
    console = Console()
    console.print(table)
    console.print(
        "A trial is judged as a whole, so this grows with its orders. What is bounded by the open "
        "orders is `scenarios.checks.streaming`, which bench/served_fakes.py measures."
    )


def _peak(saga: SagaUnderTest, orders: int) -> int:
    one = load_text(HAPPY)
    many = tuple(replace(one.orders[0], id=f"o{number}") for number in range(1, orders + 1))
    engine = SimulatedEngine(saga)
    trial = Trial(replace(one, orders=many), saga, engine.new_clock())
    with httpx_patch(), quiet_sdk():
        engine.play_now(trial)
    tracemalloc.start()
    try:
        judge(trial)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


if __name__ == "__main__":
    main()
