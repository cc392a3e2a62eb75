"""``sagacheck replay``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from sagacheck.cli.exit_codes import EXIT_CODES
from sagacheck.cli.options import SAGA
from sagacheck.config import ENGINES

EXAMPLES = """\b
Examples:
  sagacheck replay runs/latest/counterexamples
  sagacheck replay 01-i13-drop-response.yaml --engine server

\b
A counterexample is a scenario. Once it is fixed, move its file into your scenarios, and write in
`expect` how the order should end and in `covers` the anomaly: then every run checks it.
"""


@click.command("replay", epilog=f"{EXAMPLES}\n{EXIT_CODES}")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH")
@click.option(
    "--engine",
    type=click.Choice(ENGINES),
    help="The engine: virtual time, or a real server that is started for the run. "
    "[default: the engine named in pyproject.toml, else simulated]",
)
@SAGA
def command(paths: tuple[Path, ...], engine: str | None, saga_reference: str | None) -> None:
    """Run counterexamples again: FIXED, or FAILED and why."""
    from sagacheck.cli.actions.replay import replay

    sys.exit(replay(paths, engine, saga_reference))
