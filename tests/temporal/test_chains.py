"""Runs that continue as new: the service does not let them spin."""

from __future__ import annotations

import asyncio

from temporalio import workflow

from tests.temporal.simulation import simulation, virtual_time


@workflow.defn
class Spins:
    """Continues as new at once, again and again."""

    @workflow.run
    async def run(self, left: int) -> str:
        """Do so until nothing is left."""
        if left:
            workflow.continue_as_new(left - 1)
        return "done"


@virtual_time
async def test_each_run_that_is_too_short_makes_the_next_one_wait() -> None:
    """What it has waited itself is no part of how long it took."""
    async with simulation(Spins) as simulated:
        await simulated.run(Spins.run, 3)
        assert asyncio.get_running_loop().time() == 3.0
