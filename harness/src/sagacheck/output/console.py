"""The terminal: consoles, the colours of verdicts, and progress bars."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from rich import markup
from rich.console import Console
from rich.table import Table

from sagacheck.checks import Verdict
from sagacheck.printable import printable

if TYPE_CHECKING:
    from rich.progress import Progress, ProgressColumn

STYLES = {Verdict.VALID: "green", Verdict.INVALID: "bold red", Verdict.UNKNOWN: "yellow"}


def console_for(*, stderr: bool = False) -> Console:
    """A console for standard output, or for errors and progress.

    In a terminal lines are folded to its width. Where they go to a file or another program, each
    stays in one piece, so that it can be searched for.
    """
    # Colons are no emoji in what people write, and the table of emoji takes time to import.
    console = Console(stderr=stderr, highlight=False, emoji=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = 1000
    return console


def escape(text: str) -> str:
    """`text` of others, to stand in what a console prints: in one line, and without a style."""
    return markup.escape(printable(text))


def styled(verdict: Verdict, text: str = "") -> str:
    """Text, by default the verdict's own word, in the colour of a verdict."""
    return f"[{STYLES[verdict]}]{text or verdict}[/]"


def plain_table(title: str | None = None) -> Table:
    """A table without lines, its columns to be added."""
    return Table(box=None, pad_edge=False, header_style="bold", title=title)


def progress_bar(console: Console, *columns: ProgressColumn) -> Progress:
    """A bar with a description, how many are done, and more columns; none outside of a terminal."""
    from rich.progress import (  # noqa: PLC0415 - a fifth of rich, which only terminals need
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
    )

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        *columns,
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
