"""A seat is held, then paid."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from async_sqlite.activities import Booking, free_seat, hold_seat, take_payment

LIMIT = timedelta(seconds=30)


@workflow.defn
class TicketSaga:
    """Asks until it is answered, and frees the seat only where the payment was refused."""

    @workflow.run
    async def run(self, booking: Booking) -> dict[str, Any]:
        """Book the seat; a cancellation does not stop a booking that has begun."""
        booked = asyncio.create_task(self._book(booking))
        while not booked.done():
            try:
                await asyncio.shield(booked)
            except asyncio.CancelledError:
                continue
        return booked.result()

    async def _book(self, booking: Booking) -> dict[str, Any]:
        try:
            await workflow.execute_activity(hold_seat, booking, start_to_close_timeout=LIMIT)
        except ActivityError as failure:
            return {"status": "failed", "error": str(failure.cause)}
        try:
            await workflow.execute_activity(take_payment, booking, start_to_close_timeout=LIMIT)
        except ActivityError as failure:
            await workflow.execute_activity(free_seat, booking, start_to_close_timeout=LIMIT)
            return {"status": "failed", "error": str(failure.cause)}
        return {"status": "completed"}


@workflow.defn
class SwallowsTheError:
    """The bug: a payment that fails is logged, and the visitor gets the seat for nothing."""

    @workflow.run
    async def run(self, booking: Booking) -> dict[str, Any]:
        """Book the seat."""
        await workflow.execute_activity(hold_seat, booking, start_to_close_timeout=LIMIT)
        try:
            await workflow.execute_activity(
                take_payment,
                booking,
                start_to_close_timeout=LIMIT,
                retry_policy=RetryPolicy(maximum_attempts=3),
            )
        except ActivityError as failure:
            workflow.logger.warning("the payment failed: %s", failure.cause)
        return {"status": "completed"}
