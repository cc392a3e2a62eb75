"""``sagacheck mutants``."""

from __future__ import annotations

import sys
from typing import Any

import click

from sagacheck.cli.options import JOBS, ZOO, NewFile

EPILOG = """\b
Examples:
  sagacheck mutants                        every mutant and variant, every finder
  sagacheck mutants --quick                single faults, five seeds: a minute
  sagacheck mutants --by catalogue         only the scenarios
  sagacheck mutants "no key" "oversold"    these two
  sagacheck mutants --zoo shop/zoo.py:ZOO  your own zoo

\b
A zoo is a module with
  ZOO = Zoo(mutants=(Mutant(name=…, anomaly="A12", why=…, saga=…, breaks=frozenset({"I13"})), …),
            variants=(Variant(name=…, why=…, saga=…), …))
of `sagacheck.mutants`.

\b
Exit codes:
  0  valid    every mutant was caught, and no correct saga was flagged
  1  invalid  a mutant survived, or a correct saga was flagged
  2  usage    wrong usage or wrong input; nothing was run
  3  unknown  correct sagas that could not be judged as a whole, or an interruption
"""

FINDERS = ("catalogue", "explore", "simulate")
"""The names of `sagacheck.mutants.FINDERS`."""
QUICK_RUNS, THOROUGH_RUNS = 5, 50
"""How many seeds `sagacheck.mutants.QUICK` and `THOROUGH` simulate."""


class Finders(click.ParamType[tuple[str, ...]]):
    """Names of finders, with commas between."""

    name = "NAMES"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The finders, each once."""
        if isinstance(value, tuple):
            return value
        names = tuple(dict.fromkeys(value.split(",")))
        for name in names:
            if name not in FINDERS:
                known = ", ".join(FINDERS)
                self.fail(f"unknown finder {name!r}; the finders are {known}", param, ctx)
        return names


@click.command("mutants", epilog=EPILOG)
@click.argument("names", nargs=-1, metavar="[NAME]...")
@ZOO
@click.option(
    "--by",
    "finders",
    type=Finders(),
    default=",".join(FINDERS),
    show_default=True,
    help="The finders to run, separated by commas.",
)
@click.option(
    "--quick",
    is_flag=True,
    help=f"Explore one order with one fault, simulate {QUICK_RUNS} seeds instead of "
    f"{THOROUGH_RUNS}, and stop each finder at its first finding.",
)
@JOBS
@click.option("--json", "json_file", type=NewFile(), help="Write the matrix as JSON.")
def command(**values: Any) -> None:
    """Run known mutants and show which are caught.

    A zoo holds mutants, sagas with one known bug each, and variants, correct sagas with another
    design. A mutant that no finder catches shows a gap in the scenarios or the invariants; a
    variant that is flagged shows an invariant that accepts only one design. The matrix shows which
    finder caught what, and how fast. NAME is a mutant or variant. [default: all]
    """
    from sagacheck.cli.actions.mutants import MutantsOptions, run_zoo

    sys.exit(run_zoo(MutantsOptions(**values)))
