"""A worker that dies under a local activity: `python -m tests.conformance.mortal ADDRESS QUEUE`."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

A_WHILE = timedelta(seconds=30)


@activity.defn
async def lasting() -> str:
    """Exist, in whichever process it runs."""
    return "lasting"


@activity.defn(name="fatal")
async def fatal() -> str:
    """Take the whole process along, with no chance to say so."""
    os._exit(0)


@activity.defn(name="fatal")
async def survived() -> str:
    """What the next worker makes of it."""
    return "survived"


@workflow.defn
class Mortal:
    """A local activity that lasts, and one that is fatal to the first worker."""

    @workflow.run
    async def run(self, in_first_task: bool) -> list[str]:
        """Run them, in the first workflow task or in the second."""
        if not in_first_task:
            await workflow.execute_activity(lasting, start_to_close_timeout=A_WHILE)
        return [
            await workflow.execute_local_activity(lasting, start_to_close_timeout=A_WHILE),
            await workflow.execute_local_activity("fatal", start_to_close_timeout=A_WHILE),
            await workflow.execute_activity(lasting, start_to_close_timeout=A_WHILE),
        ]


def mortal_worker(client: Client, queue: str, end: Callable[..., Any]) -> Worker:
    """A worker, whose end `end` may be."""
    return Worker(
        client,
        task_queue=queue,
        workflows=[Mortal],
        activities=[lasting, end],
        workflow_runner=UnsandboxedWorkflowRunner(),
        build_id="mortal",
    )


async def _live_and_die(address: str, queue: str) -> None:
    await mortal_worker(await Client.connect(address), queue, fatal).run()


if __name__ == "__main__":
    asyncio.run(_live_and_die(*sys.argv[1:]))
