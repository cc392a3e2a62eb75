"""``sagacheck run``."""

from __future__ import annotations

import sys
from typing import Any

import click

from sagacheck.cli.exit_codes import EXIT_CODES
from sagacheck.cli.options import PATHS, REPORT, RUNS, SAGA, Address, NewFile, Percent
from sagacheck.config import BOTH, ENGINES

EXAMPLES = """\b
Examples:
  sagacheck run scenarios/catalogue/payments
  sagacheck run lost_reply.yaml --json results.json
  sagacheck run --saga path/to/saga.py:SAGA --report out
  sagacheck run lost_reply.yaml --engine server --keep-server

\b
A scenario is a YAML file:
  scenario: the charge commits and its reply is lost
  why: an unknown outcome must never be charged twice
  orders: [{id: o1}]
  faults: [{on: payments.charge, fault: drop_response}]
  expect: {o1: {status: completed}}

All invariants are always checked. `sagacheck reference language` explains every key.
"""


@click.command("run", epilog=f"{EXAMPLES}\n{EXIT_CODES}")
@PATHS
@click.option(
    "--engine",
    type=click.Choice([*ENGINES, BOTH]),
    help="The engine: a simulated Temporal service in virtual time, a real server that is started "
    "for the run, or both, with a comparison of their results. "
    "[default: the engine named in pyproject.toml, else simulated]",
)
@click.option(
    "--address",
    type=Address(),
    metavar="HOST:PORT",
    help="Your own Temporal server, in real time: backoffs last as long as they say.",
)
@SAGA
@click.option(
    "--at-once",
    type=click.IntRange(1, 200),
    default=12,
    show_default=True,
    help="The number of scenarios that run at the same time.",
)
@click.option(
    "--evict-always",
    is_flag=True,
    help="Evict each workflow after each of its tasks, and rebuild it for the next by a replay of "
    "its history: finds workflow code that is not deterministic (I15).",
)
@click.option(
    "--check-determinism",
    "rerun_percent",
    type=Percent(),
    is_flag=False,
    flag_value="100",
    default=0.0,
    help="Rerun this percentage of the scenarios (default: all) in a process whose hashes differ, "
    "and compare journals and histories byte for byte. A scenario whose second run differs is "
    "unknown. In virtual time only.",
)
@click.option(
    "--invariants-only",
    is_flag=True,
    help="Check the invariants, and not what `expect` of the scenarios says (but `orphans`, what "
    "terminated orders may leave): for the scenarios of one saga with another.",
)
@click.option("--json", "json_file", type=NewFile(), help="Write the results as JSON.")
@click.option("--junit", "junit_file", type=NewFile(), help="Write the results as JUnit XML.")
@REPORT
@RUNS
@click.option(
    "--keep-server",
    is_flag=True,
    help="Keep a Temporal server with its UI running after the run, until Ctrl-C, and print the "
    "address of each workflow. Import the histories of simulated workflows there.",
)
@click.option("-q", "--quiet", is_flag=True, help="Show only scenarios that are not valid.")
def command(**values: Any) -> None:
    """Run scenarios and print a verdict for each.

    PATH is a scenario file or a folder of scenarios. [default: those named in
    pyproject.toml; with --saga, those of that saga]
    """
    from sagacheck.cli.actions.run import RunOptions, run_scenarios

    sys.exit(run_scenarios(RunOptions(**values)))
