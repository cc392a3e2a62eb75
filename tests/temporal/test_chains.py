"""Runs that continue as new: the service does not let them spin."""

from __future__ import annotations

import asyncio

from temporalio import workflow

from tests.temporal.simulation import in_virtual_time, simulation


@workflow.defn
class Spins:
    """Continues as new at once, again and again."""

    @workflow.run
    async def run(self, left: int) -> str:
        """Do so until nothing is left."""
        if left:
            workflow.continue_as_new(left - 1)
        return "done"


def test_each_run_that_is_too_short_makes_the_next_one_wait() -> None:
    """What it has waited itself is no part of how long it took."""

    async def play() -> float:
        async with simulation(Spins) as simulated:
            await simulated.run(Spins.run, 3)
            return asyncio.get_running_loop().time()

    assert in_virtual_time(play) == 3.0
