"""``sagacheck new``."""

from __future__ import annotations

from pathlib import Path

import click

from sagacheck.cli.options import SAGA

EXAMPLES = """\b
Examples:
  sagacheck new carrier-down
  sagacheck new my_scenarios/lost-reply.yaml
  sagacheck new my_trips/lost-reply.yaml --saga shop.saga:SAGA
  sagacheck run carrier-down.yaml

\b
An editor with the YAML language server (VS Code with the YAML extension of Red Hat, Neovim,
Helix, Zed, the JetBrains editors) completes keys and values, because of the file's first line.
"""


@click.command("new", epilog=EXAMPLES)
@click.argument("name", type=click.Path(path_type=Path), metavar="NAME")
@SAGA
def command(name: Path, saga_reference: str | None) -> None:
    """Write a first scenario with comments.

    NAME is the file; a name without a suffix gets `.yaml`.
    """
    from sagacheck.cli.actions.new import write_scenario

    write_scenario(name, saga_reference)
