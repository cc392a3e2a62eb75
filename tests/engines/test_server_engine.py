"""What the server engine does with faults, time, events, and several worlds at once."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sagacheck.checks import OrderStatus, Verdict
from sagacheck.engines import Answer
from sagacheck.run import ScenarioResult
from sagacheck.world import Attempt, AttemptOutcome
from tests.engines.conftest import Play

COMPLETES = "expect: {o1: {status: completed}}\n"
FAILS = "expect: {o1: {status: failed}}\n"


def scenario(name: str, *lines: str) -> str:
    """A scenario about one order."""
    return "\n".join([f"scenario: {name}", "why: w", "orders: [{id: o1}]", *lines, ""])


def calls(result: ScenarioResult, operation: str) -> list[Attempt]:
    """The attempts at an operation."""
    return [each for each in result.trial.world.journal if each.operation == operation]


def history(result: ScenarioResult, order: str = "o1") -> list[dict[str, Any]]:
    """The events of an order's workflow."""
    events: list[dict[str, Any]] = json.loads(result.trial.outcomes[order].history)["events"]
    return events


def found(result: ScenarioResult) -> list[str]:
    """All that is wrong with a result."""
    broken = [violation.detail for violation in result.violations]
    return broken + [unmet.detail for unmet in result.unmet]


@pytest.mark.asyncio
@pytest.mark.parametrize(("fault", "effects"), [("crash_before", 0), ("crash_after", 1)])
async def test_a_worker_that_dies_never_reports(play: Play, fault: str, effects: int) -> None:
    """The server times out each attempt whose worker died: its outcome was never reported."""
    (result,) = await play(
        scenario(
            fault,
            f"faults: [{{on: payments.charge, calls: all, fault: {fault}}}]",
            "expect: {o1: {status: failed, error: StartToCloseTimeout}}",
        )
    )

    timeouts = [each for each in history(result) if each["eventType"].endswith("TASK_TIMED_OUT")]
    charges = calls(result, "payments.charge")
    assert found(result) == []
    assert [each["eventType"] for each in timeouts] == ["EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT"]
    assert [each.outcome for each in charges] == [AttemptOutcome.UNKNOWN] * 3
    assert sum(each.took_effect for each in charges) == effects


@pytest.mark.asyncio
async def test_a_worker_that_died_has_spent_its_time(play: Play) -> None:
    """After a crash the world's clock stands where the attempt's start-to-close timeout ended."""
    (result,) = await play(
        scenario("crash", "faults: [{on: payments.charge, fault: crash_after}]", COMPLETES)
    )

    first, second = calls(result, "payments.charge")
    assert found(result) == []
    assert second.sent_at - first.sent_at >= 300


@pytest.mark.asyncio
async def test_a_workflow_that_is_evicted_is_replayed(play: Play) -> None:
    """With an evicted workflow each of its tasks begins from nothing, and the end is the same."""
    (result,) = await play(
        scenario("evicted", "faults: [{on: payments.charge, fault: evict}]", COMPLETES)
    )

    queues = [
        each["workflowTaskScheduledEventAttributes"]["taskQueue"]["kind"]
        for each in history(result)
        if each["eventType"] == "EVENT_TYPE_WORKFLOW_TASK_SCHEDULED"
    ]
    assert result.verdict is Verdict.VALID
    assert result.trial.faults[0].rule.fired == 1
    assert set(queues) == {"TASK_QUEUE_KIND_NORMAL"}, "a sticky queue would mean a cached workflow"


@pytest.mark.asyncio
async def test_a_late_request_arrives_when_its_time_has_come(play: Play) -> None:
    """A request that is delayed past its caller's timeout is delivered at its own virtual time."""
    (result,) = await play(
        scenario("late", "faults: [{on: payments.charge, fault: {delay_request: 100s}}]", COMPLETES)
    )

    late = calls(result, "payments.charge")[0]
    assert found(result) == []
    assert late.outcome is AttemptOutcome.UNKNOWN
    assert [round(each.at - late.sent_at) for each in late.arrivals] == [100]


@pytest.mark.asyncio
async def test_a_request_that_outlives_its_order_arrives_all_the_same(play: Play) -> None:
    """What is under way when the order ends is delivered before the ledger is read."""
    (result,) = await play(
        scenario(
            "very late",
            "faults:",
            "  - {on: payments.charge, calls: 1, fault: {delay_request: 20h}}",
            "  - {on: payments.charge, calls: [2, 3], fault: drop_request}",
            FAILS,
        )
    )

    late = calls(result, "payments.charge")[0]
    ended_at = result.trial.outcomes["o1"].ended_at
    assert found(result) == []
    assert ended_at is not None
    assert ended_at < late.arrivals[0].at
    assert [each.code for each in late.arrivals] == ["key_cancelled"]


@pytest.mark.asyncio
async def test_a_callers_timeout_passes_on_the_worlds_clock(play: Play) -> None:
    """A caller that waits in vain loses virtual time, as long as its own timeout is."""
    (result,) = await play(
        scenario("in vain", "faults: [{on: payments.charge, fault: drop_response}]", COMPLETES)
    )

    lost, again = calls(result, "payments.charge")
    assert found(result) == []
    assert (lost.ended_at or 0.0) - lost.sent_at == pytest.approx(60)
    assert again.sent_at >= lost.sent_at + 60


@pytest.mark.asyncio
async def test_an_outage_lasts_for_its_span_of_virtual_time(play: Play) -> None:
    """During an outage every call is refused, and the first one after it is answered."""
    (result,) = await play(
        scenario(
            "outage",
            "faults: [{on: notifications, fault: {outage: {from: 0s, to: 1h}}}]",
            COMPLETES,
        )
    )

    *during, after = calls(result, "notifications.send")
    assert found(result) == []
    assert {each.outcome for each in during} == {AttemptOutcome.REFUSED}
    assert during[-1].sent_at < 3600 <= after.sent_at
    assert after.outcome is AttemptOutcome.OK


@pytest.mark.asyncio
async def test_worlds_do_not_leak_into_each_other(play: Play) -> None:
    """Scenarios with the same order id and SKU at once have each its own stock and faults."""
    lines = ("given: {stock: {WIDGET: 1}}", "faults: [{on: payments.charge, fault: 402}]", FAILS)
    results = await play(
        *(
            scenario(f"number {number}", *(lines if number % 2 else (lines[0], COMPLETES)))
            for number in range(8)
        )
    )

    statuses = [result.trial.outcomes["o1"].status for result in results]
    assert [found(result) for result in results] == [[]] * 8
    assert statuses == [OrderStatus.COMPLETED, OrderStatus.FAILED] * 4
    assert [len(calls(result, "inventory.reserve")) for result in results] == [1] * 8


@pytest.mark.asyncio
async def test_orders_of_one_scenario_share_their_world(play: Play) -> None:
    """Of two orders for the last piece one completes."""
    (result,) = await play(
        "scenario: the last piece\nwhy: w\ngiven: {stock: {WIDGET: 1}}\n"
        "orders: [{id: o1}, {id: o2}]\nexpect: {statuses: {completed: 1, failed: 1}}"
    )

    assert found(result) == []


@pytest.mark.asyncio
async def test_a_cancel_by_update_is_answered(play: Play) -> None:
    """An update brings the workflow's answer back: accepted, or refused with its reason."""
    early, late = await play(
        scenario(
            "early",
            "events: [{cancel: o1, by: update, when: {before: payments.charge}}]",
            "expect: {o1: {status: failed, error: OrderCancelled}}",
        ),
        scenario(
            "late",
            "events: [{cancel: o1, by: update, when: {before: notifications.send}}]",
            COMPLETES,
        ),
    )

    assert found(early) + found(late) == []
    assert "accepted" in str(early.trial.events[0].answer)
    assert late.trial.events[0].answer == Answer.refused(
        "TooLate: order o1 is on its way, and its confirmation is being sent"
    )


@pytest.mark.asyncio
async def test_a_query_is_answered_and_remembered(play: Play) -> None:
    """Each query sees the order's status at its moment, for I19 to look at."""
    (result,) = await play(
        scenario(
            "asked",
            "events:",
            "  - {query: o1, when: {before: payments.charge}}",
            "  - {query: o1, when: {at: 1h}}",
            COMPLETES,
        )
    )

    assert found(result) == []
    assert result.trial.outcomes["o1"].statuses == ["processing", "completed"]


@pytest.mark.asyncio
async def test_a_terminated_order_leaves_its_effects(play: Play) -> None:
    """Terminating an order undoes nothing, which is an orphan unless the scenario expects it."""
    terminate = "events: [{terminate: o1, when: {before: shipping.create}}]"
    expected, unexpected = await play(
        scenario(
            "expected",
            terminate,
            "expect:",
            "  o1: {status: terminated}",
            "  orphans: {inventory.reserve: 1, payments.charge: 1, shipping.create: 1}",
        ),
        scenario("unexpected", terminate, "expect: {o1: {status: terminated}}"),
    )

    assert found(expected) == []
    assert {each.invariant for each in unexpected.violations} == {"I7"}


@pytest.mark.asyncio
async def test_an_order_that_is_placed_again_is_the_same_order(play: Play) -> None:
    """Both clients of an order that was placed twice get the one end that it has."""
    (result,) = await play(
        scenario("again", "events: [{submit: o1, when: {after: payments.charge}}]", COMPLETES)
    )

    told = [each.status for each in result.trial.outcomes["o1"].endings]
    assert found(result) == []
    assert told == [OrderStatus.COMPLETED] * 2
    assert len(calls(result, "payments.charge")) == 1


@pytest.mark.asyncio
async def test_what_never_happened_makes_the_verdict_unknown(play: Play) -> None:
    """A fault that never fires and an event that never happens show nothing, and are named."""
    (result,) = await play(
        scenario(
            "nothing happens",
            "faults: [{on: payments.charge, calls: 2, fault: 503}]",
            "events: [{cancel: o1, when: {after: shipping.create, call: 3}}]",
            COMPLETES,
        )
    )

    assert result.verdict is Verdict.UNKNOWN
    assert [each.detail.partition(" at ")[0] for each in result.unmet] == [
        (
            "reject 503 on payments.charge never fired: it waits for call 2; "
            "the last was call 1 of payments.charge for o1"
        ),
        "cancel o1 after call 3 of shipping.create never happened: shipping.create was called once",
    ]
