"""A simulated service with a worker and a client, for the tests beside this file."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest
from temporalio.client import Client, WorkflowHandle
from temporalio.converter import DataConverter

from sagacheck.temporal import SimulatedTemporal, SimulatedWorker, VirtualTimeLoop, simulated_client

QUEUE = "tests"
virtual_time = pytest.mark.asyncio(loop_scope="function")
"""A test that plays on an event loop of its own, in virtual time: `conftest.py` makes it."""
_T = TypeVar("_T")


def in_virtual_time(play: Callable[[], Awaitable[_T]]) -> _T:
    """Run a coroutine function on a loop in virtual time, a year of it at the most.

    For what has another loop beside it; a test with one loop is marked by `virtual_time`.
    """

    async def played() -> _T:
        async with asyncio.timeout(365 * 24 * 3600):
            return await play()

    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(played())


@dataclass
class Simulation:
    """A simulated service, its worker and a client of it."""

    temporal: SimulatedTemporal
    worker: SimulatedWorker
    client: Client

    async def start(self, workflow: Any, *args: Any, **options: Any) -> WorkflowHandle[Any, Any]:
        """Start a workflow; its id is the class's name, unless it says otherwise."""
        options.setdefault("id", getattr(workflow, "__qualname__", str(workflow)).split(".")[0])
        handle: WorkflowHandle[Any, Any] = await self.client.start_workflow(
            workflow, args=args, task_queue=QUEUE, **options
        )
        return handle

    async def run(self, workflow: Any, *args: Any, **options: Any) -> Any:
        """Start a workflow and wait for what comes of it."""
        return await (await self.start(workflow, *args, **options)).result()

    def events(self, workflow_id: str) -> list[str]:
        """The kinds of events in the history of a workflow."""
        run = self.temporal.find(workflow_id)
        assert run is not None, "there is such a workflow"
        return [
            (event.WhichOneof("attributes") or "").removesuffix("_event_attributes")
            for event in run.history.events
        ]


@asynccontextmanager
async def simulation(
    *workflows: type,
    activities: Sequence[Callable[..., Any]] = (),
    data_converter: DataConverter = DataConverter.default,
    seed: int = 0,
    starts: bool = True,
    **options: Any,
) -> AsyncIterator[Simulation]:
    """A simulated service with a worker, which is started by default."""
    temporal = SimulatedTemporal(seed=seed)
    client = simulated_client(temporal, data_converter)
    worker = SimulatedWorker(
        workflows=workflows,
        activities=activities,
        data_converter=data_converter,
        client=lambda: client,
        **options,
    )
    temporal.register(QUEUE, worker)
    if starts:
        worker.start()
    try:
        yield Simulation(temporal, worker, client)
    finally:
        temporal.close()
