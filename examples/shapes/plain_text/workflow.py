"""Flight, then hotel; both are cancelled if one fails."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from plain_text.activities import Trip, book_flight, book_hotel, cancel_flight, cancel_hotel


@workflow.defn
class BookTrip:
    """Registers each undo before its step, and asks until it is answered."""

    registers_first = True
    retries = RetryPolicy()

    @workflow.run
    async def run(self, trip: Trip) -> str:
        """Book the trip; a cancellation does not stop what has begun."""
        return await self._uncancelled(trip)

    async def _uncancelled(self, trip: Trip) -> str:
        booked = asyncio.create_task(self._book(trip))
        while not booked.done():
            try:
                await asyncio.shield(booked)
            except asyncio.CancelledError:
                continue
        return booked.result()

    async def _book(self, trip: Trip) -> str:
        undos: list[Callable[..., Any]] = []
        try:
            for do, undo in ((book_flight, cancel_flight), (book_hotel, cancel_hotel)):
                if self.registers_first:
                    undos.append(undo)
                await _call(do, trip, self.retries)
                if not self.registers_first:
                    undos.append(undo)
        except Exception as failure:  # noqa: BLE001 - whatever it is
            for undo in reversed(undos):
                await _call(undo, trip)
            return f"Trip failed: {failure}"
        return f"Trip to {trip.city} booked"


@workflow.defn
class RegistersTooLate(BookTrip):
    """The bug: an undo is registered after its step, so that one without an answer has none."""

    registers_first = False
    retries = RetryPolicy(maximum_attempts=3)

    @workflow.run
    async def run(self, trip: Trip) -> str:
        """Book the trip."""
        return await self._uncancelled(trip)


async def _call(do: Callable[..., Any], trip: Trip, retries: RetryPolicy | None = None) -> None:
    await workflow.execute_activity(
        do, trip, start_to_close_timeout=timedelta(seconds=30), retry_policy=retries
    )
