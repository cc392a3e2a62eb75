"""Measures load on a real Temporal server: ``python -m bench.load``.

What is compared takes turns on the same server, so that other programs disturb all of it alike.
Ratios are medians over the rounds: they and CPU time can be trusted; orders per second depend on
this computer at this moment.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import linear_regression, median

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from bench.load.cluster import Cluster, running_cluster
from bench.load.costs import Costs, costs_by_kind
from bench.load.measuring import Measured, bare, locust, locust_run, medians
from bench.served_fakes import measured, one_by_one
from orders.client import connect
from sagacheck.load import ControlClient

WORKER = (sys.executable, "-m", "bench.load.worker")
PARTS = ("server", "workers", "fakes", "client")
STEPS = (0, 2, 4, 8)
WORKERS = (1, 2, 4)
SAGA_AT_LEAST, LOCUST_AT_LEAST = 0.9, 0.95

Way = Callable[[], Measured]
"""Measures one of the things that are compared, once."""

console = Console(width=120)


@click.command()
@click.option("--orders", default=400, show_default=True, help="Orders in each measurement.")
@click.option("--rounds", default=5, show_default=True, type=click.IntRange(min=1))
@click.option("--users", default=16, show_default=True, help="Orders in flight.")
@click.option(
    "--growth",
    multiple=True,
    default=(1000, 3000, 10_000),
    show_default=True,
    help="Orders of a run of Locust, for time and memory; 0 for none.",
)
@click.option("--only", type=click.Choice(("costs", "saga", "locust", "workers", "growth")))
def main(orders: int, rounds: int, users: int, growth: tuple[int, ...], only: str | None) -> None:
    """Measure what the saga, Locust, workers and many orders cost."""
    console.print(f"load average before: {os.getloadavg()[0]:.1f} of {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with running_cluster(folder, worker_command=WORKER) as cluster:
            bench = _Bench(cluster, orders, users, rounds)
            sections: Mapping[str, Callable[[], None]] = {
                "costs": bench.costs,
                "saga": bench.saga,
                "locust": bench.locust,
                "workers": bench.workers,
            }
            for section, measure in sections.items():
                if only in (None, section):
                    measure()
        if only in (None, "growth"):
            _growth(folder, [count for count in growth if count], users)
    console.print(f"load average after: {os.getloadavg()[0]:.1f}")


class _Bench:
    """What is measured on one cluster."""

    def __init__(self, cluster: Cluster, orders: int, users: int, rounds: int) -> None:
        self._cluster, self._orders, self._users = cluster, orders, users
        self._rounds = rounds

    def costs(self) -> None:
        """What the server stores for an order, which tasks it dispatches, and its CPU time."""
        found = asyncio.run(self._costs_by_kind())
        table = Table("order", "events", "workflow tasks", "activities", title="costs, counted")
        for kind, each in found.items():
            row = (each.events, each.workflow_tasks, each.activities)
            table.add_row(kind, *map(str, row))
        console.print(table)
        by_steps = self._take_turns({f"{count} steps": self._bare(count) for count in STEPS})
        server = [medians(rounds).cpu["server"] for rounds in by_steps.values()]
        line = linear_regression(STEPS, server)
        self._show("workflows of steps that do nothing", by_steps)
        console.print(
            f"the server: {line.intercept:.1f} CPU ms for a workflow (5 events, 1 workflow task), "
            f"and {line.slope:.1f} more for each step (6 events, 1 workflow task)"
        )

    def saga(self) -> None:
        """The saga, compared with as many steps that do nothing."""
        ways = {"four steps that do nothing": self._bare(4), "the saga": self._bare(None)}
        measured = self._take_turns(ways)
        self._show("the saga, where all share all cores", measured, at_least=SAGA_AT_LEAST)
        with self._cluster.server_apart("--no-sandbox"):
            measured = self._take_turns(ways)
        title = "the saga, where the server has a core of its own and workers no sandbox"
        self._show(title, measured, at_least=SAGA_AT_LEAST)

    def locust(self) -> None:
        """Locust, compared with a bare asyncio client."""
        ways = {
            "a bare asyncio client": self._bare(None),
            "Locust, with client log and checks": lambda: locust(
                self._cluster, self._orders, self._users
            ),
        }
        self._show("Locust", self._take_turns(ways), at_least=LOCUST_AT_LEAST)

    def workers(self) -> None:
        """One worker, two, and four."""

        def with_workers(count: int) -> Way:
            def measure() -> Measured:
                self._cluster.set_workers(count)
                return self._bare(None)()

            return measure

        ways = {f"workers: {count}": with_workers(count) for count in WORKERS}
        self._show("workers", self._take_turns(ways))
        self._cluster.set_workers(1)

    def _bare(self, steps: int | None) -> Way:
        return lambda: bare(self._cluster, self._orders, self._users, steps=steps)

    async def _costs_by_kind(self) -> Mapping[str, Costs]:
        client = await connect(address=self._cluster.address)
        return await costs_by_kind(client, ControlClient(self._cluster.url), "costs")

    def _take_turns(self, ways: Mapping[str, Way]) -> dict[str, list[Measured]]:
        found: dict[str, list[Measured]] = {name: [] for name in ways}
        with _progress() as progress:
            for number in range(1, self._rounds + 1):
                # The server grows slower, so the order is reversed from round to round.
                order = list(ways.items())[:: 1 if number % 2 else -1]
                for name, way in order:
                    task = progress.add_task(f"{name}, round {number} of {self._rounds}")
                    found[name].append(way())
                    progress.remove_task(task)
        return found

    def _show(
        self,
        title: str,
        measured: Mapping[str, Sequence[Measured]],
        at_least: float | None = None,
    ) -> None:
        table = Table("CPU ms per order:", "orders/s", "of the first", *PARTS, title=title)
        first, *_ = measured.values()
        for name, rounds in measured.items():
            ratios = [a.per_second / b.per_second for a, b in zip(rounds, first, strict=True)]
            middle = medians(rounds)
            table.add_row(
                name,
                f"{middle.per_second:.1f}",
                f"{median(ratios):.2f} [{min(ratios):.2f}-{max(ratios):.2f}]",
                *(f"{middle.cpu[part]:.1f}" for part in PARTS),
            )
        console.print(table)
        if at_least is not None:
            console.print(f"required of the last: {at_least} of the first")


def _growth(folder: Path, counts: Sequence[int], users: int) -> None:
    """Runs of increasing size, each with everything that `locust -f load/` starts."""
    columns = ("orders", "placing: s", "orders/s", "until the verdict: s", "locust: MB")
    table = Table(*columns, "fakes: MB", "server: MB", "worker: MB", title="growth")
    with _progress() as progress:
        for count in counts:
            task = progress.add_task(f"{count} orders")
            found = locust_run(folder / f"growth-{count}", count, users, "--faults", "light")
            progress.remove_task(task)
            memory = found["processes"]
            table.add_row(
                f"{count:,}",
                f"{found['seconds']['placing']:.0f}",
                f"{found['orders_per_second']:.1f}",
                f"{found['seconds']['until_the_verdict']:.1f}",
                *(
                    f"{memory[name]['peak_rss_mb']:.0f}"
                    for name in ("locust", "fakes", "server", "worker-1")
                ),
            )
    console.print(table)
    table = Table("orders", "CPU µs per order", "MiB", title="the checks alone, order by order")
    for count in counts:
        table.add_row(f"{count:,}", *measured(one_by_one, count))
    console.print(table)


def _progress() -> Progress:
    return Progress(
        SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), transient=True
    )


if __name__ == "__main__":
    main()
