"""A search in a terminal, and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from sagacheck.checks import Verdict
from sagacheck.explore import Exploration, OnProgress, Saved, search
from sagacheck.output.console import STYLES

FEW = 20
"""More violations than these nobody reads at once."""


def verdict_of(exploration: Exploration) -> Verdict:
    """What a search comes to: one that was not finished can prove an error, and nothing else."""
    findings = exploration.findings
    if findings.violating:
        return Verdict.INVALID
    sure = exploration.complete and not findings.unknown
    return Verdict.VALID if sure else Verdict.UNKNOWN


def exploration_json(exploration: Exploration, saved: Sequence[Saved]) -> dict[str, Any]:
    """The search as ``--json`` writes it."""
    findings = exploration.findings
    offered: dict[str, list[str]] = {}
    for where, what, _ in findings.choices:
        choices = offered.setdefault(where, [])
        if what not in choices:
            choices.append(what)
    return {
        "histories": findings.histories,
        "seconds": round(exploration.seconds, 3),
        "faults": exploration.search.faults,
        "complete": exploration.complete,
        "levels": [
            {"faults": faults, "histories": histories, "seconds": round(seconds, 3)}
            for faults, (histories, seconds) in enumerate(exploration.levels)
        ],
        "verdict": str(verdict_of(exploration)),
        "violating": findings.violating,
        "violations": [
            {
                **each.counterexample.violation.as_json(),
                "histories": each.counterexample.times,
                "scenario": each.text,
                "file": str(each.file),
            }
            for each in saved
        ],
        "unknown": list(findings.unknown),
        "choices": offered,
    }


@contextmanager
def search_progress(console: Console) -> Iterator[OnProgress]:
    """A bar that shows how many histories are left of those with so many faults."""
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    task = bar.add_task("starting", total=None, rate="")

    def on_progress(now: search.Progress) -> None:
        bad = f", {now.findings.violating} break an invariant" if now.findings.violating else ""
        speed = bar.tasks[task].speed
        bar.update(
            task,
            completed=now.done,
            total=now.total,
            description=f"with {now.faults} faults{bad}",
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
    findings = exploration.findings
    for detail, history in list(findings.unknown.items())[:FEW]:
        story = ", then ".join(map(str, history)) or "nothing fails"
        console.print(f"\n[{STYLES[Verdict.UNKNOWN]}]unknown[/] {escape(story)}")
        console.print(Padding.indent(escape(detail), 2))
    verdict = verdict_of(exploration)
    rate = findings.histories / exploration.seconds if exploration.seconds else 0.0
    part = "" if exploration.complete else ", stopped before the end"
    console.print(
        f"\n[{STYLES[verdict]}]{verdict}[/]: {findings.histories:,} histories with at most "
        f"{_faults(exploration.search.faults)} in {exploration.seconds:.1f} s, {rate:.0f}/s{part}"
    )


def _faults(count: int) -> str:
    return f"{count} fault" if count == 1 else f"{count} faults"


def _levels(exploration: Exploration) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("faults", "histories", "s"):
        table.add_column(column, justify="right")
    for faults, (histories, seconds) in enumerate(exploration.levels):
        table.add_row(str(faults), f"{histories:,}", f"{seconds:.1f}")
    return table


def _matrix(exploration: Exploration) -> Table:
    """In how many histories each choice was made, by what it is and at which step."""
    counts: Counter[tuple[str, str]] = Counter()
    for (where, what, _), count in exploration.findings.choices.items():
        counts[what, where] += count
    columns = list(dict.fromkeys(where for where, _, _ in exploration.findings.choices))
    table = Table(box=None, pad_edge=False, header_style="bold", title="histories by choice")
    table.add_column("")
    for column in columns:
        table.add_column(column.replace(".", "\n"), justify="right")
    for what in dict.fromkeys(what for _, what, _ in exploration.findings.choices):
        cells = (f"{counts[what, where]:,}" if counts[what, where] else "" for where in columns)
        table.add_row(what, *cells)
    return table


def _print_violations(console: Console, exploration: Exploration, saved: Sequence[Saved]) -> None:
    findings = exploration.findings
    if not saved:
        return
    found = len(findings.counterexamples)
    shown = f", showing {FEW} of {found}" if found > FEW else ""
    console.print(
        f"\n{findings.violating:,} of {findings.histories:,} histories break an invariant, "
        f"in {found} distinct ways, the smallest first{shown}"
    )
    for (invariant, detail), ways in _by_detail(saved[:FEW]).items():
        console.print(f"\n[{STYLES[Verdict.INVALID]}]{invariant}[/] {escape(detail)}")
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
