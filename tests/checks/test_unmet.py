"""What a scenario asked for and did not get, each with its nearest miss."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest

from fakes import ORDER_OPERATIONS
from sagacheck.checks import Ending, OrderOutcome, OrderStatus, Unmet, UnmetKind
from sagacheck.engines import Answer, Trial
from sagacheck.language import EventKind
from sagacheck.network import Call, TransportError
from sagacheck.run import unmet_by
from scenarios import SAGA
from tests.checks._evidence import ADDRESS
from tests.shop import load_text

FAULT, EVENT, EXPECTATION = UnmetKind.FAULT, UnmetKind.EVENT, UnmetKind.EXPECTATION
HEAD = "scenario: s\nwhy: w\norders: [{id: o1}, {id: o2}]\n"


def _played(lines: str, *statuses: OrderStatus) -> Trial:
    """A trial of two orders that each reserve, charge and ship, and then end as told."""
    trial = Trial(load_text(f"{HEAD}{lines}", "s.yaml"), SAGA)
    for order in ("o1", "o2"):
        asyncio.run(_take_steps(trial, order))
    for order, status in zip(("o1", "o2"), statuses or (OrderStatus.COMPLETED,) * 2, strict=True):
        trial.outcomes[order] = OrderOutcome(order, Ending(status))
    for planned in trial.events:
        if planned.event.kind is EventKind.TERMINATE:
            planned.answer, planned.times = Answer.granted("sent"), planned.event.when.times
    return trial


async def _take_steps(trial: Trial, order: str) -> None:
    key = {"order_id": order, "idempotency_key": order}
    money = {"amount": "10.00", "currency": "USD", "customer_id": "c", "payment_method_id": "p"}
    bodies: dict[str, dict[str, Any]] = {
        "inventory.reserve": {"items": [{"sku": "WIDGET", "qty": 1}]},
        "payments.charge": money,
        "shipping.create": {"address": ADDRESS},
    }
    for name, fields in bodies.items():
        call = Call(ORDER_OPERATIONS[name], {**key, **fields}, order, timeout=10.0)
        with suppress(TransportError):
            await trial.network.send(call)


@dataclass(frozen=True)
class Case:
    """Lines of a scenario, and what is not met of them."""

    name: str
    lines: str
    unmet: Unmet
    statuses: tuple[OrderStatus, ...] = ()

    def __str__(self) -> str:
        return self.name


CASES = [
    Case(
        "fault on an operation that is never called",
        "faults: [{on: payments.refund, fault: refuse}]\nexpect: {o1: {status: completed}}",
        Unmet(
            FAULT,
            "refuse on payments.refund never fired: payments.refund was never called, "
            "only inventory.reserve, payments.charge, shipping.create",
            4,
        ),
    ),
    Case(
        "fault on a call that does not come",
        "faults: [{on: payments.charge, calls: [2, 3], order: o2, fault: 503}]\n"
        "expect: {o1: {status: completed}}",
        Unmet(
            FAULT,
            "reject 503 on payments.charge never fired: it waits for call 2, 3; "
            "the last was call 1 of payments.charge for o2 at 0.0 s",
            4,
        ),
    ),
    Case(
        "outage that is over too late",
        "faults: [{on: shipping, fault: {outage: {from: 10s, to: 20s}}}]\n"
        "expect: {o1: {status: completed}}",
        Unmet(
            FAULT,
            "outage 10s to 20s on shipping never fired: it waits for any call from 10 s to 20 s; "
            "the last was call 1 of shipping.create for o1 at 0.0 s",
            4,
        ),
    ),
    Case(
        "fault behind another fault",
        "faults:\n  - {on: payments.charge, fault: 503}\n  - {on: payments.charge, fault: 500}\n"
        "expect: {o1: {status: completed}}",
        Unmet(
            FAULT,
            "reject 500 on payments.charge never fired: "
            "call 1 of payments.charge got reject 503 from an earlier rule",
            6,
        ),
    ),
    Case(
        "event at a call that does not come",
        "events: [{cancel: o1, when: {after: payments.charge, call: 2}}]\n"
        "expect: {o1: {status: completed}}",
        Unmet(
            EVENT,
            "cancel o1 after call 2 of payments.charge never happened: "
            "payments.charge was called once",
            4,
        ),
    ),
    Case(
        "event at an operation that is never called",
        "events: [{heal: true, when: {before: payments.refund}}]\n"
        "expect: {o1: {status: completed}}",
        Unmet(
            EVENT,
            "heal before call 1 of payments.refund never happened: payments.refund was never "
            "called, only inventory.reserve, payments.charge, shipping.create",
            4,
        ),
    ),
    Case(
        "event at a time that does not come",
        "events: [{query: o1, when: {at: 90s}}]\nexpect: {o1: {status: completed}}",
        Unmet(EVENT, "query o1 at 90 s never happened: the run ended at 0 s", 4),
    ),
    Case(
        "error that no order has",
        "expect: {o1: {error: PaymentDeclined}}",
        Unmet(EXPECTATION, "expected o1 to fail with PaymentDeclined, it has no error", 4),
    ),
    Case(
        "order that does not end",
        "expect: {o2: {status: failed}}",
        Unmet(EXPECTATION, "expected o2 to end as failed, it has not ended", 4),
        (OrderStatus.COMPLETED, OrderStatus.RUNNING),
    ),
    Case(
        "effects in another number",
        "expect:\n  effects:\n    payments.charge: 1\n    shipping.create: 2",
        Unmet(EXPECTATION, "effects: payments.charge: expected 1, found 2", 6),
    ),
    Case(
        "calls in another number",
        "expect: {calls: {payments.refund: 1}}",
        Unmet(EXPECTATION, "calls: payments.refund: expected 1, found 0", 4),
    ),
    Case(
        "undos that did not happen",
        "expect: {undone: [payments.refund]}",
        Unmet(EXPECTATION, "undone: expected payments.refund, found nothing", 4),
    ),
    Case(
        "orphans are those of terminated orders only",
        "events: [{terminate: o2, when: {at: 1s}}]\nexpect: {orphans: {payments.charge: 2}}",
        Unmet(EXPECTATION, "orphans: payments.charge: expected 2, found 1", 5),
        (OrderStatus.COMPLETED, OrderStatus.TERMINATED),
    ),
    Case(
        "statuses in other numbers",
        "expect: {statuses: {completed: 1, failed: 1, terminated: 0}}",
        Unmet(EXPECTATION, "statuses: failed: expected 1, found 0", 4),
        (OrderStatus.COMPLETED, OrderStatus.RUNNING),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_is_not_met_names_its_nearest_miss(case: Case) -> None:
    """Whatever a scenario asked for in vain is reported with its line and what came nearest."""
    trial = _played(case.lines, *case.statuses)

    assert unmet_by(trial) == [case.unmet]


def test_a_run_without_a_single_call_shows_nothing() -> None:
    """Where no call reached any service nothing was checked, which is said."""
    trial = Trial(load_text(f"{HEAD}expect: {{statuses: {{failed: 2}}}}", "s.yaml"), SAGA)
    for order in ("o1", "o2"):
        trial.outcomes[order] = OrderOutcome(order, Ending(OrderStatus.FAILED))

    detail = "no call reached any service, so nothing was checked"
    assert unmet_by(trial) == [Unmet(UnmetKind.RUN, detail)]
