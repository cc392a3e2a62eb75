"""Checks the invariants on the evidence of a run.

They look at the services' side of it. That nothing is vacuous (I20) is about the run and not about
the ledger: it is in `sagacheck.run.judging.expectations`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import ModuleType

from sagacheck.checks.evidence import Evidence
from sagacheck.checks.families import (
    ends,
    goods,
    money,
    order_data,
    requests,
    rollback,
    sequence,
)
from sagacheck.checks.invariants import Invariant
from sagacheck.checks.verdict import Unmet, UnmetKind, Violation

FAMILIES = (money, goods, sequence, rollback, requests, order_data, ends)
"""The modules in which invariants are declared."""


def _declared_in(modules: Iterable[ModuleType]) -> Iterator[Invariant]:
    for module in modules:
        yield from (each for each in vars(module).values() if isinstance(each, Invariant))


INVARIANTS: dict[str, Invariant] = {
    each.id: each for each in sorted(_declared_in(FAMILIES), key=lambda each: int(each.id[1:]))
}
"""Every invariant by its id, in the order of their numbers."""


@dataclass
class Findings:
    """What the checks found.

    Attributes:
        violations: What must never be, and was; in the order of the invariants.
        facts: How many facts each invariant checked.
        open: What the checks could not find out, such as those that failed themselves.
    """

    violations: list[Violation] = field(default_factory=list)
    facts: dict[str, int] = field(default_factory=dict)
    open: list[Unmet] = field(default_factory=list)


def check_all(evidence: Evidence, invariants: Iterable[Invariant] | None = None) -> Findings:
    """Check all invariants, or these. A check that crashes has found nothing out.

    A cancellation that was granted excuses some facts. Where it is unknown whether it was, and a
    fact would be broken without it, that is open.
    """
    chosen = list(INVARIANTS.values() if invariants is None else invariants)
    findings = _check_each(evidence, chosen)
    if evidence.unanswered:
        refused = replace(evidence, cancelled=evidence.cancelled - evidence.unanswered.keys())
        strictly = _check_each(refused, chosen).violations
        findings.open += [
            Unmet(UnmetKind.CHECK, _unless_granted(violation, evidence.unanswered))
            for violation in strictly
            if violation not in findings.violations
        ]
    return findings


def _unless_granted(violation: Violation, unanswered: Mapping[str, str]) -> str:
    """A fact that is broken if a cancellation was refused."""
    return (
        f"{violation.invariant}: {violation.detail}, unless its cancellation was granted; "
        f"that is unknown: {unanswered.get(violation.order, 'its answer')}"
    )


def _check_each(evidence: Evidence, invariants: Iterable[Invariant]) -> Findings:
    findings = Findings()
    for invariant in invariants:
        name = invariant.id
        try:
            facts = list(invariant.check(evidence))
        except Exception as error:  # noqa: BLE001 - a crash is a result here, and is reported
            detail = f"the check of {name} crashed: {type(error).__name__}: {error}"
            findings.open.append(Unmet(UnmetKind.CHECK, detail))
            continue
        findings.facts[name] = len(facts)
        findings.violations += [fact.violates(name) for fact in facts if fact is not None]
    return findings
