"""What a run comes to: the invariants of scenarios, and what the server's list must show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sagacheck.checks import Findings, Status, Unmet, UnmetKind, Verdict, Violation
from sagacheck.load.client_log import Account
from sagacheck.load.server_view import Execution

LOST = "lost"
COUNTS = "counts"
FAILED = "failed"
"""Invariants of the server's list, beside those of the ledger."""

CLOSED_AS = {
    Status.COMPLETED: {"COMPLETED"},
    Status.FAILED: {"COMPLETED", "FAILED"},
    Status.NEEDS_ATTENTION: {"COMPLETED"},
    Status.CANCELLED: {"COMPLETED", "CANCELED"},
    Status.TERMINATED: {"TERMINATED"},
    Status.TIMED_OUT: {"TIMED_OUT"},
}
"""How the server may list an order of which a client was told that it ended so."""


@dataclass(frozen=True)
class Observed:
    """The clients' side of a run and the server's, when it was over.

    Attributes:
        accounts: What clients know, by the orders' ids.
        executions: The server's list, by the orders' ids.
        listed: How many runs of workflows are in which state on the server's list.
        counted: How many there are as the server counts them.
        workflow_may_fail: Whether a workflow that fails is this saga's way to tell of an order.
    """

    accounts: Mapping[str, Account]
    executions: Mapping[str, Execution]
    listed: Mapping[str, int]
    counted: Mapping[str, int]
    workflow_may_fail: bool


@dataclass(frozen=True)
class Judgement:
    """The verdict, and what it rests on.

    Attributes:
        violations: What must never be, and was.
        unmet: What was to be seen, and was not.
        statuses: How many orders ended how.
        facts: How many facts each invariant looked at.
        notes: What else is worth knowing.
    """

    violations: Sequence[Violation] = ()
    unmet: Sequence[Unmet] = ()
    statuses: Mapping[str, int] = field(default_factory=dict)
    facts: Mapping[str, int] = field(default_factory=dict)
    notes: Sequence[str] = ()

    @property
    def verdict(self) -> Verdict:
        """What it comes to."""
        found = [each.verdict for each in self.unmet]
        return Verdict.merge([Verdict.INVALID] if self.violations else found)

    @classmethod
    def without_sight(cls, why: str, violations: Sequence[Violation] = ()) -> Judgement:
        """Of a run of which too little was seen to call it valid."""
        return cls(violations, [Unmet(UnmetKind.RUN, why)])

    def as_json(self) -> dict[str, Any]:
        """The judgement as ``verdict.json`` holds it."""
        return {
            "verdict": str(self.verdict),
            "violations": [violation.as_json() for violation in self.violations],
            "unmet": [unmet.as_json() for unmet in self.unmet],
            "orders": dict(self.statuses),
            "facts": dict(self.facts),
            "notes": list(self.notes),
        }


def judge(
    seen: Observed, findings: Findings, statuses: Mapping[str, int], *, calls: int
) -> Judgement:
    """Put together what was found in the ledger, and on the server's list.

    Args:
        seen: The clients' side, and the server's.
        findings: What is wrong in the ledger.
        statuses: How many orders ended how.
        calls: How many calls the services have had; without any nothing was tested.
    """
    violations = [*_lost(seen), *_failed(seen), *_counts_disagree(seen), *findings.violations]
    unmet = list(findings.crashes)
    if not seen.executions:
        unmet.append(Unmet(UnmetKind.RUN, "not one order was placed"))
    elif not calls:
        detail = "not one call of an order has reached the services: the workers' logs say why"
        unmet.append(Unmet(UnmetKind.RUN, detail))
    return Judgement(violations, unmet, statuses, findings.facts, list(_notes(seen)))


def _lost(seen: Observed) -> Iterator[Violation]:
    """Orders that the server has taken, and does not know any more."""
    for order, account in seen.accounts.items():
        if (account.placed or account.told) and order not in seen.executions:
            yield Violation(LOST, order, f"{order} was taken by the server, which has forgotten it")


def _failed(seen: Observed) -> Iterator[Violation]:
    """Workflows that came to an end which no order may come to."""
    never = {"TERMINATED", "TIMED_OUT"} | (set() if seen.workflow_may_fail else {"FAILED"})
    for order, execution in seen.executions.items():
        if execution.status in never:
            yield Violation(FAILED, order, f"the workflow of {order} ended as {execution.status}")


def _counts_disagree(seen: Observed) -> Iterator[Violation]:
    """The server's counts, its list, and what clients were told must be one story."""
    for status in sorted({*seen.listed, *seen.counted}):
        listed, counted = (Counter(each)[status] for each in (seen.listed, seen.counted))
        if listed != counted:
            detail = f"the server counts {counted} workflows as {status}, and lists {listed}"
            yield Violation(COUNTS, "", detail)
    for order, execution in seen.executions.items():
        account = seen.accounts.get(order)
        for told in account.told if account else ():
            if execution.status not in CLOSED_AS[told.status]:
                detail = f"a client was told that {order} ended as {told.status}"
                yield Violation(COUNTS, order, f"{detail}, the server lists {execution.status}")


def _notes(seen: Observed) -> Iterator[str]:
    silent = sum(o in seen.executions and not a.told for o, a in seen.accounts.items())
    never = sum(order not in seen.executions for order in seen.accounts)
    orphaned = sum(order not in seen.accounts for order in seen.executions)
    if silent:
        yield f"{silent} orders whose end no client was told; the server was asked"
    if never:
        yield f"{never} intents whose orders never reached the server"
    if orphaned:
        yield f"{orphaned} orders of a client that died before it could tell of them"
