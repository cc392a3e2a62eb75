"""The invariants of an order saga, checked from the services' side.

Each is a small function over the evidence of a run. It yields ``None`` for every fact that holds
and a violation for every one that does not, so that a check which saw nothing can be told from one
which found nothing. I20 (nothing is vacuous) is about the run and not about the ledger: it is in
`sagacheck.run.expectations`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from sagacheck.checks import effects, ends, goods, money
from sagacheck.checks.evidence import Evidence, OrderFacts
from sagacheck.checks.money import Facts
from sagacheck.checks.verdict import Unmet, UnmetKind, Violation

__all__ = ["INVARIANTS", "Evidence", "Findings", "OrderFacts", "check_all"]

Check = Callable[[Evidence], Facts]

INVARIANTS: dict[str, Check] = {
    "I1": money.money_is_conserved,
    "I2": money.customer_pays_the_price_or_nothing,
    "I3": money.refunds_stay_within_the_charge,
    "I4": money.at_most_one_live_charge,
    "I5": goods.stock_is_conserved,
    "I6": goods.completed_means_done,
    "I7": effects.no_orphans,
    "I8": effects.effects_follow_their_causes,
    "I9": ends.everybody_is_told_the_same,
    "I10": effects.no_step_after_a_compensation,
    "I11": effects.every_attempt_is_accounted_for,
    "I12": effects.nothing_happens_after_the_end,
    "I13": effects.one_effect_per_request,
    "I14": effects.attempts_and_effects_agree,
    "I15": ends.every_replay_does_the_same,
    "I16": ends.every_order_ends,
    "I17": ends.attention_is_asked_for_when_needed,
    "I18": money.charge_is_the_sum_of_the_lines,
    "I19": ends.status_only_moves_forward,
}
"""Every invariant by its id."""


@dataclass
class Findings:
    """What the checks found.

    Attributes:
        violations: What must never be, and was; in the order of the invariants.
        facts: How many facts each invariant looked at.
        crashes: Checks that failed themselves.
    """

    violations: list[Violation] = field(default_factory=list)
    facts: dict[str, int] = field(default_factory=dict)
    crashes: list[Unmet] = field(default_factory=list)


def check_all(evidence: Evidence, invariants: dict[str, Check] | None = None) -> Findings:
    """Check all invariants, or some. A check that crashes has found nothing out."""
    findings = Findings()
    for name, check in (INVARIANTS if invariants is None else invariants).items():
        try:
            facts = list(check(evidence))
        except Exception as error:  # noqa: BLE001 - a crash is a result here, and is reported
            detail = f"the check of {name} crashed: {type(error).__name__}: {error}"
            findings.crashes.append(Unmet(UnmetKind.CHECK, detail))
            continue
        findings.facts[name] = len(facts)
        findings.violations += [fact for fact in facts if fact is not None]
    return findings
