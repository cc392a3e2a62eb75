"""A saga that does one thing, and then waits for a message that nobody sends."""

from __future__ import annotations

from datetime import timedelta

from temporalio import activity, workflow

with workflow.unsafe.imports_passed_through():
    from sagacheck import SagaUnderTest, effect


@activity.defn
async def reserve(order: str) -> None:
    """Do nothing but have an effect."""


@workflow.defn
class WaitingSaga:
    """Never answers."""

    @workflow.run
    async def run(self, order: str) -> None:
        """Reserve, and wait."""
        await workflow.execute_activity(reserve, order, start_to_close_timeout=timedelta(seconds=5))
        await workflow.wait_condition(lambda: False)


SAGA = SagaUnderTest(
    workflow=WaitingSaga,
    activities=[effect(reserve, "shop.reserve", key=lambda order: order)],
    arguments=lambda order: [order.id],
)
