"""The customer is charged, and the account is opened."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from to_thread.activities import charge, open_account, refund

LIMIT = timedelta(seconds=30)


@workflow.defn
class Subscribe:
    """One key for all attempts."""

    @workflow.run
    async def run(self, customer: str, cents: int) -> dict[str, str]:
        """Charge, then open; a cancellation does not stop what has begun."""
        opened = asyncio.create_task(self._open(customer, cents))
        while not opened.done():
            try:
                await asyncio.shield(opened)
            except asyncio.CancelledError:
                continue
        return opened.result()

    async def _open(self, customer: str, cents: int) -> dict[str, str]:
        key = workflow.info().workflow_id
        await self._charge(key, cents)
        try:
            await workflow.execute_activity(open_account, customer, start_to_close_timeout=LIMIT)
        except ActivityError:
            await workflow.execute_activity(refund, key, start_to_close_timeout=LIMIT)
            return {"status": "failed"}
        return {"status": "completed"}

    async def _charge(self, key: str, cents: int) -> None:
        await workflow.execute_activity(charge, args=[key, cents], start_to_close_timeout=LIMIT)


@workflow.defn
class NewKeyForEachTry(Subscribe):
    """The bug: its own loop makes a new key for each try, so a lost reply is charged twice."""

    @workflow.run
    async def run(self, customer: str, cents: int) -> dict[str, str]:
        """Charge, then open."""
        return await super().run(customer, cents)

    async def _charge(self, key: str, cents: int) -> None:
        for _ in range(5):
            try:
                await workflow.execute_activity(
                    charge,
                    args=[str(workflow.uuid4()), cents],
                    start_to_close_timeout=LIMIT,
                    retry_policy=RetryPolicy(maximum_attempts=1),
                )
            except ActivityError:
                await workflow.sleep(10)
            else:
                return
        raise ApplicationError("the customer cannot be charged")
