"""``sagacheck reference``: the documents that are made from the code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import click

from sagacheck.cli.options import WRONG_INPUT, exit_with, saga_or_exit
from sagacheck.importing import NotImportableError
from sagacheck.mutants import catalogue, load_zoo
from sagacheck.output import console_for
from sagacheck.reference import Row, anomalies_page, coverage, invariants_page, language_page

EPILOG = """\b
Examples:
  sagacheck reference language       every key of a scenario file
  sagacheck reference anomalies      what goes wrong, and which scenarios show it
  sagacheck reference invariants     what must hold, and examples of how it is broken
  sagacheck reference --into docs    all of it, as files

\b
Exit codes:
  0  it is printed, or written
  2  wrong usage or wrong input
"""

TOPICS: dict[str, Callable[[Callable[[], Sequence[Row]]], str]] = {
    "language": lambda _: language_page(saga_or_exit(None).dialect),
    "anomalies": lambda rows: anomalies_page(rows()),
    "invariants": lambda rows: invariants_page(rows()),
}
"""Each document, made from what was found out about the anomalies where it needs that."""


@click.command(epilog=EPILOG)
@click.argument("topics", nargs=-1, type=click.Choice(list(TOPICS)), metavar="[TOPIC]...")
@click.option(
    "--into",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write a file for each topic, DIR/TOPIC.md, instead of printing them.",
)
@click.option(
    "--zoo",
    default="tests/mutants",
    show_default=True,
    metavar="M:N",
    help="The zoo whose bugs are played, as for `mutants`.",
)
def reference(topics: tuple[str, ...], into: Path | None, zoo: str) -> None:
    """Print the reference as Markdown: language, anomalies, invariants; all of it by default.

    The last two are found out when they are made, which takes some seconds: each known bug is let
    loose on the scenarios that cover its anomaly.
    """
    rows = _Once(partial(_rows_or_exit, zoo))
    for topic in topics or TOPICS:
        text = TOPICS[topic](rows)
        if into is None:
            click.echo(text, nl=False)
        else:
            _write_or_exit(into / f"{topic}.md", text)


class _Once:
    """The rows, which are found out when they are first asked for."""

    def __init__(self, find: Callable[[], Sequence[Row]]) -> None:
        self._find = find
        self._rows: Sequence[Row] | None = None

    def __call__(self) -> Sequence[Row]:
        if self._rows is None:
            self._rows = self._find()
        return self._rows


def _rows_or_exit(zoo: str) -> Sequence[Row]:
    try:
        known_bugs = load_zoo(zoo)
    except NotImportableError as error:
        exit_with(WRONG_INPUT, str(error))
    with console_for(stderr=True).status("known bugs are let loose"):
        return tuple(coverage(catalogue(), known_bugs))


def _write_or_exit(file: Path, text: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        exit_with(WRONG_INPUT, f"{file} cannot be written: {error.strerror}")
    click.echo(f"{file} is written")
