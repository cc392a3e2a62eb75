"""``sagacheck init``."""

from __future__ import annotations

import sys

import click

EXAMPLES = """\b
Examples:
  sagacheck init shop.workflow:TransferSaga
  sagacheck init shop.workflow:TransferSaga --activities shop.activities
  sagacheck init shop.workflow:TransferSaga --activities shop.worker:ACTIVITIES

\b
What the first of them prints:
  saga.py              3 effects: bank.withdraw, bank.deposit, bank.refund
  scenarios/first.yaml an order goes through: valid
  schema.json          for editors
  pyproject.toml       [tool.sagacheck]
  Next:
    sagacheck explore --faults 1

\b
It asks nothing and overwrites nothing. What it guesses is marked in saga.py with the reason; what
it cannot know is a line with TODO, and the command names file and line.
"""


@click.command("init", epilog=EXAMPLES)
@click.argument("workflow", metavar="MODULE:WORKFLOW")
@click.option(
    "--activities",
    metavar="MODULE[:NAME]",
    help="The activities: all of a module, or a list, a worker, or an object with methods. "
    "[default: those that the workflow's code names]",
)
@click.option(
    "--file", "saga_file", default="saga.py", show_default=True, help="The file to write."
)
@click.option("--scenarios", default="scenarios", show_default=True, help="The folder to write.")
def command(workflow: str, activities: str | None, saga_file: str, scenarios: str) -> None:
    """Look at a workflow, and write what sagacheck needs to test it.

    Writes saga.py, a first scenario, and [tool.sagacheck] in the nearest pyproject.toml, and plays
    the scenario.
    """
    from sagacheck.cli.actions.init import begin_with

    sys.exit(begin_with(workflow, activities, saga_file, scenarios))
