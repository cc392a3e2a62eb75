"""Sagas that complete nothing, or call nothing. They harm nobody, and nothing is shown by that."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

from temporalio import activity, workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    import httpx

    from sagacheck.saga import SagaUnderTest
    from scenarios import OrderSagaUnderTest
    from tests.sagas import restaurant
    from tests.sagas.small import A_MINUTE, RESERVATIONS, Order, reserve_goods


@activity.defn
async def release_by_key(order: Order) -> None:
    """Undo the reservation."""
    async with httpx.AsyncClient() as http:
        reply = await http.delete(RESERVATIONS, params={"idempotency_key": order.order_id})
        reply.raise_for_status()


async def _release(order: Order) -> None:
    await workflow.execute_activity("release_by_key", order, start_to_close_timeout=A_MINUTE)


@workflow.defn
class UndoesEverything:
    """Takes its step, and never comes to the next one."""

    @workflow.run
    async def run(self, order: Order) -> dict[str, Any]:
        """Reserve and release."""
        once = RetryPolicy(maximum_attempts=1)
        with suppress(BaseException):
            await workflow.execute_activity(
                "reserve_goods", order, start_to_close_timeout=A_MINUTE, retry_policy=once
            )
        undo = asyncio.create_task(_release(order))
        while not undo.done():
            with suppress(asyncio.CancelledError):
                await workflow.wait([undo])
        return {"status": "failed", "error": "TypeError: a typo in the second step"}


@workflow.defn
class CallsNothing:
    """Fails before its first step."""

    @workflow.run
    async def run(self, order: Order) -> dict[str, Any]:
        """Do nothing."""
        return {"status": "failed", "error": "TypeError: a typo in the first line"}


def _saga(workflow_class: type, *activities: Callable[..., Any]) -> SagaUnderTest:
    return OrderSagaUnderTest(
        workflow=workflow_class,
        activities=[*activities],
        completed_means=("inventory.reserve",),
        takes_float_prices=True,
    )


UNDOES_EVERYTHING = _saga(UndoesEverything, reserve_goods, release_by_key)
CALLS_NOTHING = _saga(CallsNothing)


@workflow.defn(sandboxed=False)
class OnlyLooks:
    """Looks whether there is a table, and books none."""

    @workflow.run
    async def run(self, order: dict[str, Any]) -> dict[str, Any]:
        """Look."""
        await restaurant.step("look", order)
        return {"status": "completed"}


ONLY_LOOKS = SagaUnderTest(
    workflow=OnlyLooks,
    activities=[restaurant.look],
    completed_means=(),
    services=restaurant.desk(restaurant.BOOK, restaurant.CANCEL, restaurant.LOOK),
)
"""It promises nothing, keeps that, and could have been meant to book."""
ONLY_READS = replace(ONLY_LOOKS, services=restaurant.desk(restaurant.LOOK))
"""The same with services that can do nothing: no effect was to be expected."""
