"""Money leaves one account and arrives on another, or goes back."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from injected_client.activities import BankingActivities, Transfer

LIMIT = timedelta(seconds=30)


@workflow.defn
class TransferSaga:
    """Asks until the bank has answered."""

    @workflow.run
    async def run(self, transfer: Transfer) -> dict[str, Any]:
        """Move the money; a cancellation does not stop what has begun."""
        moved = asyncio.create_task(_move(transfer, RetryPolicy()))
        while not moved.done():
            try:
                await asyncio.shield(moved)
            except asyncio.CancelledError:
                continue
        return moved.result()


@workflow.defn
class RefundsAfterThreeTries:
    """The bug: a deposit without an answer is taken for one that never was."""

    @workflow.run
    async def run(self, transfer: Transfer) -> dict[str, Any]:
        """Move the money."""
        return await _move(transfer, RetryPolicy(maximum_attempts=3))


async def _move(transfer: Transfer, retries: RetryPolicy) -> dict[str, Any]:
    await _step(BankingActivities.withdraw, transfer)
    try:
        await _step(BankingActivities.deposit, transfer, retries)
    except ActivityError as failure:
        await _step(BankingActivities.refund, transfer)
        return {"status": "failed", "error": str(failure.cause)}
    return {"status": "completed"}


async def _step(do: Any, transfer: Transfer, retries: RetryPolicy | None = None) -> None:
    await workflow.execute_activity_method(
        do, transfer, start_to_close_timeout=LIMIT, retry_policy=retries
    )
