"""``sagacheck reference``."""

from __future__ import annotations

from pathlib import Path

import click

from sagacheck.cli.extras import report_or_exit
from sagacheck.cli.options import ZOO, folder

EPILOG = """\b
Examples:
  sagacheck reference language       every key of a scenario file
  sagacheck reference anomalies      what goes wrong, and which scenarios show it
  sagacheck reference invariants     what must hold, and examples of how it is broken
  sagacheck reference --into docs    all of it, as files

\b
Exit codes:
  0  the reference is printed, or written
  2  wrong usage or wrong input
"""

TOPICS = ("language", "anomalies", "invariants")


@click.command("reference", epilog=EPILOG)
@click.argument("topics", nargs=-1, type=click.Choice(TOPICS), metavar="[TOPIC]...")
@click.option(
    "--into",
    type=folder(),
    metavar="DIR",
    help="Write a file for each topic, DIR/TOPIC.md, instead of printing them.",
)
@ZOO
def command(topics: tuple[str, ...], into: Path | None, zoo: str | None) -> None:
    """Print the reference as Markdown.

    TOPIC is language, anomalies or invariants. [default: all] The last two take some seconds: each
    known mutant runs on the scenarios that cover its anomaly.
    """
    report_or_exit("sagacheck reference")

    from sagacheck.cli.actions.reference import write_reference

    write_reference(topics or TOPICS, into, zoo)
