"""A workflow and a replay of its history draw the same random numbers."""

from __future__ import annotations

import asyncio
import uuid
from datetime import timedelta

import pytest
from temporalio import activity, workflow
from temporalio.client import WorkflowHistory
from temporalio.worker import (
    Replayer,
    UnsandboxedWorkflowRunner,
    WorkflowInstance,
    WorkflowInstanceDetails,
)

from sagacheck.temporal.core.seeds import seed_of
from tests.temporal.simulation import in_virtual_time, simulation

SHORT = timedelta(seconds=5)


@activity.defn
async def heads() -> str:
    """One side."""
    return "heads"


@activity.defn
async def tails() -> str:
    """The other side."""
    return "tails"


@workflow.defn
class Draws:
    """Does what chance says."""

    @workflow.run
    async def run(self) -> list[str]:
        """Throw a coin, and give the throws ids by chance."""
        return [
            await workflow.execute_activity(
                heads if workflow.random().random() < 0.5 else tails,
                activity_id=str(workflow.uuid4()),
                start_to_close_timeout=SHORT,
            )
            for _ in range(8)
        ]


@workflow.defn
class LetsDraw:
    """Has a child whose id is drawn too."""

    @workflow.run
    async def run(self) -> list[str]:
        """Wait for the child."""
        return await workflow.execute_child_workflow(Draws.run)


class _Seeds(UnsandboxedWorkflowRunner):
    """Notes which seed Core gives to a run."""

    def __init__(self) -> None:
        self.seeds: dict[str, int] = {}

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        self.seeds[det.info.run_id] = det.randomness_seed
        return super().create_instance(det)


def _histories(seed: int) -> dict[str, WorkflowHistory]:
    async def play() -> dict[str, WorkflowHistory]:
        async with simulation(Draws, LetsDraw, activities=[heads, tails], seed=seed) as simulated:
            handle = await simulated.start(LetsDraw.run, id="parent")
            await handle.result()
            runs = simulated.temporal.runs()
            return {run.run_id: run.history.as_workflow_history(run.workflow_id) for run in runs}

    return in_virtual_time(play)


@pytest.mark.parametrize("seed", range(3))
def test_core_comes_to_the_same_seed(seed: int) -> None:
    """The SDK's replayer accepts what was drawn, for it gives the code the same seed."""
    histories = _histories(seed)
    runner = _Seeds()

    async def replay() -> None:
        replayer = Replayer(workflows=[Draws, LetsDraw], workflow_runner=runner)
        for history in histories.values():
            await replayer.replay_workflow(history)

    asyncio.run(replay())

    assert runner.seeds == {run_id: seed_of(run_id) for run_id in histories}


def test_seeds_differ() -> None:
    """Each run draws for itself, whatever the length of its id."""
    ids = [str(uuid.UUID(int=number, version=4)) for number in range(100)]
    ids += ["a" * length for length in range(20)]

    assert len({seed_of(each) for each in ids}) == len(ids)
