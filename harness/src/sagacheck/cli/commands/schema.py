"""``sagacheck schema``."""

from __future__ import annotations

import click

from sagacheck.cli.options import SAGA

EXAMPLES = """\b
Examples:
  sagacheck schema > schema.json
  sagacheck schema --saga shop.saga:SAGA > my_scenarios/schema.json
  sagacheck schema --results > results.schema.json

\b
A scenario whose first line is
  # yaml-language-server: $schema=path/to/schema.json
is checked and completed by every editor with the YAML language server.
"""


@click.command("schema", epilog=EXAMPLES)
@click.option("--results", is_flag=True, help="Print the schema of `run --json` instead.")
@SAGA
def command(*, results: bool, saga_reference: str | None) -> None:
    """Print the JSON Schema of scenario files, for editors."""
    from sagacheck.cli.actions.schema import results_schema_text, scenario_schema_text

    text = results_schema_text() if results else scenario_schema_text(saga_reference)
    click.echo(text, nl=False)
