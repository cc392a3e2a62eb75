"""Reserve, charge, ship; what was done is undone where a later step is refused."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from six_arguments.activities import (
        charge_card,
        refund_card,
        release_stock,
        reserve_stock,
        ship,
    )


@workflow.defn
class PurchaseWorkflow:
    """Undoes with the arguments of its steps."""

    def _undo_of_stock(self, order_id: str, sku: str) -> list[Any]:
        return [order_id, sku]

    @workflow.run
    async def run(
        self, order_id: str, customer: str, sku: str, quantity: int, cents: int, address: str
    ) -> dict[str, str]:
        """Buy; a cancellation does not stop what has begun."""
        steps: list[tuple[Any, list[Any], Any, list[Any]]] = [
            (
                reserve_stock,
                [order_id, sku, quantity],
                release_stock,
                self._undo_of_stock(order_id, sku),
            ),
            (charge_card, [order_id, customer, cents], refund_card, [order_id, customer]),
            (ship, [order_id, address, False], None, []),
        ]
        bought = asyncio.create_task(self._buy(steps))
        while not bought.done():
            try:
                await asyncio.shield(bought)
            except asyncio.CancelledError:
                continue
        return bought.result()

    async def _buy(self, steps: list[tuple[Any, list[Any], Any, list[Any]]]) -> dict[str, str]:
        undos: list[tuple[Any, list[Any]]] = []
        try:
            for do, arguments, undo, undo_arguments in steps:
                await _call(do, arguments)
                if undo:
                    undos.append((undo, undo_arguments))
        except ActivityError as failure:
            for undo, undo_arguments in reversed(undos):
                await _call(undo, undo_arguments)
            return {"status": "failed", "error": str(failure.cause)}
        return {"status": "completed"}


@workflow.defn
class MixesArgumentsUp(PurchaseWorkflow):
    """The bug: two strings in the wrong order, so that the undo finds nothing to undo."""

    @workflow.run
    async def run(
        self, order_id: str, customer: str, sku: str, quantity: int, cents: int, address: str
    ) -> dict[str, str]:
        """Buy."""
        return await super().run(order_id, customer, sku, quantity, cents, address)

    def _undo_of_stock(self, order_id: str, sku: str) -> list[Any]:
        return [sku, order_id]


async def _call(do: Callable[..., Any], arguments: list[Any]) -> None:
    await workflow.execute_activity(
        do, args=arguments, start_to_close_timeout=timedelta(seconds=30)
    )
