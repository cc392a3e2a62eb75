"""The flowers are paid, then delivered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from requests_threads.activities import Flowers, charge, charge_anew, deliver


@workflow.defn
class FlowerOrder:
    """Asks until it is answered."""

    @workflow.run
    async def run(self, order: Flowers) -> dict[str, Any]:
        """Send the flowers; a cancellation does not stop what has begun."""
        sent = asyncio.create_task(_send(order, charge))
        while not sent.done():
            try:
                await asyncio.shield(sent)
            except asyncio.CancelledError:
                continue
        return sent.result()


@workflow.defn
class ChargesAnew:
    """The bug is in its activity: a lost reply is charged twice."""

    @workflow.run
    async def run(self, order: Flowers) -> dict[str, Any]:
        """Send the flowers."""
        return await _send(order, charge_anew)


async def _send(order: Flowers, pay: Callable[[Flowers], str]) -> dict[str, Any]:
    limit = timedelta(seconds=30)
    charge_id = await workflow.execute_activity(pay, order, start_to_close_timeout=limit)
    await workflow.execute_activity(deliver, order, start_to_close_timeout=limit)
    return {"status": "completed", "charge_id": charge_id}
