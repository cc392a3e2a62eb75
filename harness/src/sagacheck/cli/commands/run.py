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

All invariants are checked in any case. `sagacheck reference language` explains every key.
"""


@click.command("run", epilog=f"{EXAMPLES}\n{EXIT_CODES}")
@PATHS
@click.option(
    "--engine",
    type=click.Choice([*ENGINES, BOTH]),
    help="What plays the scenarios: a simulated Temporal service in virtual time, a real server, "
    "which is started for the run, or both, whose results are compared. "
    "[default: the engine named in pyproject.toml, else simulated]",
)
@click.option(
    "--address",
    type=Address(),
    metavar="HOST:PORT",
    help="A Temporal server of yours instead; time is real there, so backoffs take their time.",
)
@SAGA
@click.option(
    "--at-once",
    type=click.IntRange(1, 200),
    default=12,
    show_default=True,
    help="How many scenarios may be under way at the same time.",
)
@click.option(
    "--evict-always",
    is_flag=True,
    help="Forget each workflow after each of its tasks, and rebuild it for the next by replaying "
    "its history: finds workflow code that is not deterministic (I15), wherever it is.",
)
@click.option(
    "--check-determinism",
    "rerun_percent",
    type=Percent(),
    is_flag=False,
    flag_value="100",
    default=0.0,
    help="Run a sample, so many percent of the scenarios, a second time in a process whose hashes "
    "differ, and compare journals and histories byte for byte; all scenarios if no number is "
    "given. A scenario whose second run differs is unknown. In virtual time only.",
)
@click.option("--json", "json_file", type=NewFile(), help="Write the results as JSON.")
@click.option("--junit", "junit_file", type=NewFile(), help="Write the results as JUnit XML.")
@REPORT
@RUNS
@click.option(
    "--keep-server",
    is_flag=True,
    help="Leave a Temporal server with its UI up after the run, until Ctrl-C, and print where it "
    "shows each workflow; a simulated one by the import of its history.",
)
@click.option("-q", "--quiet", is_flag=True, help="Show only scenarios that are not valid.")
def command(**values: Any) -> None:
    """Run scenarios and print a verdict for each.

    PATH is a scenario file or a folder of them; without any, those that pyproject.toml names.
    """
    from sagacheck.cli.actions.run import RunOptions, run_scenarios

    sys.exit(run_scenarios(RunOptions(**values)))
