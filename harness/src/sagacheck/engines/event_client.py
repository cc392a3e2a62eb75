"""The client that does what the events of a trial say, on a Temporal service."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import timedelta
from itertools import count

from temporalio.client import WorkflowUpdateRPCTimeoutOrCancelledError, WorkflowUpdateStage
from temporalio.service import RPCStatusCode

from sagacheck.engines.events.answer import (
    WORKFLOW_IS_OVER,
    Answer,
    AnswerKind,
    Read,
    answer_of,
    update_answer_of,
)
from sagacheck.engines.order_workflow import OrderWorkflow
from sagacheck.language import CancelBy, Event, EventKind, Message

PATIENCE = timedelta(seconds=30)
"""How long a client waits for the answer to an update."""
REFUSALS = WORKFLOW_IS_OVER | {RPCStatusCode.FAILED_PRECONDITION}
"""That a workflow has ended, or that its task keeps failing, is an answer."""
NO_ANSWER = frozenset({RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.CANCELLED})
"""No worker answers in time. The SDK calls it CANCELLED where its own limit has passed. The request
may have been granted all the same."""


class EventClient:
    """Does what the events of a trial say.

    Args:
        workflows: The workflows of the trial's orders, by the orders' ids.
    """

    def __init__(self, workflows: Mapping[str, OrderWorkflow]) -> None:
        self._workflows = workflows
        self._numbers = count(1)

    async def send(self, event: Event) -> Answer | asyncio.Task[Answer]:
        """Do what an event says; returns once Temporal has the message, with its answer or a task.

        An update is accepted before it is answered. Where no worker can accept it for now, since
        the workflow is inside of a task or its tasks fail, the wait for that is short.
        """
        accepted = asyncio.Event()
        act = self._act(event, accepted.set)
        if not self._is_answered_later(event):
            # No task: the workflow must not go on before the call during which this happens.
            return await act
        loop = asyncio.get_running_loop()
        answer = loop.create_task(act)
        answer.add_done_callback(lambda _: accepted.set())
        waiting = loop.create_task(accepted.wait())
        await asyncio.wait({waiting}, timeout=self._workflow(event).acceptance_seconds)
        waiting.cancel()
        return answer

    async def _act(self, event: Event, accepted: Callable[[], None]) -> Answer:
        """Do what an event says, and call `accepted` once Temporal has accepted an update."""
        match event.kind:
            case EventKind.CANCEL:
                return await self._cancel(event, accepted)
            case EventKind.SUBMIT:
                return await self._submit(event)
            case EventKind.TERMINATE:
                return await self._terminate(event)
            case EventKind.QUERY:
                return await self._query(event)
            case EventKind.SIGNAL:
                return await self._signal(event)
            case EventKind.UPDATE:
                return await self._send_update(event, accepted)
            case EventKind.HEAL:
                msg = "the trial itself ends its faults"
                raise ValueError(msg)

    async def settle(self, order: str) -> None:
        """Return once the workflow of an order has seen what was sent to it, if it can."""
        await self._workflows[order].settle()

    def _is_answered_later(self, event: Event) -> bool:
        """Whether workflow code answers, and not Temporal at once."""
        if event.kind is EventKind.CANCEL:
            return self._means(self._workflow(event), event.by) is CancelBy.UPDATE
        return event.kind in (EventKind.QUERY, EventKind.UPDATE)

    async def _cancel(self, event: Event, accepted: Callable[[], None]) -> Answer:
        """Ask for an order to be cancelled, by the means that its workflow has."""
        workflow = self._workflow(event)
        match self._means(workflow, event.by):
            case CancelBy.SIGNAL:
                message = workflow.trial.saga.cancel_message(CancelBy.SIGNAL, event.reason)
                signal = workflow.handle.signal(message.name, args=message.args)
                return await answer_of(signal, REFUSALS, NO_ANSWER)
            case CancelBy.UPDATE:
                message = workflow.trial.saga.cancel_message(CancelBy.UPDATE, event.reason)
                read = workflow.trial.saga.cancel_granted
                return await self._update(workflow, message, accepted, read, what="cancel")
            case CancelBy.WORKFLOW:
                return await answer_of(workflow.handle.cancel(), REFUSALS, NO_ANSWER)

    async def _update(  # noqa: PLR0913 - what an update is, and how its answer is read
        self,
        workflow: OrderWorkflow,
        message: Message,
        accepted: Callable[[], None],
        read: Read | None,
        *,
        what: str = "",
        patience: timedelta = PATIENCE,
    ) -> Answer:
        # The id would be random, and part of the history.
        number = f"{what or message.name}-{next(self._numbers)}"

        async def update() -> object:
            handle = await workflow.handle.start_update(
                message.name,
                args=message.args,
                id=number,
                wait_for_stage=WorkflowUpdateStage.ACCEPTED,
                rpc_timeout=PATIENCE,
            )
            accepted()
            return await handle.result(rpc_timeout=patience)

        try:
            return await update_answer_of(update(), read, REFUSALS, NO_ANSWER)
        except WorkflowUpdateRPCTimeoutOrCancelledError:
            _go_on_being_cancelled()
            return Answer.unknown(f"no answer within {patience.total_seconds():g} s")

    async def _signal(self, event: Event) -> Answer:
        """Send a signal to an order."""
        assert event.message is not None, "a signal has a name"
        sent = self._workflow(event).handle.signal(event.message.name, args=event.message.args)
        return await answer_of(sent, REFUSALS, NO_ANSWER)

    async def _send_update(self, event: Event, accepted: Callable[[], None]) -> Answer:
        """Send an update to an order; any answer grants it, unless it asks for a cancellation."""
        assert event.message is not None, "an update has a name"
        workflow = self._workflow(event)
        saga, patience = workflow.trial.saga, workflow.patience
        read = saga.cancel_granted if saga.is_cancel(event) else _any_answer
        return await self._update(workflow, event.message, accepted, read, patience=patience)

    async def _submit(self, event: Event) -> Answer:
        """Place an order again, or another one."""
        placed = event.submits
        workflow = self._workflow(event) if placed is None else self._workflows[placed.id]
        return await workflow.submit(placed)

    async def _terminate(self, event: Event) -> Answer:
        """Terminate an order's workflow."""
        terminate = self._workflow(event).handle.terminate(reason="asked to")
        return await answer_of(terminate, REFUSALS, NO_ANSWER)

    async def _query(self, event: Event) -> Answer:
        """Query the status of an order, if its workflow has a query for it."""
        workflow = self._workflow(event)
        if "get_status" not in workflow.trial.saga.queries:
            return Answer(AnswerKind.REFUSED, "the workflow has no query get_status")
        answer = await answer_of(workflow.handle.query("get_status"), REFUSALS, NO_ANSWER)
        workflow.note_status(answer)
        return answer

    def _workflow(self, event: Event) -> OrderWorkflow:
        assert event.order is not None, "all events but heal are about an order"
        return self._workflows[event.order]

    def _means(self, workflow: OrderWorkflow, wanted: CancelBy | None) -> CancelBy:
        """The wanted means, else the first that the workflow has."""
        has = workflow.trial.saga.means_to_cancel
        return wanted if wanted in has else has[0]


def _any_answer(_: object) -> bool:
    return True


def _go_on_being_cancelled() -> None:
    """Raise a cancellation of this task again: the SDK has made an error of its own of it."""
    waiting = asyncio.current_task()
    if waiting is not None and waiting.cancelling():
        raise asyncio.CancelledError
