"""What ``sagacheck explore`` does."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from sagacheck.checks import INVARIANTS
from sagacheck.cli.extras import has_report, report_or_exit
from sagacheck.cli.inputs import load_or_exit, saga_or_exit
from sagacheck.cli.printing.exploration import (
    exploration_json,
    print_exploration,
    search_progress,
)
from sagacheck.explore import (
    Exploration,
    Saved,
    Search,
    one_by_one,
    read_baseline,
    save,
    write_baseline,
)
from sagacheck.explore import explore as search_all
from sagacheck.language import Scenario, nearest, plain_orders
from sagacheck.output import console_for
from sagacheck.printable import printable
from sagacheck.result_files import write_text
from sagacheck.run import new_folder
from sagacheck.saga import SagaUnderTest, saga_words


@dataclass(frozen=True, kw_only=True)
class ExploreOptions:
    """The options of the command."""

    scenario: Path | None
    faults: int
    cancels: bool
    crashes: bool
    orders: int
    jobs: int
    shard: tuple[int, int]
    budget: float | None
    first: bool
    matrix: bool
    only: Sequence[str]
    skip: Sequence[str]
    baseline: Path | None
    new_baseline: Path | None
    saga_reference: str | None
    json_file: Path | None
    report_folder: Path | None
    runs_folder: Path


def run_search(options: ExploreOptions) -> int:
    """Search, print and write what was found; the exit code."""
    if options.report_folder is not None:
        report_or_exit("--report")
    saga = saga_or_exit(options.saga_reference)
    search = _search_of(options, saga)
    with search_progress(console_for(stderr=True)) as on_progress:
        exploration = search_all(search, on_progress)
    command = shlex.join(["sagacheck", *sys.argv[1:]])
    if options.new_baseline is not None:
        _write_baseline(options.new_baseline, exploration)
    saved: list[Saved] = []
    try:
        folder = new_folder(options.runs_folder, command)
        saved = _write_findings(exploration, saga, folder, options.json_file)
    finally:  # a full disk hides no verdict
        print_exploration(console_for(), exploration, saved, matrix=options.matrix)
    into = options.report_folder or (folder / "report" if saved and has_report() else None)
    if into is not None:
        page = _write_report(exploration, saved, saga, command, into)
        click.echo(f"HTML report:\n  {printable(str(page))}")
    return exploration.verdict.exit_code


def _write_baseline(file: Path, exploration: Exploration) -> None:
    """Write it, unless findings may be missing: it would lose those that it had before."""
    if exploration.complete:
        write_baseline(file, exploration.findings)
    else:
        click.echo(printable(f"{file} was not written: the search was not finished"), err=True)


def _search_of(options: ExploreOptions, saga: SagaUnderTest) -> Search:
    search = Search(
        base=_base_of(options, saga),
        saga_reference=options.saga_reference,
        faults=options.faults,
        cancels=options.cancels,
        crashes=options.crashes,
        jobs=options.jobs,
        shard=options.shard,
        budget=options.budget,
        until_found=options.first,
        known=_known_in(options),
        only=frozenset(options.only),
    )
    known = search.space(saga).words
    for word in options.only:
        if word not in known:
            near = nearest(word, known)
            hint = f"did you mean {near}?" if near else f"known: {', '.join(sorted(known))}"
            raise click.BadParameter(f"{word!r} is unknown ({hint})", param_hint="--only")
    return search


def _known_in(options: ExploreOptions) -> frozenset[str]:
    """The names of the findings that make no verdict invalid.

    Raises:
        click.BadParameter: The baseline is none, or what is skipped can be no finding.
    """
    for name in options.skip:
        invariant = name.partition(",")[0].partition(" ")[0]
        if invariant not in INVARIANTS:
            msg = f"{name!r} names no finding; it begins with an invariant, such as I7"
            raise click.BadParameter(msg, param_hint="--skip")
    if options.baseline is None:
        return frozenset(options.skip)
    try:
        return read_baseline(options.baseline) | frozenset(options.skip)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--baseline") from None


def _base_of(options: ExploreOptions, saga: SagaUnderTest) -> Scenario:
    """The scenario that a search begins with.

    Raises:
        click.UsageError: The path holds several.
    """
    path = options.scenario
    if path is None:
        return plain_orders(options.orders, saga.dialect)
    if options.orders > 1:
        raise click.UsageError("--orders is for plain orders, but SCENARIO has its own")
    found = load_or_exit([path], saga)
    if len(found) > 1:
        msg = f"a search begins with one scenario, and {path} holds {len(found)}: name a file"
        raise click.UsageError(msg)
    return found[0]


def _write_findings(
    exploration: Exploration, saga: SagaUnderTest, folder: Path, json_file: Path | None
) -> list[Saved]:
    """Write counterexamples and results; the counterexamples."""
    search = exploration.search
    saved = save(
        one_by_one(exploration.findings),
        search.base,
        saga,
        folder / "counterexamples",
        saga_reference=search.saga_reference,
    )
    text = json.dumps(exploration_json(exploration, saved), indent=2) + "\n"
    for file in filter(None, (folder / "results.json", json_file)):
        write_text(file, text)
    return saved


def _write_report(
    exploration: Exploration, saved: Sequence[Saved], saga: SagaUnderTest, command: str, into: Path
) -> Path:
    from sagacheck.report import RunHeader, write_exploration_report  # noqa: PLC0415 - jinja2 is an extra

    header = RunHeader(
        command=command,
        again=saga_words(exploration.search.saga_reference),
        seconds=exploration.seconds,
        verdict=exploration.verdict,
    )
    return write_exploration_report(exploration, saved, header, saga=saga, folder=into)
