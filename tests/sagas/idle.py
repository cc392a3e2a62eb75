"""A saga that does nothing at all, and says that it is done."""

from __future__ import annotations

from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from scenarios import OrderSagaUnderTest


@workflow.defn
class DoesNothing:
    """Completes at once."""

    @workflow.run
    async def run(self, order: dict[str, Any]) -> dict[str, Any]:
        """Do nothing."""
        return {"status": "completed"}


SAGA = OrderSagaUnderTest(workflow=DoesNothing, activities=[], completed_means=())
