"""What a run comes to: the invariants of scenarios, and what the server's list must show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fakes import Books, Journal, OperationTable
from load._asking import Execution
from load._ledger import Account
from load._orders import Planner
from scenarios.checks import Evidence, OrderFacts, check_all
from scenarios.outcome import Ending, Outcome, Status
from scenarios.runner import facts_of
from scenarios.saga import SagaUnderTest
from scenarios.verdict import Unmet, UnmetKind, Verdict, Violation

LOST = "lost"
COUNTS = "counts"
FAILED = "failed"
"""Invariants of the server's list, beside those of the books."""

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
class Seen:
    """All that was seen of a run when it was over.

    Attributes:
        planner: Knows what was ordered.
        accounts: The clients' side, by the orders' ids.
        executions: The server's list, by the orders' ids.
        counts: How many workflows are in which state, as the server counts them.
        resolved: How orders ended that no client was told of.
        stuck: What orders wait for that have not ended.
        ended_at: When orders ended, in seconds of the services' clock.
        workflow_may_fail: Whether a workflow that fails is this saga's way to tell of an order.
    """

    planner: Planner
    accounts: Mapping[str, Account]
    executions: Mapping[str, Execution]
    counts: Mapping[str, int]
    resolved: Mapping[str, Ending]
    stuck: Mapping[str, str]
    ended_at: Mapping[str, float]
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
    def without_sight(cls, why: str) -> Judgement:
        """Of a run of which too little was seen."""
        return cls(unmet=[Unmet(UnmetKind.RUN, why)])

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
    seen: Seen, books: Books, journal: Journal, table: OperationTable, saga: SagaUnderTest
) -> Judgement:
    """Check everything."""
    outcomes = dict(_outcomes(seen, saga))
    evidence = Evidence(
        operations=table,
        books=books,
        journal=journal,
        orders={order: _facts(seen, order) for order in outcomes},
        outcomes=outcomes,
        completed_means=saga.completed_means or tuple(each.name for each in table.creates),
        cancelled=frozenset(order for order in outcomes if _cancel_granted(seen, order)),
    )
    findings = check_all(evidence)
    violations = [*_lost(seen), *_failed(seen), *_counts_disagree(seen), *findings.violations]
    statuses = Counter(str(outcome.status) for outcome in outcomes.values())
    unmet = list(findings.crashes)
    if not outcomes:
        unmet.append(Unmet(UnmetKind.RUN, "not one order was placed"))
    return Judgement(violations, unmet, statuses, findings.facts, _notes(seen))


def _outcomes(seen: Seen, saga: SagaUnderTest) -> Iterator[tuple[str, Outcome]]:
    for order in seen.executions:
        account = seen.accounts.get(order)
        told = account.told if account else []
        waits_for = seen.stuck.get(order, "")
        ending = told[0] if told else seen.resolved.get(order, Ending(Status.RUNNING))
        yield (
            order,
            Outcome(
                order=order,
                ending=Ending(Status.RUNNING) if waits_for else ending,
                ended_at=seen.ended_at.get(order),
                waits_for=waits_for,
                told=list(told),
                statuses=list(account.statuses) if account else [],
                workflow_id=saga.workflow_id.format(order_id=order),
            ),
        )


def _facts(seen: Seen, order: str) -> OrderFacts:
    return facts_of(seen.planner.plan_of(order).order)


def _cancel_granted(seen: Seen, order: str) -> bool:
    """Whether somebody asked for the order to be cancelled, and was not denied."""
    account = seen.accounts.get(order)
    if account is None:  # its client has died, so nobody knows whether he asked
        return seen.planner.plan_of(order).cancel is not None
    return account.cancels > account.refusals


def _lost(seen: Seen) -> Iterator[Violation]:
    """Orders that the server has taken, and does not know any more."""
    for order, account in seen.accounts.items():
        if (account.placed or account.told) and order not in seen.executions:
            yield Violation(LOST, order, f"{order} was taken by the server, which has forgotten it")


def _failed(seen: Seen) -> Iterator[Violation]:
    """Workflows that came to an end which no order may come to."""
    never = {"TERMINATED", "TIMED_OUT"} | (set() if seen.workflow_may_fail else {"FAILED"})
    for order, execution in seen.executions.items():
        if execution.status in never:
            yield Violation(FAILED, order, f"the workflow of {order} ended as {execution.status}")


def _counts_disagree(seen: Seen) -> Iterator[Violation]:
    """The server's counts, its list, and what clients were told must be one story."""
    listed = Counter(status for each in seen.executions.values() for status in each.runs)
    for status in sorted({*listed, *seen.counts}):
        if listed[status] != seen.counts.get(status, 0):
            detail = f"the server counts {seen.counts.get(status, 0)} workflows as {status}"
            yield Violation(COUNTS, "", f"{detail}, and lists {listed[status]}")
    for order, execution in seen.executions.items():
        account = seen.accounts.get(order)
        for told in account.told if account else ():
            if execution.status not in CLOSED_AS[told.status]:
                detail = f"a client was told that {order} ended as {told.status}"
                yield Violation(COUNTS, order, f"{detail}, the server lists {execution.status}")


def _notes(seen: Seen) -> list[str]:
    notes = []
    silent = sum(not account.told for account in seen.accounts.values())
    never = sum(order not in seen.executions for order in seen.accounts)
    orphaned = sum(order not in seen.accounts for order in seen.executions)
    if silent:
        notes.append(f"{silent} orders whose end no client was told; the server was asked")
    if never:
        notes.append(f"{never} orders never reached the server")
    if orphaned:
        notes.append(f"{orphaned} orders of a client that died before it could tell of them")
    return notes
