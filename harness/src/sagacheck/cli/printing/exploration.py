"""A search in a terminal, and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.progress import TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from sagacheck.checks import Verdict
from sagacheck.explore import Exploration, OnProgress, Progress, Saved
from sagacheck.output import plain_table, progress_bar, styled
from sagacheck.plural import count

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
        "violations": [
            {
                **each.counterexample.violation.as_json(),
                "histories": each.counterexample.times,
                "scenario": each.text,
                "file": str(each.file),
            }
            for each in saved
        ],
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
    if matrix:
        console.print(_matrix(exploration))
    console.print(_levels(exploration))
    _print_violations(console, exploration, saved)
    _print_unknown(console, exploration)
    console.print(f"\n{styled(exploration.verdict)}: {_totals(exploration)}")


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


def _print_violations(console: Console, exploration: Exploration, saved: Sequence[Saved]) -> None:
    if saved:
        console.print(f"\n{_violating(exploration)}")
        _print_ways(console, saved)


def _violating(exploration: Exploration) -> str:
    tally = exploration.tally
    found = len(tally.counterexamples)
    verb = "breaks" if tally.violating == 1 else "break"
    played = count(tally.histories, "history", "histories")
    ways = count(found, "distinct way")
    shown = f", showing {FEW} of {found}" if found > FEW else ""
    return (
        f"{tally.violating:,} of {played} {verb} an invariant, in {ways}, the smallest first{shown}"
    )


def _print_ways(console: Console, saved: Sequence[Saved]) -> None:
    for (invariant, detail), ways in _by_detail(saved[:FEW]).items():
        console.print(f"\n{styled(Verdict.INVALID, invariant)} {escape(detail)}")
        for number, each in ways:
            story = ", then ".join(map(str, each.counterexample.history)) or "nothing fails"
            console.print(Padding.indent(f"[dim]{number:02d}[/] {escape(story)}", 3))
    console.print("\n[dim]run one of them again:[/]")
    console.print(f"  {saved[0].again}", soft_wrap=True, markup=False)


def _by_detail(saved: Sequence[Saved]) -> dict[tuple[str, str], list[tuple[int, Saved]]]:
    """The counterexamples with their numbers, by what is wrong."""
    ways: dict[tuple[str, str], list[tuple[int, Saved]]] = {}
    for number, each in enumerate(saved, 1):
        violation = each.counterexample.violation
        ways.setdefault((violation.invariant, violation.detail), []).append((number, each))
    return ways
