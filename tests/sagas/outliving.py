"""Sagas whose activity makes two calls, and goes on when its workflow has given it up.

The one that undoes only what it knows of leaves the second call's effect behind.
"""

from __future__ import annotations

import asyncio
import time
from decimal import Decimal
from typing import Any

from temporalio import activity, workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    import httpx

    from sagacheck import SagaUnderTest
    from scenarios import OrderSagaUnderTest
    from tests.sagas.small import A_MINUTE, RESERVATIONS

Json = dict[str, Any]
CHARGES = "http://payments.internal/charges"
REFUNDS = "http://payments.internal/refunds"
WORK_SECONDS = 0.2
"""Of real time on a real server, so it is short."""


@activity.defn
async def reserve_and_charge(order: Json) -> None:
    """Reserve the goods, work for a moment, and charge the customer."""
    reservation, charge = _bodies(order)
    async with httpx.AsyncClient() as http:
        (await http.post(RESERVATIONS, json=reservation)).raise_for_status()
        await asyncio.sleep(WORK_SECONDS)
        (await http.post(CHARGES, json=charge)).raise_for_status()


@activity.defn(name="reserve_and_charge")
def reserve_and_charge_in_a_thread(order: Json) -> None:
    """The same with a synchronous client."""
    reservation, charge = _bodies(order)
    with httpx.Client() as http:
        http.post(RESERVATIONS, json=reservation).raise_for_status()
        time.sleep(WORK_SECONDS)
        http.post(CHARGES, json=charge).raise_for_status()


def _bodies(order: Json) -> tuple[Json, Json]:
    """A reservation and a charge."""
    key = order["order_id"]
    total = sum(Decimal(item["price"]) * item["quantity"] for item in order["items"])
    reservation = {
        "order_id": key,
        "items": [{"sku": item["sku"], "qty": item["quantity"]} for item in order["items"]],
        "idempotency_key": key,
    }
    charge = {
        "order_id": key,
        "customer_id": order["customer_id"],
        "payment_method_id": order["payment_method_id"],
        "amount": str(total),
        "currency": "USD",
        "idempotency_key": key,
    }
    return reservation, charge


@activity.defn
async def release(order: Json) -> None:
    """Give the goods back."""
    async with httpx.AsyncClient() as http:
        key = {"idempotency_key": order["order_id"]}
        (await http.delete(RESERVATIONS, params=key)).raise_for_status()


@activity.defn
async def refund(order: Json) -> None:
    """Give the money back, also if the charge is still to come."""
    key = order["order_id"]
    body = {"charge_idempotency_key": key, "reason": "cancelled", "idempotency_key": key}
    async with httpx.AsyncClient() as http:
        (await http.post(REFUNDS, json=body)).raise_for_status()


async def _do(name: str, order: Json) -> None:
    await workflow.execute_activity(name, order, start_to_close_timeout=A_MINUTE)


@workflow.defn
class ReleasesOnly:
    """Takes a cancelled activity for one that has stopped after its first call."""

    undos: tuple[str, ...] = ("release",)

    @workflow.run
    async def run(self, order: Json) -> Json:
        """Do both, or undo."""
        try:
            await _do("reserve_and_charge", order)
        except (ActivityError, asyncio.CancelledError):
            for undo in self.undos:
                await _do(undo, order)
            return {"status": "failed", "error": "cancelled"}
        return {"status": "completed"}


@workflow.defn
class UndoesBoth(ReleasesOnly):
    """Undoes by key what is still to come."""

    undos = ("refund", "release")

    @workflow.run
    async def run(self, order: Json) -> Json:
        """Do both, or undo."""
        return await super().run(order)


def _saga(workflow_class: type, step: Any = reserve_and_charge) -> SagaUnderTest:
    return OrderSagaUnderTest(
        workflow=workflow_class,
        activities=[step, release, refund],
        completed_means=("inventory.reserve", "payments.charge"),
    )


RELEASES_ONLY = _saga(ReleasesOnly)
UNDOES_BOTH = _saga(UndoesBoth)
RELEASES_ONLY_IN_THREADS = _saga(ReleasesOnly, reserve_and_charge_in_a_thread)
UNDOES_BOTH_IN_THREADS = _saga(UndoesBoth, reserve_and_charge_in_a_thread)
