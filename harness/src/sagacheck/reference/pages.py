"""The documents about anomalies and invariants: two views of the same coverage."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sagacheck.language import THEMES, load_text
from sagacheck.mutants import EXPECTATION, Mutant, name_of
from sagacheck.reference.coverage import VACUITY, AnomalyCoverage, Catch
from sagacheck.reference.invariants import Invariant, invariants
from sagacheck.reference.markdown import render
from sagacheck.run import LocalPlayer
from sagacheck.saga import load_saga

VACUOUS = """\
scenario: the ninth call is never made
why: what did not happen has shown nothing
orders: [{id: o1}]
faults:
  - on: payments.charge
    calls: 9
    fault: drop_response
expect:
  o1: {status: completed}
"""
"""A scenario that breaks I20."""


@dataclass(frozen=True)
class CaughtMutant:
    """A mutant, and which scenarios of one anomaly catch it.

    Attributes:
        mutant: The mutant.
        where: The scenarios, by their names, each with what it showed.
    """

    mutant: Mutant
    where: list[tuple[str, list[str]]]


@dataclass(frozen=True)
class AnomalyEntry:
    """An anomaly as its document shows it."""

    row: AnomalyCoverage
    scenarios: list[str]
    caught: list[CaughtMutant]

    @property
    def heading(self) -> str:
        """Its heading in the document."""
        return f"{self.row.id} {self.row.anomaly.name}"


@dataclass(frozen=True)
class InvariantEntry:
    """An invariant as its document shows it."""

    invariant: Invariant
    anomalies: list[AnomalyEntry]
    catches: list[Catch]


def anomalies_page(rows: Sequence[AnomalyCoverage]) -> str:
    """The anomalies by theme: the scenarios that cover each, and the mutants that these catch."""
    entries = [_anomaly_entry(row) for row in rows]
    themes = [
        (letter, title, [entry for entry in entries if entry.row.id.startswith(letter)])
        for letter, title in THEMES.items()
    ]
    headings = {each.id: each.heading for each in invariants()}
    return render("anomalies.md.j2", themes=themes, rows=rows, invariants=headings)


def invariants_page(rows: Sequence[AnomalyCoverage]) -> str:
    """The invariants: what each reads and when, the mutants that break it, and an example."""
    anomalies = [_anomaly_entry(row) for row in rows]
    by_invariant: dict[str, dict[str, Catch]] = defaultdict(dict)
    for row in rows:
        for catch in row.catches:
            for kind in catch.shown:
                by_invariant[kind].setdefault(catch.mutant.name, catch)
    entries = [
        InvariantEntry(
            invariant,
            [entry for entry in anomalies if invariant.id in entry.row.broken],
            list(by_invariant[invariant.id].values()),
        )
        for invariant in invariants()
    ]
    return render(
        "invariants.md.j2",
        entries=entries,
        expected=list(by_invariant[EXPECTATION].values()),
        vacuity=VACUITY,
        vacuous=VACUOUS,
        nothing_shown=_what_is_unmet(VACUOUS),
        name_of=name_of,
    )


def _anomaly_entry(row: AnomalyCoverage) -> AnomalyEntry:
    where: dict[str, CaughtMutant] = {}
    for catch in row.catches:
        caught = where.setdefault(catch.mutant.name, CaughtMutant(catch.mutant, []))
        caught.where.append((name_of(catch.scenario), list(catch.shown)))
    return AnomalyEntry(row, [name_of(each) for each in row.scenarios], list(where.values()))


def _what_is_unmet(text: str) -> str:
    saga = load_saga()
    player = LocalPlayer(saga)
    with player.ready():
        (unmet,) = player.play(load_text(text, "scenario.yaml", dialect=saga.dialect)).unmet
    return unmet.detail
