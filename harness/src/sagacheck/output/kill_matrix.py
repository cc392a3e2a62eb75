"""The kill matrix for people and for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from sagacheck.checks import INVARIANTS, Verdict
from sagacheck.mutants import EXPECTATION, Mutant, Row, catalogue, name_of
from sagacheck.output.console import STYLES


class OnStep(Protocol):
    """Told of each specimen that a finder is through with."""

    def __call__(self, row: Row, finder: str) -> None:
        """One more."""


@contextmanager
def matrix_progress(console: Console, steps: int) -> Iterator[OnStep]:
    """A bar that moves with each specimen that a finder is through with.

    Where nobody watches, as in CI, a line for each says what has come of it.
    """
    bar = Progress(
        TextColumn("mutants"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("[dim]{task.fields[last]}"),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    task = bar.add_task("", total=steps, last="")
    done = 0

    def on_step(row: Row, finder: str) -> None:
        nonlocal done
        done += 1
        says = f"{finder}: {escape(row.specimen.name)}"
        bar.update(task, advance=1, last=says)
        if not console.is_terminal:
            console.print(f"{done}/{steps} {says}: {_found(row, finder)}", soft_wrap=True)

    with bar:
        yield on_step


def print_matrix(console: Console, rows: Sequence[Row], finders: Sequence[str]) -> None:
    """A row for each specimen, then all that is wrong."""
    console.print(_table(rows, finders))
    for row in rows:
        if row.verdict is not Verdict.VALID:
            _print_trouble(console, row)


def print_matrix_sum(console: Console, rows: Sequence[Row]) -> None:
    """How many bugs were found, and how many correct sagas were left alone."""
    parts = []
    for are_mutants, said in ((True, "bad sagas found"), (False, "correct ones clean")):
        some = [row for row in rows if row.is_mutant is are_mutants]
        fine = sum(row.verdict is Verdict.VALID for row in some)
        style = STYLES[Verdict.merge(row.verdict for row in some)]
        if some:
            parts.append(f"[{style}]{fine} of {len(some)} {said}[/]")
    console.print(f"\n{', '.join(parts)}")


def matrix_json(rows: Sequence[Row]) -> dict[str, Any]:
    """The matrix as ``--json`` writes it."""
    return {
        "specimens": [_row_as_json(row) for row in rows],
        "scenarios_without_a_kill": idle_scenarios(rows),
        "verdict": str(Verdict.merge(row.verdict for row in rows)),
    }


def idle_scenarios(rows: Sequence[Row]) -> list[str]:
    """The scenarios of the catalogue in which no bug has shown."""
    findings = [row.findings["catalogue"] for row in rows if "catalogue" in row.findings]
    if not findings:
        return []
    busy = {name for row in rows if row.is_mutant for name in row.findings["catalogue"].where}
    return [name for name in map(name_of, catalogue()) if name not in busy]


def _table(rows: Sequence[Row], finders: Sequence[str]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("verdict", no_wrap=True)
    table.add_column("anomaly", no_wrap=True)
    table.add_column("specimen", overflow="fold")
    for finder in finders:
        table.add_column(f"found by {finder}", no_wrap=True, justify="right")
    table.add_column("broken in so many runs", overflow="fold")
    table.add_column("first found in", overflow="fold")
    for row in rows:
        first = next((f.where[0] for f in row.findings.values() if f.where), "")
        table.add_row(
            _verdict(row),
            row.specimen.anomaly if isinstance(row.specimen, Mutant) else "",
            escape(row.specimen.name),
            *(_found(row, finder) for finder in finders),
            _broken(row),
            escape(first) if row.is_mutant else "",
        )
    return table


def _verdict(row: Row) -> str:
    words = {
        (True, Verdict.VALID): "found",
        (True, Verdict.INVALID): "survived",
        (False, Verdict.VALID): "clean",
        (False, Verdict.INVALID): "flagged",
    }
    word = words.get((row.is_mutant, row.verdict), "unknown")
    return f"[{STYLES[row.verdict]}]{word}[/]"


def _found(row: Row, finder: str) -> str:
    finding = row.findings.get(finder)
    if finding is None:
        return "-"
    if finding.first_seconds is None or not row.broken & finding.broken.keys():
        return f"not in {finding.runs}"
    return f"{len(finding.where)} of {finding.runs}, {finding.first_seconds:.2f} s"


def _broken(row: Row) -> str:
    total: Counter[str] = Counter()
    for finding in row.findings.values():
        total.update(finding.broken)
    shown = (name for name in [*INVARIANTS, EXPECTATION] if name in row.broken)
    return " ".join(f"{name}x{total[name]}" for name in shown)


def _print_trouble(console: Console, row: Row) -> None:
    style, specimen = STYLES[row.verdict], row.specimen
    console.print(f"\n{_verdict(row)} [bold]{escape(specimen.name)}[/]: {escape(specimen.why)}")
    if row.is_mutant and row.verdict is Verdict.INVALID:
        says = "no finder has seen anything wrong: a scenario or an invariant is missing"
        console.print(Padding.indent(f"[{style}]{says}[/]", 2))
    for finder, finding in row.findings.items():
        if not row.is_mutant and finding.detail:
            line = f"{finder}, {finding.where[0]}: {finding.detail}"
            console.print(Padding.indent(escape(line), 2))
        for trouble in finding.troubles[:3]:
            console.print(Padding.indent(escape(f"{finder}, {trouble}"), 2))


def print_worth(console: Console, rows: Sequence[Row]) -> None:
    """What the invariants and scenarios are worth: how many bugs show in each, and in which none.

    Nothing can be said of that before the whole zoo was looked at.
    """
    console.print()
    for line in _worth(rows):
        console.print(escape(line))


def _worth(rows: Sequence[Row]) -> Iterator[str]:
    mutants = [row for row in rows if row.is_mutant]
    kills = Counter(name for row in mutants for name in row.broken)
    alone = Counter(next(iter(row.broken)) for row in mutants if len(row.broken) == 1)
    shown = (
        f"{name} {kills[name]}" + (f" ({alone[name]} alone)" if alone[name] else "")
        for name in [*INVARIANTS, EXPECTATION]
        if kills[name]
    )
    yield f"bugs found by each invariant: {', '.join(shown) or 'none'}"
    idle = [name for name in INVARIANTS if not kills[name]]
    if idle:
        yield f"invariants that no bug here has broken: {', '.join(idle)}"
    scenarios = idle_scenarios(rows)
    if scenarios:
        yield f"{len(scenarios)} scenarios in which no bug here has shown: {', '.join(scenarios)}"


def _row_as_json(row: Row) -> dict[str, Any]:
    specimen = row.specimen
    return {
        "name": specimen.name,
        "kind": "mutant" if row.is_mutant else "variant",
        "anomaly": specimen.anomaly if isinstance(specimen, Mutant) else None,
        "why": specimen.why,
        "verdict": str(row.verdict),
        "broken": sorted(row.broken),
        "found_by": {
            finder: {
                "runs": finding.runs,
                "broken": dict(finding.broken),
                "where": finding.where,
                "detail": finding.detail,
                "first_seconds": finding.first_seconds,
                "troubles": finding.troubles,
            }
            for finder, finding in row.findings.items()
        },
    }
