"""``sagacheck list``."""

from __future__ import annotations

from pathlib import Path

import click

from sagacheck.cli.options import PATHS, SAGA

EXAMPLES = """\b
Examples:
  sagacheck list
  sagacheck list scenarios/catalogue/payments
  sagacheck list my_scenarios --saga shop.saga:SAGA
"""


@click.command("list", epilog=EXAMPLES)
@PATHS
@SAGA
def command(paths: tuple[Path, ...], saga_reference: str | None) -> None:
    """Show the scenarios, with the anomalies that each covers."""
    from sagacheck.cli.actions.list import list_scenarios

    list_scenarios(paths, saga_reference)
