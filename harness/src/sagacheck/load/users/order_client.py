"""What customers can do with orders, as calls to Temporal. On the asyncio side of the bridge."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from temporalio.client import (
    Client,
    WorkflowFailureError,
    WorkflowHandle,
    WorkflowQueryFailedError,
    WorkflowUpdateFailedError,
)
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from sagacheck.checks import Ending, describe_failure
from sagacheck.language import AnyOrder, CancelBy
from sagacheck.saga import SagaUnderTest

REASON = "the customer changed their mind"
"""Why customers cancel."""
REFUSED = "refused"
"""With this begins the answer to a request that was not granted."""


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
        before, _, after = self.saga.workflow_id.partition("{order_id}")
        return workflow_id.partition("/")[0].removeprefix(before).removesuffix(after)

    def handle(self, order_id: str) -> WorkflowHandle[Any, Any]:
        """The workflow of an order."""
        return self.client.get_workflow_handle(self.workflow_id(order_id))

    async def place(self, order: AnyOrder) -> None:
        """Start an order. To place it again does no harm, or the saga is wrong."""
        try:
            await self.client.start_workflow(
                self.saga.workflow_name,
                self.saga.input_of(order),
                id=self.workflow_id(order.id),
                task_queue=self.task_queue,
                id_reuse_policy=self.saga.id_reuse_policy,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            )
        except WorkflowAlreadyStartedError:
            return

    async def wait(self, order_id: str) -> Ending:
        """Wait for the end of an order."""
        try:
            return Ending.of_result(await self.handle(order_id).result())
        except WorkflowFailureError as failure:
            return Ending.of_failure(failure)

    async def cancel(self, order_id: str, by: CancelBy) -> str:
        """Cancel an order, by `by` or else by the means that its workflow has; the answer."""
        if by is CancelBy.UPDATE and "request_cancel" in self.saga.updates:
            return await _answer(self.request_cancel(order_id, REASON))
        if "cancel" in self.saga.signals:
            return await _answer(self.handle(order_id).signal("cancel", REASON))
        return await _answer(self.handle(order_id).cancel())

    async def status(self, order_id: str) -> str:
        """The status of an order; empty where its workflow has no such query."""
        if "get_status" not in self.saga.queries:
            return ""
        return await _answer(self.query_status(order_id))

    async def request_cancel(self, order_id: str, reason: str) -> str:
        """Cancel an order by the update ``request_cancel``; the answer."""
        return str(await self.handle(order_id).execute_update("request_cancel", reason))

    async def query_status(self, order_id: str) -> str:
        """Ask for the status of an order by the query ``get_status``."""
        return str(await self.handle(order_id).query("get_status"))


async def _answer(call: Awaitable[object]) -> str:
    """The answer as a text. That an order has ended already is an answer too."""
    try:
        return str(await call or "sent")
    except WorkflowUpdateFailedError as error:
        return f"{REFUSED}: {describe_failure(error.cause)}"
    except WorkflowQueryFailedError as error:
        return f"{REFUSED}: {error}"
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return f"{REFUSED}: {error.message}"
