"""``sagacheck simulate``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from sagacheck.cli.exit_codes import EXIT_CODES
from sagacheck.cli.options import JOBS, SAGA, SECONDS, NewFile, folder

EXAMPLES = """\b
Examples:
  sagacheck simulate                       100 runs of 10 orders
  sagacheck simulate --runs 10000          a night's work
  sagacheck simulate --seed 4711 --runs 1  one run again
  sagacheck simulate --saga shop.py:SAGA   your own saga

\b
A run places all of its orders at once. They share customers, cards and scarce goods; each of
them may be cancelled, submitted again or asked for its status at any moment. Its seed decides
which faults happen where, and how often; all faults end after half a day at the latest, and every
order must end within the saga's horizon (two days). A run that breaks an invariant is shrunk to the
fewest orders, faults and events that still break it, and written as a scenario file.
"""


@click.command("simulate", epilog=f"{EXAMPLES}\n{EXIT_CODES}")
@click.option(
    "--runs", type=click.IntRange(1), default=100, show_default=True, help="The number of runs."
)
@click.option(
    "--orders",
    type=click.IntRange(1, 1000),
    default=10,
    show_default=True,
    help="The number of orders in each run.",
)
@click.option("--seed", type=click.IntRange(0), help="The seed of the first run. [default: random]")
@JOBS
@click.option(
    "--budget", type=SECONDS, metavar="SECONDS", help="Start no more runs after this time."
)
@SAGA
@click.option("--json", "json_file", type=NewFile(), help="Write the findings as JSON.")
@click.option(
    "--folder",
    type=folder(writable=True),
    default=Path("runs"),
    show_default=True,
    help="The folder for counterexamples, with a folder in it for each command.",
)
def command(**values: Any) -> None:
    """Play many orders with random faults.

    A seed generates each run, and the same seed repeats it. Only invariants are checked.
    """
    from sagacheck.cli.actions.simulate import SimulateOptions, run_swarm

    sys.exit(run_swarm(SimulateOptions(**values)))
