"""The client that does what the events of a trial say, on a Temporal service."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from itertools import count

from temporalio.client import WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.service import RPCStatusCode

from sagacheck.engines.answer import WORKFLOW_IS_OVER, Answer, AnswerKind, answer_of
from sagacheck.engines.order_workflow import OrderWorkflow
from sagacheck.language import CancelBy, Event

PATIENCE = timedelta(seconds=30)
"""How long a client waits for the answer to an update."""
REFUSALS = WORKFLOW_IS_OVER | {
    RPCStatusCode.FAILED_PRECONDITION,  # its workflow task keeps failing
    RPCStatusCode.DEADLINE_EXCEEDED,  # no worker answers a query in time, which the SDK calls
    RPCStatusCode.CANCELLED,  # cancelled where its own limit has passed
}
"""That a workflow has ended or is stuck is an answer, and no failure to get one."""


class EventClient:
    """Does what the events of a trial say.

    Args:
        workflows: The workflows of the trial's orders, by the orders' ids.
    """

    def __init__(self, workflows: Mapping[str, OrderWorkflow]) -> None:
        self._workflows = workflows
        self._numbers = count(1)

    async def cancel(self, event: Event) -> Answer:
        """Ask for an order to be cancelled, by the means that its workflow has."""
        workflow = self._workflow(event)
        match self._means(workflow, event.by):
            case CancelBy.SIGNAL:
                return await answer_of(workflow.handle.signal("cancel", event.reason), REFUSALS)
            case CancelBy.UPDATE:
                return await self._request_cancel(workflow, event.reason)
            case CancelBy.WORKFLOW:
                return await answer_of(workflow.handle.cancel(), REFUSALS)

    async def _request_cancel(self, workflow: OrderWorkflow, reason: str) -> Answer:
        # The id would be random, and part of the history.
        number = f"cancel-{next(self._numbers)}"
        update = workflow.handle.execute_update(
            "request_cancel", reason, id=number, rpc_timeout=PATIENCE
        )
        try:
            return await answer_of(update, REFUSALS)
        except WorkflowUpdateRPCTimeoutOrCancelledError:
            _go_on_being_cancelled()
            return Answer.unknown(f"no answer within {PATIENCE.total_seconds():g} s")

    async def submit(self, event: Event) -> Answer:
        """Place an order again."""
        return await self._workflow(event).submit()

    async def terminate(self, event: Event) -> Answer:
        """Terminate an order's workflow."""
        return await answer_of(self._workflow(event).handle.terminate(reason="asked to"), REFUSALS)

    async def query(self, event: Event) -> Answer:
        """Query the status of an order, if its workflow has a query for it."""
        workflow = self._workflow(event)
        if "get_status" not in workflow.trial.saga.queries:
            return Answer(AnswerKind.REFUSED, "the workflow has no query get_status")
        answer = await answer_of(workflow.handle.query("get_status"), REFUSALS)
        workflow.note_status(answer)
        return answer

    def _workflow(self, event: Event) -> OrderWorkflow:
        assert event.order is not None, "all events but heal are about an order"
        return self._workflows[event.order]

    def _means(self, workflow: OrderWorkflow, wanted: CancelBy | None) -> CancelBy:
        """The wanted means, else the first that the workflow has."""
        has = workflow.trial.saga.means_to_cancel
        return wanted if wanted in has else has[0]


def _go_on_being_cancelled() -> None:
    """Raise a cancellation of this task again: the SDK has made an error of its own of it."""
    waiting = asyncio.current_task()
    if waiting is not None and waiting.cancelling():
        raise asyncio.CancelledError
