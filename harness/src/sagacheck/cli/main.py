"""The command line: ``python -m scenarios``.

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
  python -m scenarios run                         the whole catalogue
  python -m scenarios run my_scenarios/           your own scenarios
  python -m scenarios run --saga shop.saga:SAGA   your own saga
  python -m scenarios new my-scenario             a scenario to begin with
  python -m scenarios explore                     every combination of two faults
  python -m scenarios simulate                    many orders, faults at random
  python -m scenarios list                        what the catalogue holds
"""

LIST_EXAMPLES = """\b
Examples:
  python -m scenarios list
  python -m scenarios list scenarios/catalogue/payments
  python -m scenarios list my_scenarios --saga shop.saga:SAGA
"""

SCHEMA_EXAMPLES = """\b
Examples:
  python -m scenarios schema > schema.json
  python -m scenarios schema --saga shop.saga:SAGA > my_scenarios/schema.json
  python -m scenarios schema --results > results.schema.json

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
        "run": "scenarios.run_command:run",
        "new": "scenarios.skeleton:new",
        "explore": "scenarios.explore.command:explore",
        "simulate": "scenarios.simulate.command:simulate",
        "replay": "scenarios.replay:replay",
        "mutants": "scenarios.mutants.command:mutants",
        "reference": "scenarios.reference.command:reference",
        "completion": "scenarios.completion:completion",
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
@click.version_option(package_name="orders")
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
