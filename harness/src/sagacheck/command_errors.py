"""Errors of a command line, which quote what was typed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from sagacheck.printable import printable


class PrintableErrors(click.Command):
    """A command whose errors are one line, with control characters as Python writes them."""

    def make_context(self, *args: Any, **options: Any) -> click.Context:
        """Parse the words of the command."""
        with _printable_errors():
            return super().make_context(*args, **options)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command, or the one that its words name."""
        with _printable_errors():
            return super().invoke(ctx)


@contextmanager
def _printable_errors() -> Iterator[None]:
    try:
        yield
    except click.ClickException as error:
        # Typed as final; but each class formats it in its own way, and prints it itself.
        vars(error)["message"] = printable(error.message)
        raise
