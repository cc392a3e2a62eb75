"""What a reset does to an order: an operator lets it go on from some moment of its past (B19)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count

import pytest
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest
from temporalio.client import Client, WorkflowHistory

from sagacheck.engines import Trial
from sagacheck.engines.server.engine import ServerEngine
from sagacheck.run.judging.judge import judge
from sagacheck.saga import SagaUnderTest
from scenarios import SAGA
from tests.mutants._saga import saga
from tests.mutants.wrong_requests import KeyOfTheRun
from tests.shop import load_text

COMPLETES = "expect: {o1: {status: completed}}"
IS_UNDONE = """\
faults: [{on: shipping.create, calls: [1, 2, 3], fault: 503}]
expect: {o1: {status: failed}, effects: {shipping.create: 0}}
"""
"""After a reset the carrier can be reached: the order must not go forward over its rollback."""
NUMBERS = count(900_000)


@dataclass
class ResetTrial(Trial):
    """Its order, once ended, goes on from each moment of its past, one after another.

    Attributes:
        address: The server.
        number: Tells the order's workflow from those of other trials.
        resets: How many there were.
    """

    address: str = ""
    number: int = 0
    resets: int = 0

    async def finish(self) -> None:
        """Reset the order, before the carrier comes for its parcel."""
        client = await Client.connect(self.address)
        order = client.get_workflow_handle(f"order-o1~{self.number}")
        first_run = await order.fetch_history()
        for event_id in _task_ends(first_run):
            await client.workflow_service.reset_workflow_execution(
                ResetWorkflowExecutionRequest(
                    namespace=client.namespace,
                    workflow_execution=WorkflowExecution(
                        workflow_id=order.id, run_id=first_run.run_id
                    ),
                    reason="a test",
                    workflow_task_finish_event_id=event_id,
                    request_id=f"{order.id}/{event_id}",
                )
            )
            await order.result()
            self.resets += 1
        await super().finish()


def _task_ends(history: WorkflowHistory) -> Iterator[int]:
    """The events at which a workflow can be reset: the ends of its tasks."""
    completed = EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED
    return (event.event_id for event in history.events if event.event_type == completed)


async def _broken_by_resets(server: str, tested: SagaUnderTest, lines: str) -> set[str]:
    """What is broken after an order was reset to each moment of its past."""
    text = f"scenario: s\nwhy: w\norders: [{{id: o1}}]\n{lines}"
    number = next(NUMBERS)
    engine = ServerEngine(tested, address=server, skips_time=True, numbers=count(number))
    trial = ResetTrial(
        load_text(text, "s.yaml"), tested, engine.new_clock(), address=server, number=number
    )
    async with asyncio.timeout(300), engine:
        await engine.play(trial)
    assert trial.resets > 3
    # The end that the client of the first run got was true until an operator changed the past.
    trial.outcomes = {"o1": replace(trial.outcomes["o1"], endings=[])}
    findings, unmet = judge(trial)
    return {each.invariant for each in findings.violations} | {each.detail for each in unmet}


@pytest.mark.asyncio
@pytest.mark.parametrize("lines", [COMPLETES, IS_UNDONE], ids=["completed", "undone"])
async def test_a_reset_does_nothing_twice(server: str, lines: str) -> None:
    """Steps and undos that are taken again by the same keys change nothing, wherever it begins."""
    assert await _broken_by_resets(server, SAGA, lines) == set()


@pytest.mark.asyncio
async def test_a_key_of_the_run_does_everything_twice(server: str) -> None:
    """A reset makes a new run; an order whose keys are the run's is charged again."""
    broken = await _broken_by_resets(server, saga(KeyOfTheRun), COMPLETES)

    assert {"I4", "I13"} <= broken
