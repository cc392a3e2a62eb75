"""Which scenarios cover which anomalies, and that they can fail: which mutants they catch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sagacheck.checks import INVARIANTS
from sagacheck.language import ANOMALIES, Anomaly, Scenario
from sagacheck.mutants import EXPECTATION, Mutant, Zoo, found_in
from sagacheck.run import LocalPlayer

VACUITY = "I20"
"""It is about the run and not about the ledger, so it has no check of its own."""


@dataclass(frozen=True)
class Catch:
    """A mutant that a scenario has caught.

    Attributes:
        mutant: The mutant.
        scenario: The scenario that was played with it.
        shown: What the scenario shows of what the mutant breaks: a sentence for each invariant, or
            for ``expect``.
    """

    mutant: Mutant
    scenario: Scenario
    shown: Mapping[str, str]


@dataclass(frozen=True)
class AnomalyCoverage:
    """What covers one anomaly.

    Attributes:
        id: Its id.
        anomaly: The anomaly.
        scenarios: The scenarios that cover it.
        catches: The mutants with this anomaly that they catch, and what each breaks.
    """

    id: str
    anomaly: Anomaly
    scenarios: tuple[Scenario, ...]
    catches: tuple[Catch, ...]

    @property
    def broken(self) -> list[str]:
        """What its mutants break: invariants, or what a scenario expects."""
        return in_order({*self.anomaly.invariants, *(k for c in self.catches for k in c.shown)})


def in_order(kinds: Iterable[str]) -> list[str]:
    """Invariants by their numbers, what scenarios expect after them."""
    order = [*INVARIANTS, VACUITY, EXPECTATION]
    return sorted(kinds, key=order.index)


def coverage(scenarios: Sequence[Scenario], zoo: Zoo) -> Iterator[AnomalyCoverage]:
    """The coverage of each anomaly; every mutant with it is played."""
    for name, anomaly in ANOMALIES.items():
        covering = tuple(scenario for scenario in scenarios if name in scenario.covers)
        suffering = [mutant for mutant in zoo.mutants if name in mutant.anomalies]
        closest = sorted(covering, key=lambda scenario: len(scenario.covers))
        catches = [each for mutant in suffering for each in _catches(mutant, closest)]
        yield AnomalyCoverage(name, anomaly, covering, tuple(catches))


def _catches(mutant: Mutant, scenarios: Sequence[Scenario]) -> Iterator[Catch]:
    """The scenarios, one after another, that first show something of what the mutant breaks."""
    left = set(mutant.breaks)
    player = LocalPlayer(mutant.saga)
    with player.ready():
        for scenario in scenarios:
            if not left:
                return
            found = found_in(player.play(scenario))
            shown = {kind: found[kind] for kind in in_order(left & found.keys())}
            if shown:
                yield Catch(mutant, scenario, shown)
            left -= shown.keys()


def gaps(rows: Iterable[AnomalyCoverage], zoo: Zoo) -> Iterator[str]:
    """What is missing, in sentences: an anomaly without a scenario, a mutant that is not caught."""
    for row in rows:
        anomaly, name = row.anomaly, f"{row.id} ({row.anomaly.name})"
        suffering = {mutant.name: mutant for mutant in zoo.mutants if row.id in mutant.anomalies}
        if anomaly.not_here:
            if row.scenarios or suffering or anomaly.tests:
                yield f"{name} cannot happen here, and yet something shows it"
            continue
        if not (anomaly.tests or (row.scenarios and suffering)):
            yield f"{name} needs a scenario and a mutant, or a test"
        for mutant in suffering.values():
            shown = {k for c in row.catches if c.mutant.name == mutant.name for k in c.shown}
            wanted = mutant.breaks if row.id == mutant.anomaly else mutant.breaks & shown
            if not shown or wanted - shown:
                left = ", ".join(in_order(mutant.breaks - shown))
                yield f"no scenario that covers {name} shows that {mutant.name!r} breaks {left}"
