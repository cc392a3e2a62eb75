"""What clients and server must agree about, and what a verdict is made of."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from sagacheck.checks import Ending, Findings, OrderStatus, Verdict
from sagacheck.load.audit.server_view import ListedWorkflow
from sagacheck.load.audit.verdict import Judgement, Observed, judge
from sagacheck.load.users.client_log import ClientView

DONE = ListedWorkflow("COMPLETED", closed_at=2.0, runs=("COMPLETED",))
ENDED = ClientView(due_at=1.0, placed=True, endings=[Ending(OrderStatus.COMPLETED)], ended_at=2.0)
GOOD = Observed(
    clients={"o1": ENDED},
    workflows={"o1": DONE},
    listed={"COMPLETED": 1},
    counted={"COMPLETED": 1},
    workflow_may_fail=False,
)


def found(observed: Observed) -> list[tuple[str, str]]:
    """The invariants that are broken, and for which orders."""
    judgement = judge(observed, Findings(), Counter(), calls=1, has_effects=True)
    return [(each.invariant, each.order) for each in judgement.violations]


def test_a_good_run_is_valid() -> None:
    """One order, placed, ended, listed and counted."""
    assert (
        judge(GOOD, Findings(), {"completed": 1}, calls=1, has_effects=True).verdict
        is Verdict.VALID
    )


def test_a_run_without_calls_proves_nothing() -> None:
    """An empty ledger is consistent: a saga that calls other services is not tested."""
    judgement = judge(GOOD, Findings(), {"failed": 1}, calls=0, has_effects=False)

    assert judgement.verdict is Verdict.UNKNOWN
    assert "no call" in judgement.unmet[0].detail


def test_a_run_without_effects_proves_nothing() -> None:
    """Nothing can be wrong about what was only read."""
    judgement = judge(GOOD, Findings(), {"completed": 1}, calls=7, has_effects=False)

    assert judgement.verdict is Verdict.UNKNOWN
    assert "no call had an effect" in judgement.unmet[0].detail


def test_an_order_that_the_server_accepted_and_does_not_have_is_lost() -> None:
    """An acknowledged order must be on the server's list, whatever happened to the server."""
    placed = ClientView(due_at=1.0, placed=True)

    assert found(replace(GOOD, clients={"o1": ENDED, "o2": placed})) == [("lost", "o2")]


def test_an_order_the_server_never_received_is_no_loss() -> None:
    """Its client never learned that it was placed."""
    assert found(replace(GOOD, clients={"o1": ENDED, "o2": ClientView(due_at=1.0)})) == []


@pytest.mark.parametrize("status", ["FAILED", "TERMINATED", "TIMED_OUT"])
def test_a_workflow_with_a_status_of_no_promise_is_found(status: str) -> None:
    """Our saga returns its failures; a workflow that fails has promised nothing."""
    ended = ListedWorkflow(status, closed_at=2.0, runs=(status,))
    observed = replace(
        GOOD,
        clients={},
        workflows={"o1": ended},
        listed={status: 1},
        counted={status: 1},
    )

    assert found(observed) == [("failed", "o1")]


def test_a_saga_may_report_failure_by_failing() -> None:
    """Another saga may have no other way."""
    failed = ListedWorkflow("FAILED", closed_at=2.0, runs=("FAILED",))
    view = replace(ENDED, endings=[Ending(OrderStatus.FAILED)])
    observed = replace(
        GOOD,
        clients={"o1": view},
        workflows={"o1": failed},
        listed={"FAILED": 1},
        counted={"FAILED": 1},
        workflow_may_fail=True,
    )

    assert found(observed) == []


def test_counts_must_agree() -> None:
    """What the server counts is what it lists."""
    assert found(replace(GOOD, counted={"COMPLETED": 2})) == [("counts", "")]


def test_clients_learn_what_the_server_lists() -> None:
    """A client learned that the workflow was terminated, the server lists a completed one."""
    view = replace(ENDED, endings=[Ending(OrderStatus.TERMINATED)])

    assert found(replace(GOOD, clients={"o1": view})) == [("counts", "o1")]


def test_a_run_without_orders_is_unknown() -> None:
    """Nothing was wrong, because nothing was seen."""
    observed = replace(GOOD, clients={}, workflows={}, listed={}, counted={})

    assert judge(observed, Findings(), {}, calls=0, has_effects=False).verdict is Verdict.UNKNOWN


def test_what_was_found_before_the_server_was_lost_counts() -> None:
    """A run whose server is gone is unknown, but not where something was wrong before."""
    lost = judge(replace(GOOD, workflows={}), Findings(), {}, calls=1, has_effects=True).violations

    assert Judgement.incomplete("the server is gone").verdict is Verdict.UNKNOWN
    assert Judgement.incomplete("the server is gone", lost).verdict is Verdict.INVALID
