"""A history that is long enough for one run."""

from __future__ import annotations

from datetime import timedelta

from temporalio import activity, workflow

from sagacheck.temporal.base.history import MANY_EVENTS
from tests.temporal.simulation import simulation, virtual_time


@activity.defn
async def step() -> None:
    """Be one of many."""


@workflow.defn
class Endless:
    """Takes steps until the service thinks that it is enough; its decisions hang on that."""

    @workflow.run
    async def run(self) -> int:
        """Take them."""
        while not workflow.info().is_continue_as_new_suggested():
            await workflow.execute_activity(step, start_to_close_timeout=timedelta(seconds=5))
        return workflow.info().get_current_history_length()


@virtual_time
async def test_what_is_suggested_is_written_down() -> None:
    """Only the last task suggests to end the run; a replay must suggest the same."""
    async with simulation(Endless, activities=[step]) as simulated:
        length = await simulated.run(Endless.run)
        [run] = simulated.temporal.runs()
        suggesting = [
            event.event_id
            for event in run.history.events
            if event.workflow_task_started_event_attributes.suggest_continue_as_new
        ]

    assert suggesting == [length]
    assert MANY_EVENTS < length < MANY_EVENTS + 10
