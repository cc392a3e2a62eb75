"""A transfer that takes a refusal of its withdrawal for the end of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from transfer import saga
    from transfer.activities import Bank, Transfer
    from transfer.workflow import LIMIT, MoneyTransfer


@workflow.defn
class BelievesRefusals(MoneyTransfer):
    """Refunds nothing after a refused withdrawal: an earlier attempt may have taken the money."""

    @workflow.run
    async def run(self, transfer: Transfer) -> dict[str, Any]:
        """Move the money."""
        return await super().run(transfer)

    async def _move(self, transfer: Transfer) -> dict[str, Any]:
        try:
            await _step(Bank.withdraw, transfer)
        except ActivityError as refused:
            return {"status": "failed", "error": str(refused.cause)}
        try:
            await _step(Bank.deposit, transfer)
        except ActivityError as refused:
            await _step(Bank.refund, transfer)
            return {"status": "failed", "error": str(refused.cause)}
        return {"status": "completed"}


async def _step(do: Any, transfer: Transfer) -> None:
    await workflow.execute_activity_method(do, transfer, start_to_close_timeout=LIMIT)


BELIEVES_REFUSALS = replace(saga.SAGA, workflow=BelievesRefusals)

ONE_CAN_PAY = replace(saga.SAGA, reset=lambda: saga.bank.open(alice=400, bob=0))
"""The right saga, with money for one transfer."""

ONE_CAN_PAY_BELIEVES = replace(ONE_CAN_PAY, workflow=BelievesRefusals)
