"""The parent hands the key over when the child has the deposit."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ChildWorkflowError

with workflow.unsafe.imports_passed_through():
    from child_queues.activities import hand_over_key, hold_deposit, return_deposit

PAYMENTS, DESK = "payments", "desk"


@workflow.defn
class DepositWorkflow:
    """A child: holds the deposit, on the queue of payments."""

    @workflow.run
    async def run(self, rental_id: str) -> None:
        """Hold the deposit: ask until there is an answer."""
        await _on(PAYMENTS, hold_deposit, rental_id)


@workflow.defn
class GivesUp:
    """A child that fails where it has no answer."""

    @workflow.run
    async def run(self, rental_id: str) -> None:
        """Hold the deposit."""
        await _on(PAYMENTS, hold_deposit, rental_id, RetryPolicy(maximum_attempts=3))


@workflow.defn
class RentalWorkflow:
    """Its child asks until it is answered."""

    @workflow.run
    async def run(self, rental_id: str) -> dict[str, str]:
        """Hold the deposit, then hand the key over; a cancellation does not stop what has begun."""
        rented = asyncio.create_task(self._rent(rental_id, DepositWorkflow.run))
        while not rented.done():
            try:
                await asyncio.shield(rented)
            except asyncio.CancelledError:
                continue
        return rented.result()

    async def _rent(self, rental_id: str, deposit: Any) -> dict[str, str]:
        try:
            await workflow.execute_child_workflow(
                deposit,
                rental_id,
                id=f"deposit-{rental_id}",
                task_queue=PAYMENTS,
            )
        except ChildWorkflowError as failure:
            return {"status": "failed", "error": str(failure.cause)}
        try:
            await _on(DESK, hand_over_key, rental_id)
        except ActivityError as failure:
            await _on(PAYMENTS, return_deposit, rental_id)
            return {"status": "failed", "error": str(failure.cause)}
        return {"status": "completed"}


@workflow.defn
class BelievesItsChild(RentalWorkflow):
    """The bug: a child that failed is taken for one that did nothing."""

    @workflow.run
    async def run(self, rental_id: str) -> dict[str, str]:
        """Hold the deposit, then hand the key over."""
        return await self._rent(rental_id, GivesUp.run)


async def _on(queue: str, do: Any, rental_id: str, retries: RetryPolicy | None = None) -> None:
    await workflow.execute_activity(
        do,
        rental_id,
        task_queue=queue,
        start_to_close_timeout=timedelta(seconds=30),
        retry_policy=retries,
    )
