"""Measures the search for failures: ``nox -s bench``.

Prints how many histories there are with 0 to 3 faults, how long they take, and what a second
process is worth. Of those with three faults only a part is played, and the rest is estimated.
"""

from __future__ import annotations

from dataclasses import replace

import click
from rich.console import Console
from rich.table import Table

from sagacheck.explore import Search, explore
from sagacheck.process_exit import exit_process
from tests.shop import plain_orders

PARTS = 200
"""Of the histories with three faults one in so many is played."""


@click.command()
@click.option("--faults", default=2, show_default=True, help="How many faults are played in full.")
def main(faults: int) -> None:
    """Measure the growth of histories and of time."""
    search = Search(base=plain_orders(1), faults=faults)
    table = Table("jobs", "faults", "histories", "seconds", "histories/s")
    for jobs in (1, 2):
        exploration = explore(replace(search, jobs=jobs))
        for count, (histories, seconds) in enumerate(exploration.levels):
            _add(table, jobs, count, f"{histories:,}", seconds, histories)
        total = exploration.tally.histories
        _add(table, jobs, f"0 to {faults}", f"{total:,}", exploration.seconds, total)
    part = explore(replace(search, faults=3, shard=(1, PARTS)))
    histories, seconds = part.levels[3]
    about = f"about {histories * PARTS:,}"
    _add(table, 1, 3, about, seconds * PARTS, histories * PARTS)
    Console().print(table)


def _add(  # noqa: PLR0913, PLR0917 - one for each column
    table: Table, jobs: int, faults: int | str, histories: str, seconds: float, count: int
) -> None:
    rate = f"{count / seconds:.0f}" if seconds else ""
    table.add_row(str(jobs), str(faults), histories, f"{seconds:.1f}", rate)


if __name__ == "__main__":
    main(standalone_mode=False)
    exit_process()
