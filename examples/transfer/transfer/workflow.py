"""The saga: the money leaves one account and arrives on the other, or goes back."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from transfer.activities import Bank, Transfer

LIMIT = timedelta(seconds=30)


@workflow.defn
class RefundsOnAnyError:
    """As it is often written: a deposit that fails three times is taken for one that never was."""

    @workflow.run
    async def run(self, transfer: Transfer) -> dict[str, Any]:
        """Move the money."""
        await _step(Bank.withdraw, transfer)
        try:
            await _step(Bank.deposit, transfer, RetryPolicy(maximum_attempts=3))
        except ActivityError as failure:
            await _step(Bank.refund, transfer)
            return {"status": "failed", "error": str(failure.cause)}
        return {"status": "completed"}


@workflow.defn
class MoneyTransfer:
    """Gives the money back only where the bank refused; else it asks again.

    A withdrawal that was refused is refunded, too: an earlier attempt of it may still arrive. A
    refund of what was not taken moves nothing, and the bank does not take it later.

    A cancel does not stop a transfer that has begun.
    """

    @workflow.run
    async def run(self, transfer: Transfer) -> dict[str, Any]:
        """Move the money."""
        moving = asyncio.create_task(self._move(transfer))
        while not moving.done():
            try:
                await asyncio.shield(moving)
            except asyncio.CancelledError:
                continue
        return moving.result()

    async def _move(self, transfer: Transfer) -> dict[str, Any]:
        try:
            await _step(Bank.withdraw, transfer)
            await _step(Bank.deposit, transfer)
        except ActivityError as refused:
            await _step(Bank.refund, transfer)
            return {"status": "failed", "error": str(refused.cause)}
        return {"status": "completed"}


async def _step(do: Any, transfer: Transfer, retries: RetryPolicy | None = None) -> None:
    await workflow.execute_activity_method(
        do, transfer, start_to_close_timeout=LIMIT, retry_policy=retries
    )
