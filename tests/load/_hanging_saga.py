"""A saga that never ends: its first step always fails, and is retried without limit."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from temporalio import activity, workflow

with workflow.unsafe.imports_passed_through():
    pass
from scenarios import OrderSagaUnderTest


@activity.defn
async def reserve_inventory(order: dict[str, Any]) -> None:
    """Fail, with a message that is longer than the server shows of a failure (4 KiB)."""
    raise RuntimeError("out of service for good") from LookupError("because " * 1000)


@workflow.defn
class HangingSaga:
    """Waits for its first step."""

    @workflow.run
    async def run(self, order: dict[str, Any]) -> None:
        """Reserve, which never succeeds."""
        await workflow.execute_activity(
            reserve_inventory, order, start_to_close_timeout=timedelta(seconds=5)
        )


SAGA = OrderSagaUnderTest(
    workflow=HangingSaga,
    activities=[reserve_inventory],
    completed_means=("inventory.reserve",),
)
