"""Sagas whose children or activities have ids, task queues or names that need a setting."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

from temporalio import activity, workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError

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


@workflow.defn
class Passes:
    """A child that has a child of its own."""

    @workflow.run
    async def run(self, order: Order) -> None:
        """Have the grandchild reserve."""
        await workflow.execute_child_workflow(Reserve.run, order, id=f"booking-{order.order_id}")


@workflow.defn
class GrandChild:
    """Its child has a child, whose id has nothing of the order's."""

    @workflow.run
    async def run(self, order: Order) -> dict[str, Any]:
        """Have the child's child reserve."""
        child = f"{workflow.info().workflow_id}/pass"
        await workflow.execute_child_workflow(Passes.run, order, id=child)
        return {"status": "completed"}


@workflow.defn
class Misnames:
    """Reserves, and has an activity that no worker knows, which is tried for ever."""

    @workflow.run
    async def run(self, order: Order) -> dict[str, Any]:
        """Reserve, and greet."""
        await workflow.execute_activity("reserve_goods", order, start_to_close_timeout=A_MINUTE)
        await workflow.execute_activity("greet", order, start_to_close_timeout=A_MINUTE)
        return {"status": "completed"}


@workflow.defn
class Forgives:
    """Goes on where the activity that no worker knows has failed."""

    @workflow.run
    async def run(self, order: Order) -> dict[str, Any]:
        """Reserve, and greet if that is possible."""
        await workflow.execute_activity("reserve_goods", order, start_to_close_timeout=A_MINUTE)
        once = RetryPolicy(maximum_attempts=1)
        with suppress(ActivityError):
            await workflow.execute_activity(
                "greet", order, start_to_close_timeout=A_MINUTE, retry_policy=once
            )
        return {"status": "completed"}


@workflow.defn
class MisnamesLocally:
    """The same with a local activity: the task of the workflow fails."""

    @workflow.run
    async def run(self, order: Order) -> dict[str, Any]:
        """Reserve, and greet."""
        await workflow.execute_activity("reserve_goods", order, start_to_close_timeout=A_MINUTE)
        await workflow.execute_local_activity("greet", order, start_to_close_timeout=A_MINUTE)
        return {"status": "completed"}


@activity.defn
async def greet(order: Order) -> None:
    """Greet the guest, who is not there."""


def family(workflow_class: type, **more: Any) -> SagaUnderTest:
    """The saga with this workflow."""
    return OrderSagaUnderTest(
        workflow=workflow_class,
        completed_means=("inventory.reserve",),
        takes_float_prices=True,
        **{"children": [Reserve, Passes], "activities": [reserve_goods], **more},
    )


def order_of(workflow_id: str) -> str | None:
    """The order of a child."""
    return workflow_id.removeprefix("booking-") if workflow_id.startswith("booking-") else None
