"""Sagas of one step, each odd in one way, for tests of engines and commands.

All reserve the goods, and undo that by its key where there is something to undo.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from temporalio import activity, workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    import httpx

    from sagacheck import SagaUnderTest
    from scenarios import OrderSagaUnderTest

A_MINUTE = timedelta(minutes=1)
RESERVATIONS = "http://inventory.internal/reservations"


@dataclass
class Item:
    """One line of an order."""

    sku: str
    quantity: int
    price: float


@dataclass
class Order:
    """An order, with prices as JSON numbers."""

    order_id: str
    items: list[Item]


@activity.defn
async def reserve_goods(order: Order) -> float:
    """Reserve the goods, and return what they cost."""
    async with httpx.AsyncClient() as http:
        reply = await http.post(RESERVATIONS, json=_reservation_of(order))
        reply.raise_for_status()
    return sum(item.quantity * item.price for item in order.items)


@activity.defn(name="reserve_goods")
def reserve_goods_in_a_thread(order: Order) -> float:
    """The same with a synchronous client."""
    with httpx.Client() as http:
        reply = http.post(RESERVATIONS, json=_reservation_of(order))
        reply.raise_for_status()
    return sum(item.quantity * item.price for item in order.items)


@activity.defn
async def release_goods(order: Order) -> None:
    """Would undo the reservation, were there not a bug in it."""
    msg = f"release_goods was never finished, {order.order_id} keeps its goods"
    raise NotImplementedError(msg)


def _reservation_of(order: Order) -> dict[str, Any]:
    return {
        "order_id": order.order_id,
        "items": [{"sku": item.sku, "qty": item.quantity} for item in order.items],
        "idempotency_key": order.order_id,
    }


async def _reserve(order: Order) -> Any:
    return await workflow.execute_activity(
        "reserve_goods",
        order,
        start_to_close_timeout=A_MINUTE,
        retry_policy=RetryPolicy(maximum_attempts=3),
    )


@workflow.defn
class Reserves:
    """Completes once the goods are reserved."""

    @workflow.run
    async def run(self, order: Order) -> dict[str, Any]:
        """Reserve."""
        return {"status": "completed", "total": await _reserve(order)}


@workflow.defn
class SaysWhen:
    """Completes once the goods are reserved, and says in words when that was."""

    @workflow.run
    async def run(self, order: Order) -> dict[str, Any]:
        """Reserve."""
        total = await _reserve(order)
        now = workflow.now()
        said = [f"on {now:%A, %d %b}", now.second, f"{order.order_id} in {now:%Y} at {now:%H.%M}"]
        return {"status": "completed", "total": total, "when": said}


@workflow.defn
class WaitsForApproval:
    """Waits for a signal that no scenario sends."""

    def __init__(self) -> None:
        self._approved = False

    @workflow.run
    async def run(self, order: Order) -> dict[str, Any]:
        """Reserve, then wait."""
        await _reserve(order)
        await workflow.wait_condition(lambda: self._approved)
        return {"status": "completed"}

    @workflow.signal
    def approve(self) -> None:
        """Let the order go on."""
        self._approved = True


@workflow.defn
class HasABug:
    """Raises what is no failure, so that its workflow task fails and is tried again for ever."""

    @workflow.run
    async def run(self, order: Order) -> dict[str, Any]:
        """Reserve, then stumble."""
        await _reserve(order)
        msg = "a bug in the workflow"
        raise LookupError(msg)

    @workflow.update
    async def request_cancel(self, reason: str) -> str:
        """Would say yes, were it asked."""
        return reason


@workflow.defn
class NeverUndone:
    """Undoes its step with an activity that can never succeed."""

    @workflow.run
    async def run(self, order: Order) -> dict[str, Any]:
        """Reserve, then try to release."""
        await _reserve(order)
        every_six_hours = RetryPolicy(initial_interval=timedelta(hours=6), backoff_coefficient=1.0)
        await workflow.execute_activity(
            "release_goods", order, start_to_close_timeout=A_MINUTE, retry_policy=every_six_hours
        )
        return {"status": "failed"}


def _saga(workflow_class: type, *activities: Callable[..., Any]) -> SagaUnderTest:
    return OrderSagaUnderTest(
        workflow=workflow_class,
        activities=[*activities],
        completed_means=("inventory.reserve",),
        takes_float_prices=True,
    )


RESERVES = _saga(Reserves, reserve_goods)
SAYS_WHEN = _saga(SaysWhen, reserve_goods)
THREADED = _saga(Reserves, reserve_goods_in_a_thread)
WAITS = _saga(WaitsForApproval, reserve_goods)
BUGGY = _saga(HasABug, reserve_goods)
NEVER_UNDONE = _saga(NeverUndone, reserve_goods, release_goods)
NOT_A_SAGA = "a text"
