"""Runs a workflow with everything that could be random; its history, as bytes, goes to stdout."""

from __future__ import annotations

import asyncio
import sys
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ApplicationError

from tests.temporal.simulation import in_virtual_time, simulation

SHORT = timedelta(seconds=5)


@activity.defn
async def flaky(name: str) -> str:
    """Fail at first."""
    if activity.info().attempt < 3:
        raise ApplicationError(name)
    return name


@workflow.defn
class Busy:
    """Does many things at once, and uses all that the SDK makes deterministic."""

    @workflow.run
    async def run(self) -> list[str]:
        """Do them."""
        names = [str(workflow.uuid4()) for _ in range(3)]
        await asyncio.sleep(workflow.random().random() * 100)
        policy = RetryPolicy(initial_interval=timedelta(seconds=workflow.random().randint(1, 9)))
        return await asyncio.gather(
            *(
                workflow.execute_activity(
                    flaky, name, start_to_close_timeout=SHORT, retry_policy=policy
                )
                for name in names
            )
        )


def history(seed: int, *, cached: bool = True) -> bytes:
    """The history of a run, byte for byte."""

    async def play() -> bytes:
        async with simulation(Busy, activities=[flaky], seed=seed, cached=cached) as simulated:
            await simulated.run(Busy.run)
            [execution] = simulated.temporal.runs()
            return b"".join(
                event.SerializeToString(deterministic=True) for event in execution.history.events
            )

    return in_virtual_time(play)


if __name__ == "__main__":
    sys.stdout.buffer.write(history(int(sys.argv[1])))
