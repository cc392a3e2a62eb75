"""The kill matrix for people and for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from rich.console import Console
from rich.padding import Padding
from rich.progress import TextColumn, TimeElapsedColumn
from rich.table import Table

from sagacheck.checks import INVARIANTS, Verdict
from sagacheck.mutants import EXPECTATION, Mutant, SpecimenResult, catalogue, name_of
from sagacheck.output import escape, plain_table, progress_bar, styled
from sagacheck.plural import count


class OnSpecimen(Protocol):
    """Called whenever a finder has finished with a specimen."""

    def __call__(self, row: SpecimenResult, finder: str) -> None:
        """One more."""


@contextmanager
def matrix_progress(console: Console, total: int) -> Iterator[OnSpecimen]:
    """A bar that moves whenever a finder has finished with a specimen.

    Outside of a terminal, as in CI, a line for each says what was found.

    Args:
        console: Where it is shown.
        total: How many specimens there are, for all finders together.
    """
    bar = progress_bar(console, TimeElapsedColumn(), TextColumn("[dim]{task.fields[last]}"))
    task = bar.add_task("mutants", total=total, last="")
    done = 0

    def on_specimen(row: SpecimenResult, finder: str) -> None:
        nonlocal done
        done += 1
        says = f"{finder}: {escape(row.specimen.name)}"
        bar.update(task, advance=1, last=says)
        if not console.is_terminal:
            console.print(f"{done}/{total} {says}: {_found(row, finder)}", soft_wrap=True)

    with bar:
        yield on_specimen


def print_matrix(console: Console, rows: Sequence[SpecimenResult], finders: Sequence[str]) -> None:
    """A row for each specimen, then all that is wrong."""
    console.print(_table(rows, finders))
    for row in rows:
        if row.verdict is not Verdict.VALID:
            _print_trouble(console, row)


def print_matrix_totals(console: Console, rows: Sequence[SpecimenResult]) -> None:
    """How many bugs were found, and how many correct sagas were left alone."""
    parts = []
    for are_mutants, said in ((True, "bad sagas found"), (False, "correct ones clean")):
        some = [row for row in rows if row.is_mutant is are_mutants]
        fine = sum(row.verdict is Verdict.VALID for row in some)
        verdict = Verdict.merge(row.verdict for row in some)
        if some:
            parts.append(styled(verdict, f"{fine} of {len(some)} {said}"))
    console.print(f"\n{', '.join(parts)}")


def matrix_json(rows: Sequence[SpecimenResult]) -> dict[str, Any]:
    """The matrix as ``--json`` writes it."""
    return {
        "specimens": [_row_as_json(row) for row in rows],
        "scenarios_without_a_kill": idle_scenarios(rows),
        "verdict": str(Verdict.merge(row.verdict for row in rows)),
    }


def idle_scenarios(rows: Sequence[SpecimenResult]) -> list[str]:
    """The scenarios of the catalogue in which no bug has shown."""
    looked = [row for row in rows if "catalogue" in row.by_finder]
    if not looked:
        return []
    busy = {name for row in looked if row.is_mutant for name in row.by_finder["catalogue"].where}
    return [name for name in map(name_of, catalogue()) if name not in busy]


def _table(rows: Sequence[SpecimenResult], finders: Sequence[str]) -> Table:
    table = plain_table()
    table.add_column("verdict", no_wrap=True)
    table.add_column("anomaly", no_wrap=True)
    table.add_column("specimen", overflow="fold")
    for finder in finders:
        table.add_column(f"found by {finder}", no_wrap=True, justify="right")
    table.add_column("runs that broke it", overflow="fold")
    table.add_column("first found in", overflow="fold")
    for row in rows:
        first = next((f.where[0] for f in row.by_finder.values() if f.where), "")
        table.add_row(
            _verdict(row),
            row.specimen.anomaly if isinstance(row.specimen, Mutant) else "",
            escape(row.specimen.name),
            *(_found(row, finder) for finder in finders),
            _broken(row),
            escape(first) if row.is_mutant else "",
        )
    return table


def _verdict(row: SpecimenResult) -> str:
    words = {
        (True, Verdict.VALID): "found",
        (True, Verdict.INVALID): "survived",
        (False, Verdict.VALID): "clean",
        (False, Verdict.INVALID): "flagged",
    }
    word = words.get((row.is_mutant, row.verdict), "unknown")
    return styled(row.verdict, word)


def _found(row: SpecimenResult, finder: str) -> str:
    found = row.by_finder.get(finder)
    if found is None:
        return "-"
    if found.first_seconds is None or not row.broken & found.broken.keys():
        return f"not in {found.runs}"
    return f"{len(found.where)} of {found.runs}, {found.first_seconds:.2f} s"


def _broken(row: SpecimenResult) -> str:
    total: Counter[str] = Counter()
    for found in row.by_finder.values():
        total.update(found.broken)
    shown = (name for name in [*INVARIANTS, EXPECTATION] if name in row.broken)
    return " ".join(f"{name}x{total[name]}" for name in shown)


def _print_trouble(console: Console, row: SpecimenResult) -> None:
    specimen = row.specimen
    console.print(f"\n{_verdict(row)} [bold]{escape(specimen.name)}[/]: {escape(specimen.why)}")
    if row.is_mutant and row.verdict is Verdict.INVALID:
        says = "no finder saw anything wrong: a scenario or an invariant is missing"
        console.print(Padding.indent(styled(row.verdict, says), 2))
    for finder, found in row.by_finder.items():
        if not row.is_mutant and found.detail:
            line = f"{finder}, {found.where[0]}: {found.detail}"
            console.print(Padding.indent(escape(line), 2))
        for trouble in found.troubles[:3]:
            console.print(Padding.indent(escape(f"{finder}, {trouble}"), 2))


def print_effectiveness(console: Console, rows: Sequence[SpecimenResult]) -> None:
    """How many bugs each invariant and scenario shows, and which show none.

    That is only known once every finder has run on the whole zoo.
    """
    console.print()
    for line in _effectiveness(rows):
        console.print(escape(line))


def _effectiveness(rows: Sequence[SpecimenResult]) -> Iterator[str]:
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
        yield f"invariants that no bug breaks: {', '.join(idle)}"
    scenarios = idle_scenarios(rows)
    if scenarios:
        idle_count = count(len(scenarios), "scenario")
        yield f"{idle_count} in which no bug shows: {', '.join(scenarios)}"


def _row_as_json(row: SpecimenResult) -> dict[str, Any]:
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
                "runs": found.runs,
                "broken": dict(found.broken),
                "where": found.where,
                "detail": found.detail,
                "first_seconds": found.first_seconds,
                "troubles": found.troubles,
            }
            for finder, found in row.by_finder.items()
        },
    }
