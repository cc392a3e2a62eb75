"""Sagas whose activities send what is another thing each time: a run cannot be had again.

Their workflows are deterministic and everything ends well, so that only a second play tells.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from itertools import count
from typing import Any

from temporalio import activity

from sagacheck.saga import SagaUnderTest
from scenarios import OrderSagaUnderTest
from tests.sagas.small import RESERVATIONS, Order, Reserves

RUNS = count(1)


def _reserves_with(fields: Callable[[Order], dict[str, Any]]) -> SagaUnderTest:
    @activity.defn(name="reserve_goods")
    async def reserve(order: Order) -> float:
        import httpx  # noqa: PLC0415 - so that the workflow's module needs none

        body = {
            "order_id": order.order_id,
            "items": [{"sku": item.sku, "qty": item.quantity} for item in order.items],
            "idempotency_key": order.order_id,
        }
        async with httpx.AsyncClient() as http:
            reply = await http.post(RESERVATIONS, json=body | fields(order))
        reply.raise_for_status()
        return 0.0

    return OrderSagaUnderTest(
        workflow=Reserves,
        activities=[reserve],
        completed_means=("inventory.reserve",),
        takes_float_prices=True,
    )


def _set_of_words(_order: Order) -> dict[str, Any]:
    return {"tags": list({"gift", "fragile", "express", "insured", "bulky", "frozen", "signed"})}


BY_CLOCK = _reserves_with(lambda _order: {"asked_at": time.time_ns()})
BY_CHANCE = _reserves_with(lambda _order: {"trace": f"{random.getrandbits(128):x}"})
BY_HASHES = _reserves_with(_set_of_words)
BY_COUNTER = _reserves_with(lambda _order: {"number": next(RUNS)})
