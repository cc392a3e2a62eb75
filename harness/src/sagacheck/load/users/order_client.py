"""What customers can do with orders, as calls to Temporal. On the asyncio side of the bridge."""

from __future__ import annotations

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from sagacheck.checks import Ending
from sagacheck.engines import Answer, AnswerKind, WorkflowView, answer_of, update_answer_of
from sagacheck.language import AnyOrder, CancelBy
from sagacheck.saga import SagaUnderTest

REASON = "the customer changed their mind"
"""Why customers cancel."""


class OrderClient:
    """Places orders of a saga and asks about them, by what its workflow class declares.

    A team whose customers call functions of its own overrides `place`, `request_cancel` and
    `query_status`.

    Args:
        client: The connection to Temporal.
        saga: The saga under load.
        task_queue: The queue of its workers.

    Attributes:
        client: The connection to Temporal.
        saga: The saga under load.
        task_queue: The queue of its workers.
    """

    def __init__(self, client: Client, saga: SagaUnderTest, task_queue: str) -> None:
        self.client = client
        self.saga = saga
        self.task_queue = task_queue

    def workflow_id(self, order_id: str) -> str:
        """The id of the workflow that runs an order."""
        return self.saga.workflow_id.format(order_id=order_id)

    def order_of(self, workflow_id: str) -> str:
        """The order that a workflow belongs to: its own, or that of the parent workflow."""
        return self.saga.order_id_of(workflow_id)

    def view(self, order_id: str) -> WorkflowView:
        """What Temporal shows of an order's workflow."""
        return WorkflowView(self.client, self.workflow_id(order_id))

    async def place(self, order: AnyOrder) -> None:
        """Start an order. To place it again does no harm, or the saga is wrong."""
        try:
            await self.client.start_workflow(
                self.saga.workflow_name,
                args=self.saga.arguments_of(order),
                id=self.workflow_id(order.id),
                task_queue=self.task_queue,
                id_reuse_policy=self.saga.id_reuse_policy,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            )
        except WorkflowAlreadyStartedError:
            return

    async def wait(self, order_id: str) -> Ending:
        """Wait for the end of an order."""
        return await self.view(order_id).ending(self.saga.reading)

    async def cancel(self, order_id: str, by: CancelBy) -> Answer:
        """Cancel an order, by `by` or else by the means that its workflow has."""
        has = self.saga.means_to_cancel
        if by is CancelBy.UPDATE and CancelBy.UPDATE in has:
            return await self.request_cancel(order_id, REASON)
        if CancelBy.SIGNAL in has:
            message = self.saga.cancel_message(CancelBy.SIGNAL, REASON)
            signal = self.view(order_id).handle.signal(message.name, args=message.args)
            return await answer_of(signal)
        return await answer_of(self.view(order_id).handle.cancel())

    async def status(self, order_id: str) -> Answer:
        """Ask for the status of an order, if its workflow has a query for it."""
        if "get_status" not in self.saga.queries:
            return Answer(AnswerKind.REFUSED, "the workflow has no query get_status")
        return await answer_of(self.query_status(order_id))

    async def request_cancel(self, order_id: str, reason: str) -> Answer:
        """Cancel an order by the update that asks for it."""
        message = self.saga.cancel_message(CancelBy.UPDATE, reason)
        update = self.view(order_id).handle.execute_update(message.name, args=message.args)
        return await update_answer_of(update, self.saga.cancel_granted)

    async def query_status(self, order_id: str) -> str:
        """Ask for the status of an order by the query ``get_status``."""
        return str(await self.view(order_id).handle.query("get_status"))
