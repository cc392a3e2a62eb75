"""Sagas that leave a child workflow behind, which goes on an hour after its order has ended.

The one whose child reserves late holds goods for an order that has failed; the other's gives back
what its order had reserved, and nothing is left in the end.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta

from temporalio import workflow
from temporalio.workflow import ParentClosePolicy

with workflow.unsafe.imports_passed_through():
    from sagacheck import SagaUnderTest
    from scenarios import OrderSagaUnderTest
    from tests.sagas.outliving import Json, release
    from tests.sagas.small import A_MINUTE
    from tests.sagas.timed import reserve

AN_HOUR = timedelta(hours=1)


@workflow.defn
class Later:
    """Calls an activity in an hour, by a child of its own."""

    @workflow.run
    async def run(self, name: str, order: Json, depth: int) -> None:
        """Wait, and call it."""
        await asyncio.sleep(AN_HOUR.total_seconds())
        if depth:
            await leave(name, order, depth - 1)
        else:
            await _do(name, order)


async def leave(name: str, order: Json, depth: int) -> None:
    """Start a child that outlives its parent."""
    await workflow.start_child_workflow(
        Later.run,
        args=[name, order, depth],
        id=f"{workflow.info().workflow_id}/later",
        parent_close_policy=ParentClosePolicy.ABANDON,
    )


async def _do(name: str, order: Json) -> None:
    await workflow.execute_activity(name, order, start_to_close_timeout=A_MINUTE)


@workflow.defn
class ReservesLater:
    """Fails, and leaves a child that reserves."""

    @workflow.run
    async def run(self, order: Json) -> Json:
        """End before the child does."""
        await leave("reserve", order, 0)
        return {"status": "failed", "error": "no"}


@workflow.defn
class ReleasesLater:
    """Reserves, and leaves it to a child of a child to release."""

    @workflow.run
    async def run(self, order: Json) -> Json:
        """End before the children do."""
        await _do("reserve", order)
        await leave("release", order, 1)
        return {"status": "failed", "error": "no"}


def _saga(workflow_class: type) -> SagaUnderTest:
    return OrderSagaUnderTest(
        workflow=workflow_class,
        activities=[reserve, release],
        children=[Later],
        completed_means=("inventory.reserve",),
    )


RESERVES_LATER = _saga(ReservesLater)
RELEASES_LATER = _saga(ReleasesLater)
