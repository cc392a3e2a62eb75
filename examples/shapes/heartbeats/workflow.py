"""Pack, then hand over."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from heartbeats.activities import hand_to_carrier, pack_parcel, unpack_parcel


@workflow.defn
class ShipmentWorkflow:
    """Packing that ended without an answer may have been done: it is undone."""

    @workflow.run
    async def run(self, order_id: str, pieces: int) -> dict[str, str]:
        """Pack, then hand the parcel over; a cancellation does not stop what has begun."""
        shipped = asyncio.create_task(self._ship(order_id, pieces))
        while not shipped.done():
            try:
                await asyncio.shield(shipped)
            except asyncio.CancelledError:
                continue
        return shipped.result()

    async def _ship(self, order_id: str, pieces: int) -> dict[str, str]:
        try:
            await workflow.execute_activity(
                pack_parcel,
                args=[order_id, pieces],
                start_to_close_timeout=timedelta(minutes=10),
                heartbeat_timeout=timedelta(minutes=1),
                retry_policy=RetryPolicy(maximum_attempts=2),
            )
        except ActivityError as failure:
            await self._clean_up(order_id)
            return {"status": "failed", "error": str(failure.cause)}
        await workflow.execute_activity(
            hand_to_carrier, order_id, start_to_close_timeout=timedelta(minutes=1)
        )
        return {"status": "completed"}

    async def _clean_up(self, order_id: str) -> None:
        await workflow.execute_activity(
            unpack_parcel, order_id, start_to_close_timeout=timedelta(minutes=1)
        )


@workflow.defn
class TakesSilenceForFailure(ShipmentWorkflow):
    """The bug: a worker that no longer heartbeats is taken for one that has packed nothing."""

    @workflow.run
    async def run(self, order_id: str, pieces: int) -> dict[str, str]:
        """Pack, then hand the parcel over."""
        return await super().run(order_id, pieces)

    async def _clean_up(self, order_id: str) -> None:
        pass
