"""A worker process that dies under a local activity leaves what the simulation says."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from temporalio.client import Client, WorkflowHandle, WorkflowHistory
from temporalio.converter import DataConverter

from sagacheck.engines import embedded_server
from sagacheck.temporal import (
    AttemptFacts,
    NeverReports,
    SimulatedTemporal,
    SimulatedWorker,
    VirtualTimeLoop,
    simulated_client,
)
from tests.conformance.mortal import Mortal, lasting, mortal_worker, survived
from tests.conformance.scrub import scrubbed
from tests.conformance.sides import quiet_sdk

TASK_TIMEOUT = timedelta(seconds=10)
"""After which the service notices that the worker is dead; it is real on the server, and the next
worker must not miss it on a busy machine."""


async def _on_server(in_first_task: bool) -> WorkflowHistory:
    async with asyncio.timeout(300), embedded_server() as address:
        first = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.conformance.mortal", address, "mortal"
        )
        client = await Client.connect(address)
        handle = await _start(client, in_first_task)
        await first.wait()
        async with mortal_worker(client, "mortal", survived):
            await handle.result()
        return await handle.fetch_history()


async def _in_simulation(in_first_task: bool) -> WorkflowHistory:
    deaths = iter([True])

    @contextmanager
    def around(attempt: AttemptFacts) -> Iterator[None]:
        if attempt.activity_type == "fatal" and next(deaths, False):
            raise NeverReports
        yield

    temporal = SimulatedTemporal()
    worker = SimulatedWorker(
        workflows=[Mortal],
        activities=[lasting, survived],
        data_converter=DataConverter.default,
        around=around,
    )
    temporal.register("mortal", worker)
    worker.start()
    handle = await _start(simulated_client(temporal, DataConverter.default), in_first_task)
    await handle.result()
    history = await handle.fetch_history()
    temporal.close()
    return history


async def _start(client: Client, in_first_task: bool) -> WorkflowHandle[Any, Any]:
    return await client.start_workflow(
        Mortal.run, in_first_task, id="mortal", task_queue="mortal", task_timeout=TASK_TIMEOUT
    )


@pytest.mark.parametrize("in_first_task", [True, False], ids=["first task", "second task"])
def test_a_death_leaves_the_same_history(in_first_task: bool) -> None:
    """The task times out, its markers are lost with it, and the next worker does it all again."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        here = runner.run(_in_simulation(in_first_task))
    with quiet_sdk():
        there = asyncio.run(_on_server(in_first_task))

    assert scrubbed(here) == scrubbed(there)
