"""``sagacheck explore``."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import click

from sagacheck.cli.exit_codes import EXIT_CODES
from sagacheck.cli.options import JOBS, REPORT, RUNS, SAGA, SECONDS, NewFile, ZeroOrOne

EXAMPLES = """\b
Examples:
  sagacheck explore                        every pair of faults
  sagacheck explore --faults 1             each fault alone, in a second
  sagacheck explore --orders 2 --faults 1  two orders for the last goods
  sagacheck explore my_scenario.yaml       faults on top of a scenario
  sagacheck explore --saga shop.py:SAGA    your own saga

\b
Each of these counts as one fault:
  - a call fails: refused, lost, rejected with each relevant status, its reply lost,
    unreadable or late, the request late or duplicated; once, or three times in a row
  - a client cancels by each means that the workflow has, or submits the order again:
    before and after every call, while the workflow waits, and after its end
  - the worker dies before or after the effect of a call, or loses its cached workflow
  - parcels leave at once, reservations expire, refunds are refused
  - with several orders, a call is slow, so that the others' calls overtake it
"""


class Shard(click.ParamType[tuple[int, int]]):
    """A part of a search."""

    name = "I/N"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The part, and how many parts there are."""
        if isinstance(value, tuple):
            return value
        found = re.fullmatch(r"([1-9]\d*)/([1-9]\d*)", value)
        if found is None or int(found[1]) > int(found[2]):
            self.fail(f"{value!r} is not I/N with I from 1 to N, such as 1/4", param, ctx)
        return int(found[1]), int(found[2])


@click.command("explore", epilog=f"{EXAMPLES}\n{EXIT_CODES}")
@click.argument("scenario", required=False, type=click.Path(path_type=Path), metavar="[SCENARIO]")
@click.option(
    "--faults",
    type=click.IntRange(0, 6),
    default=2,
    show_default=True,
    help="The most faults in a history. One more takes about 80 times as long.",
)
@click.option(
    "--cancels",
    type=ZeroOrOne(),
    default=True,
    metavar="0|1",
    help="Whether clients cancel the order and submit it again. [default: 1]",
)
@click.option(
    "--crashes",
    type=ZeroOrOne(),
    default=True,
    metavar="0|1",
    help="Whether workers die and lose their caches. [default: 1]",
)
@click.option(
    "--orders",
    type=click.IntRange(1, 4),
    default=1,
    show_default=True,
    help="The number of orders; several compete for the same goods, and one of them gets none.",
)
@JOBS
@click.option(
    "--shard", type=Shard(), default="1/1", metavar="I/N", help="Search only this part of N."
)
@click.option("--budget", type=SECONDS, metavar="SECONDS", help="Stop after this time.")
@click.option("--first", is_flag=True, help="Stop at the first violation.")
@click.option("--matrix/--no-matrix", default=True, help="Show how often each choice was made.")
@click.option(
    "--only",
    multiple=True,
    metavar="WORD",
    help="Play only this operation, service, fault or event; may be given several times.",
)
@click.option(
    "--skip",
    multiple=True,
    metavar="FINDING",
    help="Do not fail because of this finding, as the search names it: `I7 payments.charge, cancel "
    "on payments.charge`, `I7 payments.charge` or `I7`; may be given several times.",
)
@click.option(
    "--baseline",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="Do not fail because of the findings in this file; show which of them are gone.",
)
@click.option(
    "--write-baseline",
    "new_baseline",
    type=NewFile(),
    metavar="FILE",
    help="Write the names of all findings into this file, for --baseline.",
)
@SAGA
@click.option("--json", "json_file", type=NewFile(), help="Write the findings as JSON.")
@REPORT
@RUNS
def command(**values: Any) -> None:
    """Play every history with at most K faults.

    Reports those that violate an invariant. Nothing is random: each run shows what could have gone
    wrong in it and when, and the search tries all of that. It begins with SCENARIO, or with plain
    orders. Only invariants are checked, not the expectations of SCENARIO. Each distinct violation
    is written as a scenario file.
    """
    from sagacheck.cli.actions.explore import ExploreOptions, run_search

    sys.exit(run_search(ExploreOptions(**values)))
