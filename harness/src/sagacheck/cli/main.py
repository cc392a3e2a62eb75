"""The command line: ``sagacheck``.

Exit codes: 0 all valid, 1 something invalid, 2 wrong usage or wrong input, 3 unknown.
"""

from __future__ import annotations

from importlib import import_module

import click

from sagacheck.cli.exit_codes import EXIT_CODES
from sagacheck.command_errors import PrintableErrors

EXAMPLES = """\b
Examples:
  sagacheck init shop.flow:OrderSaga    begin with a workflow of yours
  sagacheck run                         all scenarios of the project
  sagacheck run my_scenarios/           your own scenarios
  sagacheck run --saga shop.saga:SAGA   your own saga
  sagacheck new my-scenario             a first scenario
  sagacheck explore                     every combination of two faults
  sagacheck simulate                    many orders, faults at random
  sagacheck serve                       the services of the saga, over HTTP
  sagacheck list                        the names of all scenarios
"""

COMMANDS = (
    *("init", "run", "new", "explore", "simulate", "replay", "serve"),
    *("mutants", "reference", "completion", "list", "schema"),
)
"""In the order of the help. Each is imported when it is called."""


class _Commands(PrintableErrors, click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"sagacheck.cli.commands.{cmd_name}")
        command: click.Command = module.command
        return command


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=f"{EXAMPLES}\n{EXIT_CODES}",
)
@click.version_option(package_name="sagacheck")
def main() -> None:
    """Check that a saga stays consistent, whatever fails, whenever it fails."""
