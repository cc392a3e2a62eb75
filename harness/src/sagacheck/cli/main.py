"""The command line: ``sagacheck``.

Exit codes: 0 all valid, 1 something invalid, 2 wrong usage or wrong input, 3 unknown.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import ClassVar

import click

from sagacheck.cli.options import EXIT_CODES, PATHS, SAGA, load_or_exit, saga_or_exit
from sagacheck.language import schema_text
from sagacheck.output import console_for, print_catalogue

EXAMPLES = """\b
Examples:
  sagacheck run                         the whole catalogue
  sagacheck run my_scenarios/           your own scenarios
  sagacheck run --saga shop.saga:SAGA   your own saga
  sagacheck new my-scenario             a scenario to begin with
  sagacheck explore                     every combination of two faults
  sagacheck simulate                    many orders, faults at random
  sagacheck list                        what the catalogue holds
"""

LIST_EXAMPLES = """\b
Examples:
  sagacheck list
  sagacheck list scenarios/catalogue/payments
  sagacheck list my_scenarios --saga shop.saga:SAGA
"""

SCHEMA_EXAMPLES = """\b
Examples:
  sagacheck schema > schema.json
  sagacheck schema --saga shop.saga:SAGA > my_scenarios/schema.json
  sagacheck schema --results > results.schema.json

\b
A scenario whose first line is
  # yaml-language-server: $schema=path/to/schema.json
is checked and completed by every editor with the YAML language server.
"""

LIST_HELP = "Show the scenarios, with the anomalies that each covers."


class _Commands(click.Group):
    """Those of this module, and others that are imported when they are asked for.

    Most runs need one command, and each has its imports.
    """

    _elsewhere: ClassVar = {
        "run": "sagacheck.cli.run:run",
        "new": "sagacheck.cli.new:new",
        "explore": "sagacheck.cli.explore:explore",
        "simulate": "sagacheck.cli.simulate:simulate",
        "replay": "sagacheck.cli.replay:replay",
        "mutants": "sagacheck.cli.mutants:mutants",
        "reference": "sagacheck.cli.reference:reference",
        "completion": "sagacheck.cli.completion:completion",
    }

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands, in the order in which people meet them."""
        return [*self._elsewhere, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name."""
        place, _, name = self._elsewhere.get(cmd_name, "").partition(":")
        if not place:
            return super().get_command(ctx, cmd_name)
        command: click.Command = getattr(import_module(place), name)
        return command


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=f"{EXAMPLES}\n{EXIT_CODES}",
)
@click.version_option(package_name="sagacheck")
def main() -> None:
    """Find out whether an order saga is consistent, whatever fails, whenever it fails."""


@main.command("list", help=LIST_HELP, epilog=LIST_EXAMPLES)
@PATHS
@SAGA
def list_(paths: tuple[Path, ...], saga_reference: str | None) -> None:
    """Print the scenarios."""
    print_catalogue(console_for(), load_or_exit(paths, saga_or_exit(saga_reference)))


@main.command(epilog=SCHEMA_EXAMPLES)
@click.option("--results", is_flag=True, help="The schema of what `run --json` writes instead.")
@SAGA
def schema(*, results: bool, saga_reference: str | None) -> None:
    """Print the JSON Schema of scenario files, for editors."""
    if results:
        from sagacheck.output import results_schema_text  # noqa: PLC0415 - seldom needed

        click.echo(results_schema_text(), nl=False)
    else:
        click.echo(schema_text(saga_or_exit(saga_reference).dialect), nl=False)
