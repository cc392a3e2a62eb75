"""Sagas whose children have ids or task queues of their own, or an activity has such a queue."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from temporalio import workflow

from sagacheck.saga import SagaUnderTest
from scenarios import OrderSagaUnderTest
from tests.sagas.small import A_MINUTE, Order, reserve_goods


@workflow.defn
class Reserve:
    """A child that reserves."""

    @workflow.run
    async def run(self, order: Order) -> None:
        """Reserve."""
        await workflow.execute_activity("reserve_goods", order, start_to_close_timeout=A_MINUTE)


@workflow.defn
class OwnId:
    """Its child's id has nothing of its own."""

    @workflow.run
    async def run(self, order: Order) -> dict[str, Any]:
        """Have the child reserve."""
        await workflow.execute_child_workflow(Reserve.run, order, id=f"booking-{order.order_id}")
        return {"status": "completed"}


@workflow.defn
class OwnQueue:
    """Its child waits on a queue of its own."""

    @workflow.run
    async def run(self, order: Order) -> dict[str, Any]:
        """Have the child reserve."""
        child = f"{workflow.info().workflow_id}/reserve"
        await workflow.execute_child_workflow(Reserve.run, order, id=child, task_queue="rooms")
        return {"status": "completed"}


@workflow.defn
class ActivityQueue:
    """Its activity waits on a queue of its own, for an hour at most."""

    @workflow.run
    async def run(self, order: Order) -> dict[str, Any]:
        """Reserve."""
        await workflow.execute_activity(
            "reserve_goods",
            order,
            task_queue="rooms",
            schedule_to_close_timeout=timedelta(hours=1),
        )
        return {"status": "completed"}


def family(workflow_class: type, **more: Any) -> SagaUnderTest:
    """The saga with this workflow."""
    return OrderSagaUnderTest(
        workflow=workflow_class,
        activities=[reserve_goods],
        completed_means=("inventory.reserve",),
        takes_float_prices=True,
        **{"children": [Reserve], **more},
    )


def order_of(workflow_id: str) -> str | None:
    """The order of a child."""
    return workflow_id.removeprefix("booking-") if workflow_id.startswith("booking-") else None
