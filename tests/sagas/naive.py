"""A saga as it is written before anything has gone wrong: known to be bad, for tests to find.

It stands for the shape of many sagas: prices are floats, an undo is registered after its step and
needs the id from the reply, only charges carry a key, every 409 means one thing, an undo is given
up after five attempts, a cancel raises in the signal's handler, and the mail is not sent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from temporalio import activity, workflow
from temporalio.common import RetryPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    import httpx
from scenarios import OrderSagaUnderTest

TWO_MINUTES = timedelta(minutes=2)


class Status(StrEnum):
    """Where an order is."""

    PROCESSING = "processing"
    COMPENSATING = "compensating"
    COMPLETED = "completed"
    FAILED = "failed"


@dataclass
class Item:
    """One line of an order."""

    sku: str
    quantity: int
    price: float


@dataclass
class Order:
    """An order."""

    order_id: str
    customer_id: str
    items: list[Item]
    shipping_address: dict[str, str]
    payment_method_id: str


@dataclass
class Result:
    """How an order ended."""

    order_id: str
    status: Status
    error: str | None = None


async def _post(url: str, body: dict[str, Any] | None = None) -> httpx.Response:
    async with httpx.AsyncClient() as client:
        return await client.post(url, json=body, timeout=30)


@activity.defn
async def reserve_inventory(order: Order) -> str:
    """Reserve the items."""
    lines = [{"sku": item.sku, "qty": item.quantity} for item in order.items]
    response = await _post(
        "https://inventory.internal/reservations", {"order_id": order.order_id, "items": lines}
    )
    if response.status_code == httpx.codes.CONFLICT:
        raise ApplicationError("sold out", type="InsufficientInventory", non_retryable=True)
    response.raise_for_status()
    return str(response.json()["reservation_id"])


@activity.defn
async def release_inventory(reservation_id: str) -> None:
    """Release the items."""
    async with httpx.AsyncClient() as client:
        url = f"https://inventory.internal/reservations/{reservation_id}"
        response = await client.delete(url, timeout=30)
    if response.status_code != httpx.codes.NOT_FOUND:
        response.raise_for_status()


@activity.defn
async def charge_payment(order: Order) -> str:
    """Charge the customer."""
    response = await _post(
        "https://payments.internal/charges",
        {
            "order_id": order.order_id,
            "customer_id": order.customer_id,
            "payment_method_id": order.payment_method_id,
            "amount": sum(item.price * item.quantity for item in order.items),
            "currency": "USD",
            "idempotency_key": f"order-{order.order_id}",
        },
    )
    if response.status_code == httpx.codes.PAYMENT_REQUIRED:
        raise ApplicationError("declined", type="PaymentDeclined", non_retryable=True)
    response.raise_for_status()
    return str(response.json()["payment_id"])


@activity.defn
async def refund_payment(payment_id: str) -> None:
    """Refund the customer."""
    body = {"payment_id": payment_id, "reason": "order_cancelled"}
    (await _post("https://payments.internal/refunds", body)).raise_for_status()


@activity.defn
async def create_shipment(order: Order) -> str:
    """Have the parcel fetched."""
    address = dict(order.shipping_address)
    address["zip"] = address.pop("zip_code")
    response = await _post(
        "https://shipping.internal/shipments", {"order_id": order.order_id, "address": address}
    )
    response.raise_for_status()
    return str(response.json()["shipment_id"])


@activity.defn
async def cancel_shipment(shipment_id: str) -> None:
    """Cancel the parcel."""
    response = await _post(f"https://shipping.internal/shipments/{shipment_id}/cancel")
    if response.status_code not in (httpx.codes.CONFLICT, httpx.codes.NOT_FOUND):
        response.raise_for_status()


@activity.defn
async def send_confirmation(order: Order) -> None:
    """Nothing yet."""


@workflow.defn
class NaiveSaga:
    """Does all steps; where one fails, undoes those that are known to be done."""

    def __init__(self) -> None:
        self._status = Status.PROCESSING
        self._undos: list[tuple[Callable[..., Any], str]] = []

    @workflow.run
    async def run(self, order: Order) -> Result:
        """Bring the order to its end."""
        try:
            await self._step(reserve_inventory, order, release_inventory)
            await self._step(charge_payment, order, refund_payment)
            await self._step(create_shipment, order, cancel_shipment)
            await workflow.execute_activity(
                send_confirmation, order, start_to_close_timeout=TWO_MINUTES
            )
        except Exception as error:  # noqa: BLE001 - the bug: a cancellation is none of these
            await self._undo_all()
            return self._end(order, Status.FAILED, str(error))
        return self._end(order, Status.COMPLETED)

    @workflow.signal
    def cancel(self, reason: str) -> None:
        """Cancel the order."""
        if self._status is Status.PROCESSING:
            raise ApplicationError(f"Order cancelled: {reason}", non_retryable=True)

    @workflow.query
    def get_status(self) -> Status:
        """Where the order is."""
        return self._status

    async def _step(self, step: Callable[..., Any], order: Order, undo: Callable[..., Any]) -> None:
        made = await workflow.execute_activity(
            step,
            order,
            start_to_close_timeout=TWO_MINUTES,
            retry_policy=RetryPolicy(maximum_attempts=3),
        )
        self._undos.append((undo, made))

    async def _undo_all(self) -> None:
        self._status = Status.COMPENSATING
        for undo, made in reversed(self._undos):
            try:
                await workflow.execute_activity(
                    undo,
                    made,
                    start_to_close_timeout=TWO_MINUTES,
                    retry_policy=RetryPolicy(maximum_attempts=5),
                )
            except Exception:  # noqa: BLE001 - the bug: what is left to do is forgotten
                workflow.logger.warning("a compensation failed")

    def _end(self, order: Order, status: Status, error: str | None = None) -> Result:
        self._status = status
        return Result(order.order_id, status, error)


SAGA = OrderSagaUnderTest(
    takes_float_prices=True,
    workflow=NaiveSaga,
    activities=[
        reserve_inventory,
        release_inventory,
        charge_payment,
        refund_payment,
        create_shipment,
        cancel_shipment,
        send_confirmation,
    ],
    id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
    completed_means=("inventory.reserve", "payments.charge", "shipping.create"),
)
