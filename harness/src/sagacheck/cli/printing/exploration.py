"""A search in a terminal, and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.progress import TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from sagacheck.checks import Verdict
from sagacheck.explore import Exploration, Finding, OnProgress, Progress, Saved
from sagacheck.output import escape, plain_table, progress_bar, styled
from sagacheck.plural import count
from sagacheck.printable import printable

FEW = 20
"""So many violations are shown; more are too many to read."""


def exploration_json(exploration: Exploration, saved: Sequence[Saved]) -> dict[str, Any]:
    """The search as ``--json`` writes it."""
    tally = exploration.tally
    return {
        "histories": tally.histories,
        "seconds": round(exploration.seconds, 3),
        "faults": exploration.search.faults,
        "complete": exploration.complete,
        **tally.orders.as_json(),
        "levels": [
            {"faults": faults, "histories": histories, "seconds": round(seconds, 3)}
            for faults, (histories, seconds) in enumerate(exploration.levels)
        ],
        "verdict": str(exploration.verdict),
        "violating": tally.violating,
        "ways": len(tally.counterexamples),
        "violations": [
            {
                **each.counterexample.violation.as_json(),
                "finding": finding.name,
                "known": finding.is_among(exploration.search.known),
                "histories": finding.histories,
                "ways": len(finding.counterexamples),
                "scenario": each.text,
                "file": str(each.file),
            }
            for finding, each in _with_files(exploration, saved)
        ],
        "gone": exploration.gone,
        "unknown": [*filter(None, [exploration.why_vacuous]), *tally.unknown],
        "choices": _offered(exploration),
    }


def _offered(exploration: Exploration) -> dict[str, list[str]]:
    """The choices that were offered, by step."""
    offered: dict[str, list[str]] = {}
    for where, what, _ in exploration.tally.choices:
        choices = offered.setdefault(where, [])
        if what not in choices:
            choices.append(what)
    return offered


@contextmanager
def search_progress(console: Console) -> Iterator[OnProgress]:
    """A bar that shows how many histories are left of those with so many faults."""
    rate = TextColumn("{task.fields[rate]}")
    bar = progress_bar(console, rate, TimeElapsedColumn(), TimeRemainingColumn())
    task = bar.add_task("starting", total=None, rate="")

    def on_progress(now: Progress) -> None:
        bad = f", {now.tally.violating} break an invariant" if now.tally.violating else ""
        speed = bar.tasks[task].speed
        bar.update(
            task,
            completed=now.done,
            total=now.total,
            description=f"with {count(now.faults, 'fault')}{bad}",
            rate=f"{speed:.0f}/s" if speed else "",
        )

    with bar:
        yield on_progress


def print_exploration(
    console: Console, exploration: Exploration, saved: Sequence[Saved], *, matrix: bool
) -> None:
    """How many histories there are, what may happen in them, and what is wrong."""
    if matrix and exploration.tally.choices:
        console.print(_matrix(exploration))
    console.print(_levels(exploration))
    _print_violations(console, exploration, saved)
    _print_unknown(console, exploration)
    console.print(f"\n{styled(exploration.verdict)}: {_totals(exploration)}")
    if exploration.stopped:
        console.print(f"{escape(exploration.stopped)}: not all histories were played")


def _print_unknown(console: Console, exploration: Exploration) -> None:
    if why := exploration.why_vacuous:
        console.print(f"\n{styled(Verdict.UNKNOWN)} {escape(why)}")
    for detail, history in list(exploration.tally.unknown.items())[:FEW]:
        story = ", then ".join(map(str, history)) or "nothing fails"
        console.print(f"\n{styled(Verdict.UNKNOWN)} {escape(story)}")
        console.print(Padding.indent(escape(detail), 2))


def _totals(exploration: Exploration) -> str:
    histories, seconds = exploration.tally.histories, exploration.seconds
    played = count(histories, "history", "histories")
    faults = count(exploration.search.faults, "fault")
    rate = histories / seconds if seconds else 0.0
    part = "" if exploration.complete else ", stopped before the end"
    orders = exploration.tally.orders
    return f"{played} with at most {faults} in {seconds:.1f} s, {rate:.0f}/s{part}; {orders}"


def _levels(exploration: Exploration) -> Table:
    table = plain_table()
    for column in ("faults", "histories", "s"):
        table.add_column(column, justify="right")
    for faults, (histories, seconds) in enumerate(exploration.levels):
        table.add_row(str(faults), f"{histories:,}", f"{seconds:.1f}")
    return table


def _matrix(exploration: Exploration) -> Table:
    """In how many histories each choice was made, by what it is and at which step."""
    counts: Counter[tuple[str, str]] = Counter()
    choices = exploration.tally.choices
    for (where, what, _), times in choices.items():
        counts[what, where] += times
    columns = list(dict.fromkeys(where for where, _, _ in choices))
    table = plain_table("histories by choice")
    table.add_column("")
    for column in columns:
        table.add_column(column.replace(".", "\n"), justify="right")
    for what in dict.fromkeys(what for _, what, _ in choices):
        cells = (f"{counts[what, where]:,}" if counts[what, where] else "" for where in columns)
        table.add_row(what, *cells)
    return table


def _with_files(
    exploration: Exploration, saved: Sequence[Saved]
) -> Iterator[tuple[Finding, Saved]]:
    """The findings with the files of their smallest counterexamples, which were saved first."""
    return zip(exploration.findings, saved, strict=False)


def _print_violations(console: Console, exploration: Exploration, saved: Sequence[Saved]) -> None:
    known = exploration.search.known
    if saved:
        console.print(f"\n{_violating(exploration)}")
        shown = list(_with_files(exploration, saved))[:FEW]
        before: tuple[str, str] | None = None
        for number, (finding, _) in enumerate(shown, 1):
            violation = finding.smallest.violation
            what = violation.invariant, violation.detail
            if what != before:
                sign = styled(Verdict.INVALID, violation.invariant)
                console.print(f"\n{sign} {escape(violation.detail)}")
            _print_finding(console, number, finding, known=finding.is_among(known))
            before = what
        console.print("\n[dim]run one of them again:[/]")
        console.print(f"  {printable(saved[0].again)}", soft_wrap=True, markup=False)
    for name in exploration.gone:
        console.print(f"\nno longer found: {escape(name)}", soft_wrap=True)


def _print_finding(console: Console, number: int, finding: Finding, *, known: bool) -> None:
    smallest = finding.smallest
    console.print(Padding.indent(f"[dim]{number:02d}[/] {escape(smallest.story)}", 3))
    ways = count(len(finding.counterexamples), "way")
    histories = count(finding.histories, "history", "histories")
    name = f"known: {finding.name}" if known else finding.name
    console.print(Padding.indent(f"[dim]{escape(name)}: {ways}, {histories}[/]", 6))


def _violating(exploration: Exploration) -> str:
    tally = exploration.tally
    found = len(exploration.findings)
    verb = "breaks" if tally.violating == 1 else "break"
    played = count(tally.histories, "history", "histories")
    ways = count(len(tally.counterexamples), "distinct way")
    shown = f", showing {FEW} of {found}" if found > FEW else ""
    return (
        f"{tally.violating:,} of {played} {verb} an invariant: {count(found, 'finding')} "
        f"in {ways}, the smallest first{shown}"
    )
