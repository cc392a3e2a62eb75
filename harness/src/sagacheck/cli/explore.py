"""``sagacheck explore``."""

from __future__ import annotations

import json
import re
import shlex
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import click

from sagacheck.cli.options import (
    EXIT_CODES,
    REPORT,
    RUNS,
    SAGA,
    NewFile,
    load_or_exit,
    saga_or_exit,
)
from sagacheck.explore import Search, plain_orders, save
from sagacheck.explore import explore as search_all
from sagacheck.language import Scenario, nearest
from sagacheck.output import (
    console_for,
    exploration_json,
    print_exploration,
    search_progress,
    verdict_of,
)
from sagacheck.run import new_folder, processors
from sagacheck.saga import saga_words

EXAMPLES = """\b
Examples:
  sagacheck explore                        every pair of faults
  sagacheck explore --faults 1             each fault alone, in a second
  sagacheck explore --orders 2 --faults 1  two orders for the last goods
  sagacheck explore my_scenario.yaml       faults on top of a scenario
  sagacheck explore --saga shop.py:SAGA    your own saga

\b
What may happen, and counts as one fault each:
  - a call fails: refused, lost, rejected with each status that matters, its reply lost,
    unreadable or late, the request late or doubled; once, or three times in a row
  - a client cancels by each means that the workflow has, or submits the order again:
    before and after every call, while the workflow waits, and after its end
  - the worker dies before or after the effect of a call, or loses its cached workflow
  - parcels leave at once, reservations expire, refunds are refused
  - with several orders, a call is slow, so that the others' calls overtake it
"""


class _Shard(click.ParamType[tuple[int, int]]):
    name = "I/N"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The part, and how many parts there are."""
        if isinstance(value, tuple):
            return value
        found = re.fullmatch(r"([1-9]\d*)/([1-9]\d*)", value)
        if found is None or int(found[1]) > int(found[2]):
            self.fail(f"{value!r} is no part of a whole, such as 1/4", param, ctx)
        return int(found[1]), int(found[2])


@click.command(epilog=f"{EXAMPLES}\n{EXIT_CODES}")
@click.argument("scenario", required=False, type=click.Path(path_type=Path), metavar="[SCENARIO]")
@click.option(
    "--faults",
    type=click.IntRange(0, 6),
    default=2,
    show_default=True,
    help="How much may go wrong in one history at most. One more takes about 80 times as long.",
)
@click.option(
    "--cancels",
    type=bool,
    default=True,
    metavar="0|1",
    help="Whether clients cancel the order, and submit it again. [default: 1]",
)
@click.option(
    "--crashes",
    type=bool,
    default=True,
    metavar="0|1",
    help="Whether workers die, and lose their caches. [default: 1]",
)
@click.option(
    "--orders",
    type=click.IntRange(1, 4),
    default=1,
    show_default=True,
    help="How many orders there are; several want the same goods, and one of them gets none.",
)
@click.option(
    "--jobs", type=click.IntRange(1, 256), default=processors, help="How many processes search."
)
@click.option(
    "--shard", type=_Shard(), default="1/1", metavar="I/N", help="Search only this part of N."
)
@click.option("--budget", type=float, metavar="SECONDS", help="Stop after this time.")
@click.option("--first", is_flag=True, help="Stop at the first violation.")
@click.option("--matrix/--no-matrix", default=True, help="Show how often each choice was made.")
@click.option(
    "--only",
    multiple=True,
    metavar="WORD",
    help="Leave out all but this operation, service, fault or event; may be given several times.",
)
@SAGA
@click.option("--json", "json_file", type=NewFile(), help="Write what was found as JSON.")
@REPORT
@RUNS
@click.pass_context
def explore(  # noqa: PLR0913, PLR0917 - one parameter an option
    context: click.Context,
    scenario: Path | None,
    faults: int,
    cancels: bool,
    crashes: bool,
    orders: int,
    jobs: int,
    shard: tuple[int, int],
    budget: float | None,
    first: bool,
    matrix: bool,
    only: tuple[str, ...],
    saga_reference: str | None,
    json_file: Path | None,
    report_folder: Path | None,
    runs_folder: Path,
) -> None:
    """Play every history in which at most so many faults happen, and find those that break.

    Nothing is drawn at random: each run tells what could have gone wrong in it and when, and all of
    that is tried. SCENARIO is where the search begins, instead of plain orders; what it expects is
    not looked at, only invariants are. Each distinct violation is left behind as a scenario file.
    """
    if scenario is not None and orders > 1:
        raise click.UsageError("--orders is about plain orders, SCENARIO brings its own")
    saga = saga_or_exit(saga_reference)
    base = (
        _only_one(scenario, load_or_exit([scenario], saga))
        if scenario is not None
        else plain_orders(orders, saga.dialect)
    )
    search = Search(
        base=base,
        saga_reference=saga_reference,
        faults=faults,
        cancels=cancels,
        crashes=crashes,
        jobs=jobs,
        shard=shard,
        budget=budget,
        until_found=first,
        only=frozenset(only),
    )
    _must_be_known(only, search.menu(saga).words)
    with search_progress(console_for(stderr=True)) as on_progress:
        exploration = search_all(search, on_progress)
    command = shlex.join(["sagacheck", *sys.argv[1:]])
    folder = new_folder(runs_folder, command)
    counterexamples = exploration.findings.smallest_first()
    where = folder / "counterexamples"
    saved = save(counterexamples, base, saga, where, saga_reference=saga_reference)
    found = json.dumps(exploration_json(exploration, saved), indent=2) + "\n"
    (folder / "results.json").write_text(found, encoding="utf-8")
    if json_file is not None:
        json_file.write_text(found, encoding="utf-8")
    print_exploration(console_for(), exploration, saved, matrix=matrix)
    verdict = verdict_of(exploration)
    into = report_folder or (folder / "report" if saved else None)
    if into is not None:
        from sagacheck.report import write_exploration_report  # noqa: PLC0415 - costs time

        page = write_exploration_report(
            exploration,
            saved,
            saga=saga,
            verdict=verdict,
            command=command,
            again=saga_words(saga_reference),
            folder=into,
        )
        click.echo(f"a page that shows it all:\n  {page}")
    context.exit(verdict.exit_code)


def _only_one(path: Path, found: Sequence[Scenario]) -> Scenario:
    """The scenario of a path that must hold one.

    Raises:
        click.UsageError: It holds more.
    """
    if len(found) > 1:
        msg = f"a search begins with one scenario, and {path} holds {len(found)}: name a file"
        raise click.UsageError(msg)
    return found[0]


def _must_be_known(only: Iterable[str], words: set[str]) -> None:
    for word in only:
        if word not in words:
            known = ", ".join(sorted(words))
            guess = f"did you mean {near}?" if (near := nearest(word, words)) else f"known: {known}"
            raise click.BadParameter(f"{word!r} is not known ({guess})", param_hint="--only")
