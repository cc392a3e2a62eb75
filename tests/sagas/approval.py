"""A saga that waits for people: two of them approve, each by a message, or the goods go back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from temporalio import activity, workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    import httpx

    from scenarios import OrderSagaUnderTest
    from tests.sagas.small import RESERVATIONS, Order, reserve_goods

A_MINUTE = timedelta(minutes=1)
PATIENCE = timedelta(hours=3)
"""How long people may take."""
NEEDED = 2
THREE_TIMES = RetryPolicy(maximum_attempts=3)


@activity.defn
async def release_goods(order: Order) -> None:
    """Undo the reservation."""
    async with httpx.AsyncClient() as http:
        reply = await http.delete(RESERVATIONS, params={"idempotency_key": order.order_id})
        reply.raise_for_status()


@workflow.defn
class NeedsApproval:
    """Reserves the goods, and keeps them if two people approve in time."""

    def __init__(self) -> None:
        self._approved_by: list[str] = []
        self._limit = 0.0

    @workflow.run
    async def run(self, order: Order) -> dict[str, Any]:
        """Reserve, wait for people, and release unless they approve."""
        await workflow.execute_activity(
            reserve_goods, order, start_to_close_timeout=A_MINUTE, retry_policy=THREE_TIMES
        )
        try:
            await workflow.wait_condition(
                lambda: len(self._approved_by) >= NEEDED, timeout=PATIENCE
            )
        except TimeoutError:
            await workflow.execute_activity(release_goods, order, start_to_close_timeout=A_MINUTE)
            return {"status": "failed", "error": "NotApproved: nobody has approved in time"}
        return {"status": "completed", "by": self._approved_by, "limit": self._limit}

    @workflow.signal
    def approve(self, who: str, limit: float) -> None:
        """One person approves."""
        self._approved_by.append(who)
        self._limit = limit

    @workflow.update
    async def confirm(self, who: str) -> str:
        """One person approves, and is answered once enough people have."""
        self._approved_by.append(who)
        await workflow.wait_condition(lambda: len(self._approved_by) >= NEEDED)
        return f"approved by {len(self._approved_by)}"

    @confirm.validator
    def _is_known(self, who: str) -> None:
        if who == "nobody":
            msg = "nobody is no one"
            raise ValueError(msg)

    @workflow.query
    def get_status(self) -> str:
        """How far it is."""
        return "reserving" if not self._approved_by else "approving"


APPROVED = OrderSagaUnderTest(
    workflow=NeedsApproval,
    activities=[reserve_goods, release_goods],
    completed_means=("inventory.reserve",),
    takes_float_prices=True,
)
