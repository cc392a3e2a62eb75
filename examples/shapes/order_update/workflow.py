"""The workflow of a table waits for the update that places its order."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from order_update.activities import Meal, charge_guest, cook_meal, refund_guest


@workflow.defn
class TableWorkflow:
    """The workflow refunds the guest before it says that the dish is sold out."""

    def __init__(self) -> None:
        self._is_placed = False
        self._answer = ""

    @workflow.run
    async def run(self, table: str) -> dict[str, str]:
        """Wait until the order is placed and answered: then it is too late for a cancellation."""
        while not (self._answer and workflow.all_handlers_finished()):
            try:
                await workflow.wait_condition(
                    lambda: bool(self._answer) and workflow.all_handlers_finished()
                )
            except asyncio.CancelledError:
                if not self._is_placed:
                    raise
        return {"status": "completed" if self._answer == "enjoy" else "failed"}

    @workflow.update
    async def place_order(self, meal: Meal) -> str:
        """Place the order; the answer is *enjoy* or *sold out*."""
        self._is_placed = True
        table = workflow.info().workflow_id
        self._answer = await self._serve(table, meal)
        return self._answer

    async def _serve(self, table: str, meal: Meal) -> str:
        await _call(charge_guest, table, meal)
        try:
            await _call(cook_meal, table, meal)
        except ActivityError:
            await _call(refund_guest, table, meal)
            return "sold out"
        return "enjoy"


@workflow.defn
class AnswersFirst(TableWorkflow):
    """The bug: the workflow says that the dish is sold out, and keeps the guest's money."""

    @workflow.run
    async def run(self, table: str) -> dict[str, str]:
        """Wait until the order is placed and answered."""
        return await super().run(table)

    async def _serve(self, table: str, meal: Meal) -> str:
        await _call(charge_guest, table, meal)
        try:
            await _call(cook_meal, table, meal)
        except ActivityError:
            return "sold out"
        return "enjoy"


async def _call(do: Any, *arguments: Any) -> None:
    await workflow.execute_activity(
        do, args=arguments, start_to_close_timeout=timedelta(seconds=30)
    )
