"""Sagas with a limit that a slow call of theirs exceeds; all release what they have reserved."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from temporalio import workflow

from sagacheck.saga import SagaUnderTest
from scenarios import OrderSagaUnderTest
from tests.sagas.outliving import Json, release

with workflow.unsafe.imports_passed_through():
    import httpx
    from temporalio import activity

    from tests.sagas.small import A_MINUTE, RESERVATIONS

HOUR_SECONDS = 3600
TEN = timedelta(seconds=10)


@activity.defn
async def reserve(order: Json) -> None:
    """Reserve the goods; the client waits for a minute at the most."""
    body = {
        "order_id": order["order_id"],
        "items": [{"sku": item["sku"], "qty": item["quantity"]} for item in order["items"]],
        "idempotency_key": order["order_id"],
    }
    async with httpx.AsyncClient(timeout=60) as http:
        (await http.post(RESERVATIONS, json=body)).raise_for_status()


class _Limited:
    """Reserves within a limit, or releases."""

    async def _reserve(self, order: Json) -> None:
        raise NotImplementedError

    async def _run(self, order: Json) -> Json:
        try:
            await self._reserve(order)
        except Exception:  # noqa: BLE001 - whatever it is, it is undone
            await workflow.execute_activity(release, order, start_to_close_timeout=A_MINUTE)
            return {"status": "failed", "error": "too late"}
        return {"status": "completed"}


@workflow.defn
class WithBudget(_Limited):
    """All attempts together may take as long as one of them."""

    @workflow.run
    async def run(self, order: Json) -> Json:
        """Reserve, or release."""
        return await self._run(order)

    async def _reserve(self, order: Json) -> None:
        await workflow.execute_activity(
            reserve, order, start_to_close_timeout=A_MINUTE, schedule_to_close_timeout=A_MINUTE
        )


@workflow.defn
class WithTimer(_Limited):
    """The customer waits for twenty seconds."""

    @workflow.run
    async def run(self, order: Json) -> Json:
        """Reserve, or release."""
        return await self._run(order)

    async def _reserve(self, order: Json) -> None:
        step = workflow.start_activity(reserve, order, start_to_close_timeout=A_MINUTE)
        async with asyncio.timeout(20):
            await step


@workflow.defn
class WithHeartbeat(_Limited):
    """The activity never heartbeats, and is tried once."""

    @workflow.run
    async def run(self, order: Json) -> Json:
        """Reserve, or release."""
        return await self._run(order)

    async def _reserve(self, order: Json) -> None:
        await workflow.execute_activity(
            reserve,
            order,
            start_to_close_timeout=A_MINUTE,
            schedule_to_close_timeout=A_MINUTE,
            heartbeat_timeout=TEN,
        )


@workflow.defn
class AfterAnHour(_Limited):
    """The customer may think better of it for an hour."""

    @workflow.run
    async def run(self, order: Json) -> Json:
        """Wait, and reserve."""
        await asyncio.sleep(HOUR_SECONDS)
        return await self._run(order)

    async def _reserve(self, order: Json) -> None:
        await workflow.execute_activity(reserve, order, start_to_close_timeout=A_MINUTE)


def _saga(workflow_class: type, *activities: Callable[..., Any]) -> SagaUnderTest:
    return OrderSagaUnderTest(
        workflow=workflow_class,
        activities=[reserve, release, *activities],
        completed_means=("inventory.reserve",),
    )


WITH_BUDGET = _saga(WithBudget)
WITH_TIMER = _saga(WithTimer)
WITH_HEARTBEAT = _saga(WithHeartbeat)
AFTER_AN_HOUR = _saga(AfterAnHour)
