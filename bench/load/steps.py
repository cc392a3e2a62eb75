"""The saga's floor: as many steps as it has, which do nothing."""

from __future__ import annotations

from datetime import timedelta

from temporalio import activity, workflow


@activity.defn
async def nothing() -> None:
    """Do nothing."""


@workflow.defn
class Steps:
    """Takes steps that do nothing, one after another."""

    @workflow.run
    async def run(self, count: int) -> None:
        """Take so many."""
        for _ in range(count):
            await workflow.execute_activity(nothing, start_to_close_timeout=timedelta(minutes=2))
