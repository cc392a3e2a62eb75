"""What the command says: texts of customers and services steer no terminal and no CI runner."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

_STEERING = re.compile(
    "[\x00-\x1f\x7f-\x9f"  # C0 and C1, newline among them: a runner obeys lines that begin with ::
    "\u2028\u2029"  # line and paragraph separator
    "\u202a-\u202e\u2066-\u2069"  # they let text run backwards
    "\ud800-\udfff]"  # halves of surrogates, which no encoding can write
)


def say(line: str, *, err: bool = False) -> None:
    r"""Print one line, its control characters as Python writes them: ``\n``, ``\x1b``."""
    click.echo(_printable(line), err=err)


class Sayings(click.Group):
    """Commands whose errors are lines as those of `say`: they quote what was typed or answered."""

    def make_context(self, *args: Any, **options: Any) -> click.Context:
        """Parse the words of the command."""
        with _printable_errors():
            return super().make_context(*args, **options)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that the words name."""
        with _printable_errors():
            return super().invoke(ctx)


@contextmanager
def _printable_errors() -> Iterator[None]:
    try:
        yield
    except click.ClickException as error:
        # Typed as final; but each class formats it in its own way, and prints it itself.
        vars(error)["message"] = _printable(error.message)
        raise


def _printable(text: str) -> str:
    return _STEERING.sub(lambda found: repr(found[0])[1:-1], text)
