"""Each step waits for a signal."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from approvals.activities import place_order, release_budget, reserve_budget


@workflow.defn
class PurchaseRequest:
    """A cancel while it waits gives the budget back."""

    def __init__(self) -> None:
        self._approved_by: list[str] = []

    @workflow.signal
    def approve(self, manager: str) -> None:
        """Approve the next step."""
        self._approved_by.append(manager)

    @workflow.run
    async def run(self, request_id: str, amount: int) -> dict[str, str]:
        """Reserve the budget, then order."""
        await self._approval(1)
        steps = asyncio.create_task(self._step(reserve_budget, request_id, amount))
        try:
            await asyncio.shield(steps)
            await self._approval(2)
        except asyncio.CancelledError:
            await steps
            await self._step(release_budget, request_id)
            raise
        await self._ordered(asyncio.create_task(self._step(place_order, request_id)))
        return {"status": "completed"}

    async def _approval(self, number: int) -> None:
        await workflow.wait_condition(lambda: len(self._approved_by) >= number)

    async def _ordered(self, ordering: asyncio.Task[None]) -> None:
        while not ordering.done():
            try:
                await asyncio.shield(ordering)
            except asyncio.CancelledError:
                continue

    async def _step(self, do: Any, *arguments: Any) -> None:
        await workflow.execute_activity(
            do, args=arguments, start_to_close_timeout=timedelta(seconds=30)
        )


@workflow.defn
class ForgetsTheBudget(PurchaseRequest):
    """The bug: nothing is undone where it is cancelled while it waits."""

    @workflow.run
    async def run(self, request_id: str, amount: int) -> dict[str, str]:
        """Reserve the budget, then order."""
        await self._approval(1)
        await self._step(reserve_budget, request_id, amount)
        await self._approval(2)
        await self._step(place_order, request_id)
        return {"status": "completed"}
