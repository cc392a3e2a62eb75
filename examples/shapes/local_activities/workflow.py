"""The voucher is used, then the points are added."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import FailureError

with workflow.unsafe.imports_passed_through():
    from local_activities.activities import (
        Redemption,
        add_points,
        restore_voucher,
        use_voucher,
    )


@workflow.defn
class RedeemVoucher:
    """Registers the undo before the step."""

    @workflow.run
    async def run(self, redemption: Redemption) -> dict[str, Any]:
        """Redeem; a cancellation does not stop what has begun."""
        redeemed = asyncio.create_task(self._redeem(redemption))
        while not redeemed.done():
            try:
                await asyncio.shield(redeemed)
            except asyncio.CancelledError:
                continue
        return redeemed.result()

    async def _redeem(self, redemption: Redemption) -> dict[str, Any]:
        try:
            await _local(use_voucher, redemption, RetryPolicy(maximum_attempts=3))
        except FailureError as failure:
            await _local(restore_voucher, redemption)
            return {"status": "failed", "error": str(failure.cause)}
        await _local(add_points, redemption)
        return {"status": "completed"}


@workflow.defn
class UndoesTooLittle(RedeemVoucher):
    """The bug: a voucher whose use was not confirmed is taken for unused."""

    @workflow.run
    async def run(self, redemption: Redemption) -> dict[str, Any]:
        """Redeem."""
        return await super().run(redemption)

    async def _redeem(self, redemption: Redemption) -> dict[str, Any]:
        try:
            await _local(use_voucher, redemption, RetryPolicy(maximum_attempts=3))
        except FailureError as failure:
            return {"status": "failed", "error": str(failure.cause)}
        await _local(add_points, redemption)
        return {"status": "completed"}


async def _local(do: Any, redemption: Redemption, retries: RetryPolicy | None = None) -> None:
    await workflow.execute_local_activity(
        do, redemption, start_to_close_timeout=timedelta(seconds=15), retry_policy=retries
    )
