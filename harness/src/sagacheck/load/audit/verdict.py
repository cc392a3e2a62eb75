"""The verdict on a run: the invariants of scenarios, and those of the server's list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sagacheck.checks import Findings, OrderCount, OrderStatus, Unmet, UnmetKind, Verdict, Violation
from sagacheck.load.audit.server_view import ListedWorkflow
from sagacheck.load.users.client_log import ClientView
from sagacheck.plural import count
from sagacheck.run import NO_EFFECT

LOST = "lost"
COUNTS = "counts"
FAILED = "failed"
"""Invariants of the server's list: an order is lost, numbers disagree, a workflow failed."""

CLOSED_AS = {
    OrderStatus.COMPLETED: {"COMPLETED"},
    OrderStatus.FAILED: {"COMPLETED", "FAILED"},
    OrderStatus.NEEDS_ATTENTION: {"COMPLETED"},
    OrderStatus.CANCELLED: {"COMPLETED", "CANCELED"},
    OrderStatus.TERMINATED: {"TERMINATED"},
    OrderStatus.TIMED_OUT: {"TIMED_OUT"},
    OrderStatus.UNKNOWN: {"COMPLETED"},
}
"""The statuses on the server's list that fit the end which a client saw."""


@dataclass(frozen=True)
class Observed:
    """The clients' side of a run and the server's, when it was over.

    Attributes:
        clients: What clients know, by the orders' ids.
        workflows: The server's list, by the orders' ids.
        listed: How many runs of workflows have which status on the server's list.
        counted: How many there are as the server counts them.
        workflow_may_fail: Whether this saga reports a failed order by a failed workflow.
    """

    clients: Mapping[str, ClientView]
    workflows: Mapping[str, ListedWorkflow]
    listed: Mapping[str, int]
    counted: Mapping[str, int]
    workflow_may_fail: bool


@dataclass(frozen=True)
class Judgement:
    """The verdict, and what it rests on.

    Attributes:
        violations: The invariants that were violated.
        unmet: Expected observations that are missing.
        statuses: How many orders ended how.
        facts: How many facts each invariant checked.
        notes: What else is worth knowing.
    """

    violations: Sequence[Violation] = ()
    unmet: Sequence[Unmet] = ()
    statuses: Mapping[str, int] = field(default_factory=dict)
    facts: Mapping[str, int] = field(default_factory=dict)
    notes: Sequence[str] = ()

    @property
    def orders(self) -> OrderCount:
        """How many orders completed."""
        return OrderCount(sum(self.statuses.values()), self.statuses.get(OrderStatus.COMPLETED, 0))

    @property
    def verdict(self) -> Verdict:
        """The verdict."""
        found = [each.verdict for each in self.unmet]
        return Verdict.merge([Verdict.INVALID] if self.violations else found)

    @classmethod
    def incomplete(cls, why: str, violations: Sequence[Violation] = ()) -> Judgement:
        """Of a run that was not seen to its end, and so cannot be called valid.

        Args:
            why: Why it was not.
            violations: What was found until then.
        """
        return cls(violations, [Unmet(UnmetKind.RUN, why)])

    def as_json(self) -> dict[str, Any]:
        """The judgement as ``verdict.json`` holds it."""
        return {
            "verdict": str(self.verdict),
            "violations": [violation.as_json() for violation in self.violations],
            "unmet": [unmet.as_json() for unmet in self.unmet],
            "orders": dict(self.statuses),
            **self.orders.as_json(),
            "facts": dict(self.facts),
            "notes": list(self.notes),
        }


def judge(
    observed: Observed,
    findings: Findings,
    statuses: Mapping[str, int],
    *,
    calls: int,
    has_effects: bool,
) -> Judgement:
    """Judge a run by what was found in the ledger, and by the server's list.

    Args:
        observed: The clients' side, and the server's.
        findings: What is wrong in the ledger.
        statuses: How many orders ended how.
        calls: How many calls the services have received; without any nothing was tested.
        has_effects: Whether a call had an effect, if any call can.
    """
    violations = [
        *_lost(observed),
        *_failed(observed),
        *_counts_disagree(observed),
        *findings.violations,
    ]
    unmet = list(findings.open)
    if not observed.workflows:
        unmet.append(Unmet(UnmetKind.RUN, "no order was placed"))
    elif not calls:
        detail = "no call of an order has reached the services; the workers' logs say why"
        unmet.append(Unmet(UnmetKind.RUN, detail))
    elif not_understood := statuses.get(OrderStatus.UNKNOWN):
        detail = f"the results of {_orders(not_understood)} are not understood, say `ending=`"
        unmet.append(Unmet(UnmetKind.RUN, detail))
    elif not statuses.get(OrderStatus.COMPLETED):
        unmet.append(Unmet(UnmetKind.RUN, "no order completed, so nothing is shown"))
    elif not has_effects:
        unmet.append(Unmet(UnmetKind.RUN, NO_EFFECT))
    return Judgement(violations, unmet, statuses, findings.facts, list(_notes(observed)))


def _lost(observed: Observed) -> Iterator[Violation]:
    """Orders that the server has accepted, and does not have any more."""
    for order, view in observed.clients.items():
        if view.is_acknowledged and order not in observed.workflows:
            yield Violation(LOST, order, f"the server has accepted {order}, and does not have it")


def _failed(observed: Observed) -> Iterator[Violation]:
    """Workflows with a status that no order may end with."""
    never = {"TERMINATED", "TIMED_OUT"} | (set() if observed.workflow_may_fail else {"FAILED"})
    for order, workflow in observed.workflows.items():
        if workflow.status in never:
            yield Violation(FAILED, order, f"the workflow of {order} ended as {workflow.status}")


def _counts_disagree(observed: Observed) -> Iterator[Violation]:
    """The server's counts, its list, and the ends that clients saw must agree."""
    for status in sorted({*observed.listed, *observed.counted}):
        listed, counted = (Counter(each)[status] for each in (observed.listed, observed.counted))
        if listed != counted:
            workflows = count(counted, "workflow")
            detail = f"the server counts {workflows} as {status}, and lists {listed}"
            yield Violation(COUNTS, "", detail)
    for order, workflow in observed.workflows.items():
        view = observed.clients.get(order)
        for ending in view.endings if view else ():
            if workflow.status not in CLOSED_AS[ending.status]:
                detail = f"a client saw that {order} ended as {ending.status}"
                yield Violation(COUNTS, order, f"{detail}, the server lists {workflow.status}")


def _notes(observed: Observed) -> Iterator[str]:
    clients, workflows = observed.clients, observed.workflows
    unanswered = sum(o in workflows and not view.endings for o, view in clients.items())
    never_received = sum(order not in workflows for order in clients)
    orphaned = sum(order not in clients for order in workflows)
    if unanswered:
        yield f"{_orders(unanswered)} whose client got no result; the server was asked"
    if never_received:
        yield f"{_orders(never_received)} the server never received"
    if orphaned:
        yield f"{_orders(orphaned)} of a client that died before it reported them"


def _orders(number: int) -> str:
    return count(number, "order")
