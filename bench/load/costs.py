"""What orders cost a Temporal server: events that it stores, workflow tasks that it dispatches.

A repeated attempt costs neither: of an activity the server stores that it was scheduled, and the
start and end of its last attempt.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHistory

from load._orders import OrdersClient, draw_order
from orders.client import TASK_QUEUE
from sagacheck.load import ControlClient, Planner, Shares
from scenarios import SAGA

KINDS: Mapping[str, Sequence[Mapping[str, Any]]] = {
    "completed": (),
    "completed, with its charge at the second attempt": (
        {"on": "payments.charge", "calls": 1, "fault": "reset_after_effect"},
    ),
    "out of stock": ({"on": "inventory.reserve", "fault": 409},),
    "card declined": ({"on": "payments.charge", "fault": 402},),
    "address refused": ({"on": "shipping.create", "fault": {"reject": {"status": 422}}},),
}
"""Kinds of orders, with the faults that make them so."""


@dataclass(frozen=True, slots=True)
class Costs:
    """What one order cost.

    Attributes:
        events: Events in its history.
        workflow_tasks: How many workflow tasks the server dispatched.
        activities: Steps and undos.
    """

    events: int
    workflow_tasks: int
    activities: int


def costs_of(history: WorkflowHistory) -> Costs:
    """Count."""
    kinds = [event.event_type for event in history.events]
    return Costs(
        events=len(kinds),
        workflow_tasks=kinds.count(EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED),
        activities=kinds.count(EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED),
    )


async def costs_by_kind(client: Client, fakes: ControlClient, name: str) -> dict[str, Costs]:
    """Place an order of each kind, one after another, and count.

    Args:
        client: The connection to Temporal.
        fakes: The services of its workers.
        name: Begins the ids of the orders.
    """
    planner = Planner(name, 1, Shares(), draw_order)
    customer = OrdersClient(client, SAGA, TASK_QUEUE)
    found = {}
    for number, (kind, faults) in enumerate(KINDS.items(), 1):
        for fault in faults:
            fakes.add_fault(fault)
        order = planner.plan(0, number).order
        await customer.place(order)
        await customer.wait(order.id)
        found[kind] = costs_of(await customer.view(order.id).history())
        fakes.heal()
    return found
