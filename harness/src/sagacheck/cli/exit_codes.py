"""The exit codes of every command."""

from __future__ import annotations

import sys
from typing import NoReturn

import click

from sagacheck.printable import printable_lines

VALID, INVALID, WRONG_INPUT, UNKNOWN = range(4)
"""Those of `sagacheck.checks.Verdict`, and one for wrong usage and wrong input."""

EXIT_CODES = """\b
Exit codes:
  0  valid    every scenario came out as expected, and every invariant holds
  1  invalid  an invariant is broken, or an expectation is not met
  2  usage    wrong usage or wrong input; nothing was run
  3  unknown  an expected observation is missing: a fault that never fired, an
              event that never happened, a run that did not end; or partial
              results on Ctrl-C
"""


def exit_with(code: int, message: str) -> NoReturn:
    """End the command with a message on standard error."""
    click.echo(printable_lines(message), err=True)
    sys.exit(code)
