"""Sagas whose activities send what is another thing each time: a run cannot be had again.

Their workflows are deterministic and everything ends well, so that only a second play tells.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import Any

from temporalio import activity, workflow

from sagacheck.saga import SagaUnderTest
from scenarios import OrderSagaUnderTest
from tests.sagas.small import A_MINUTE, RESERVATIONS, Order, Reserves, reserve_goods

RUNS = count(1)


def _reserves_with(suffix: Callable[[], object]) -> SagaUnderTest:
    @activity.defn(name="reserve_goods")
    async def reserve(order: Order) -> float:
        import httpx  # noqa: PLC0415 - so that the workflow's module needs none

        body = {
            "order_id": order.order_id,
            "items": [{"sku": item.sku, "qty": item.quantity} for item in order.items],
            "idempotency_key": f"{order.order_id}-{suffix()}",
        }
        async with httpx.AsyncClient() as http:
            reply = await http.post(RESERVATIONS, json=body)
        reply.raise_for_status()
        return 0.0

    return OrderSagaUnderTest(
        workflow=Reserves,
        activities=[reserve],
        completed_means=("inventory.reserve",),
        takes_float_prices=True,
    )


class _Item:
    """A thing whose hash is its address, as that of a task is."""

    def __init__(self, name: str) -> None:
        self.name = name


BY_CLOCK = _reserves_with(time.time_ns)
BY_CHANCE = _reserves_with(lambda: f"{random.getrandbits(128):x}")
BY_HASHES = _reserves_with(lambda: "-".join({"gift", "fragile", "express", "bulky", "frozen"}))
BY_ADDRESSES = _reserves_with(lambda: "-".join(each.name for each in {*map(_Item, "abcdefgh")}))
BY_COUNTER = _reserves_with(lambda: next(RUNS))


@workflow.defn(sandboxed=False)
class TakesWhatIsDone:
    """Walks through the set that `asyncio.wait` returns."""

    @workflow.run
    async def run(self, order: Order) -> dict[str, Any]:
        """Wait for four timers that end together, and note in which order they lie in the set."""
        numbers = {asyncio.create_task(asyncio.sleep(1)): number for number in range(4)}
        done, _ = await asyncio.wait(numbers)
        price = float("".join(str(numbers[task]) for task in done))
        await workflow.execute_activity(
            "reserve_goods",
            replace(order, items=[replace(order.items[0], price=price)]),
            start_to_close_timeout=A_MINUTE,
        )
        return {"status": "completed"}


BY_TASKS = replace(BY_ADDRESSES, workflow=TakesWhatIsDone, activities=[reserve_goods])
