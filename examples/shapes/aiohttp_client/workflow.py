"""A room, then tickets; the room is cancelled where there are none."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from aiohttp_client.activities import Weekend, book_room, buy_tickets, cancel_room


@workflow.defn
class WeekendSaga:
    """Asks until it is answered."""

    retries = RetryPolicy()

    @workflow.run
    async def run(self, weekend: Weekend) -> dict[str, Any]:
        """Book the weekend; a cancellation does not stop what has begun."""
        return await self._uncancelled(weekend)

    async def _uncancelled(self, weekend: Weekend) -> dict[str, Any]:
        booked = asyncio.create_task(self._book(weekend))
        while not booked.done():
            try:
                await asyncio.shield(booked)
            except asyncio.CancelledError:
                continue
        return booked.result()

    async def _book(self, weekend: Weekend) -> dict[str, Any]:
        try:
            await _call(book_room, weekend, self.retries)
        except ActivityError as failure:
            return {"status": "failed", "error": str(failure.cause)}
        try:
            await _call(buy_tickets, weekend, RetryPolicy())
        except ActivityError as failure:
            await _call(cancel_room, weekend, RetryPolicy())
            return {"status": "failed", "error": str(failure.cause)}
        return {"status": "completed"}


@workflow.defn
class GivesUp(WeekendSaga):
    """The bug: after three timeouts the room is taken for not booked."""

    retries = RetryPolicy(maximum_attempts=3)

    @workflow.run
    async def run(self, weekend: Weekend) -> dict[str, Any]:
        """Book the weekend."""
        return await self._uncancelled(weekend)


async def _call(do: Any, weekend: Weekend, retries: RetryPolicy) -> None:
    await workflow.execute_activity(
        do, weekend, start_to_close_timeout=timedelta(seconds=30), retry_policy=retries
    )
