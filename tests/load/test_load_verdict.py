"""What client_log and server must agree about, and what a verdict is made of."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from sagacheck.checks import Ending, Findings, Status, Verdict
from sagacheck.load.client_log import Account
from sagacheck.load.server_view import Execution
from sagacheck.load.verdict import Judgement, Observed, judge

DONE = Execution("COMPLETED", closed_at=2.0, runs=("COMPLETED",))
TOLD = Account(due_at=1.0, placed=True, told=[Ending(Status.COMPLETED)], ended_at=2.0)
GOOD = Observed(
    accounts={"o1": TOLD},
    executions={"o1": DONE},
    listed={"COMPLETED": 1},
    counted={"COMPLETED": 1},
    workflow_may_fail=False,
)


def found(seen: Observed) -> list[tuple[str, str]]:
    """The invariants that are broken, and for which orders."""
    judgement = judge(seen, Findings(), Counter(), calls=1)
    return [(each.invariant, each.order) for each in judgement.violations]


def test_a_good_run_is_valid() -> None:
    """One order, placed, told of, listed and counted."""
    assert judge(GOOD, Findings(), {"completed": 1}, calls=1).verdict is Verdict.VALID


def test_a_run_without_calls_proves_nothing() -> None:
    """All may be well in ledger in which nobody has written: who calls elsewhere is not tested."""
    judgement = judge(GOOD, Findings(), {"failed": 1}, calls=0)

    assert judgement.verdict is Verdict.UNKNOWN
    assert "not one call" in judgement.unmet[0].detail


def test_an_order_that_the_server_took_and_forgot_is_lost() -> None:
    """An acknowledged order must be on the server's list, whatever happened to the server."""
    placed = Account(due_at=1.0, placed=True)

    assert found(replace(GOOD, accounts={"o1": TOLD, "o2": placed})) == [("lost", "o2")]


def test_an_intent_that_never_arrived_is_no_loss() -> None:
    """Its client was never told that it was placed."""
    assert found(replace(GOOD, accounts={"o1": TOLD, "o2": Account(due_at=1.0)})) == []


@pytest.mark.parametrize("status", ["FAILED", "TERMINATED", "TIMED_OUT"])
def test_a_workflow_that_comes_to_no_end_of_its_own_is_found(status: str) -> None:
    """Our saga returns its failures; a workflow that fails has promised nothing."""
    ended = Execution(status, closed_at=2.0, runs=(status,))
    seen = replace(
        GOOD,
        accounts={},
        executions={"o1": ended},
        listed={status: 1},
        counted={status: 1},
    )

    assert found(seen) == [("failed", "o1")]


def test_a_saga_may_tell_of_failure_by_failing() -> None:
    """Another saga may have no other way."""
    failed = Execution("FAILED", closed_at=2.0, runs=("FAILED",))
    told = replace(TOLD, told=[Ending(Status.FAILED)])
    seen = replace(
        GOOD,
        accounts={"o1": told},
        executions={"o1": failed},
        listed={"FAILED": 1},
        counted={"FAILED": 1},
        workflow_may_fail=True,
    )

    assert found(seen) == []


def test_counts_must_agree() -> None:
    """What the server counts is what it lists."""
    assert found(replace(GOOD, counted={"COMPLETED": 2})) == [("counts", "")]


def test_clients_are_told_what_the_server_lists() -> None:
    """A client was told of a cancelled workflow, the server has a terminated one."""
    told = replace(TOLD, told=[Ending(Status.TERMINATED)])

    assert found(replace(GOOD, accounts={"o1": told})) == [("counts", "o1")]


def test_a_run_without_orders_is_unknown() -> None:
    """Nothing was wrong, because nothing was seen."""
    seen = replace(GOOD, accounts={}, executions={}, listed={}, counted={})

    assert judge(seen, Findings(), {}, calls=0).verdict is Verdict.UNKNOWN


def test_what_was_seen_before_sight_was_lost_counts() -> None:
    """A run whose server is gone is unknown, but not where something was wrong before."""
    lost = judge(replace(GOOD, executions={}), Findings(), {}, calls=1).violations

    assert Judgement.without_sight("the server is gone").verdict is Verdict.UNKNOWN
    assert Judgement.without_sight("the server is gone", lost).verdict is Verdict.INVALID
