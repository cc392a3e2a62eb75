"""A saga whose file the workflow sandbox cannot import: it asks for the time on import."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from temporalio import workflow

from scenarios import OrderSagaUnderTest
from tests.sagas.small import Order, reserve_goods

LOADED_AT = datetime.now(UTC)  # that is the point


@workflow.defn
class ReservesUnsandboxed:
    """Reserves the goods."""

    @workflow.run
    async def run(self, order: Order) -> dict[str, Any]:
        """Reserve."""
        from tests.sagas.small import _reserve  # noqa: PLC0415

        await _reserve(order)
        return {"status": "completed"}


SAGA = OrderSagaUnderTest(
    workflow=ReservesUnsandboxed,
    activities=[reserve_goods],
    completed_means=("inventory.reserve",),
    takes_float_prices=True,
)
