"""A saga that people approve, with messages of other names and several plain arguments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from temporalio import activity, workflow

with workflow.unsafe.imports_passed_through():
    from sagacheck import SagaUnderTest, effect

LIMIT = timedelta(seconds=30)


@dataclass
class Budget:
    """What a purchase may cost."""

    cents: int


@activity.defn
async def buy(purchase: str) -> None:
    """Buy something."""
    del purchase


@workflow.defn
class Purchase:
    """Buys what two people approve; it may be withdrawn until then."""

    def __init__(self) -> None:
        self._approvals: list[tuple[str, int]] = []
        self._withdrawn_by = ""

    @workflow.run
    async def run(self, purchase: str, count: int, budget: Budget) -> dict[str, Any]:
        """Wait for both, and buy."""
        await self._decided(1)
        await self._decided(2)
        if self._withdrawn_by:
            return {"status": "failed", "error": f"withdrawn by {self._withdrawn_by}"}
        await workflow.execute_activity(buy, purchase, start_to_close_timeout=LIMIT)
        total = count * budget.cents
        return {"status": "completed", "approved": self._approvals, "total": total}

    async def _decided(self, needed: int) -> None:
        await workflow.wait_condition(
            lambda: len(self._approvals) >= needed or bool(self._withdrawn_by)
        )

    @workflow.signal
    def approve(self, who: str, limit: int) -> None:
        """One person approves."""
        self._approvals.append((who, limit))

    @workflow.update
    async def confirm(self) -> str:
        """Another person approves, and is answered."""
        self._approvals.append(("board", 0))
        return "confirmed"

    @workflow.signal
    def withdraw(self) -> None:
        """Nobody wants it any more."""
        self._withdrawn_by = "nobody"

    @workflow.update
    async def withdraw_by(self, who: str, reason: str) -> bool:
        """Somebody does not want it any more."""
        del reason
        self._withdrawn_by = who
        return True


PURCHASE = SagaUnderTest(
    workflow=Purchase,
    activities=[effect(buy, "shop.buy", key=lambda purchase: purchase)],
    arguments=lambda order: [order.id, 2, Budget(50)],
    cancel_signal="withdraw",
    cancel_update=("withdraw_by", "ann", "too dear"),
    people=[("approve", "ann", 10), "confirm"],
)
