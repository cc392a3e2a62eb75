"""What customers can do with orders, as calls to Temporal. On the asyncio side of the bridge."""

from __future__ import annotations

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

from orders.client import cancel_order, get_order_status, start_order
from orders.models import Address, OrderInput, OrderItem
from sagacheck.checks import Ending, describe_failure
from sagacheck.language import CancelBy
from sagacheck.saga import SagaUnderTest
from scenarios.goods import Order


class Desk:
    """Takes orders for any saga, by what its workflow class says of itself.

    Args:
        client: The connection to Temporal.
        saga: The saga under load.
        task_queue: The queue of its workers.
    """

    def __init__(self, client: Client, saga: SagaUnderTest, task_queue: str) -> None:
        self.client = client
        self._saga = saga
        self._task_queue = task_queue

    def handle(self, order_id: str) -> WorkflowHandle[Any, Any]:
        """The workflow of an order."""
        return self.client.get_workflow_handle(self._saga.workflow_id.format(order_id=order_id))

    async def place(self, order: Order) -> None:
        """Start an order. To place it again is harmless, or the saga's fault."""
        try:
            await self.client.start_workflow(
                self._saga.workflow_name,
                self._saga.input_of(order),
                id=self._saga.workflow_id.format(order_id=order.id),
                task_queue=self._task_queue,
                id_reuse_policy=self._saga.id_reuse_policy,
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
        """Ask for an order to be cancelled, by `by` or by what the workflow has; the answer."""
        if by is CancelBy.UPDATE and "request_cancel" in self._saga.updates:
            return await _answer(self._request_cancel(order_id))
        if "cancel" in self._saga.signals:
            return await _answer(self.handle(order_id).signal("cancel", _REASON))
        return await _answer(self.handle(order_id).cancel())

    async def status(self, order_id: str) -> str:
        """Where an order is; empty where its workflow cannot tell."""
        if "get_status" not in self._saga.queries:
            return ""
        return await _answer(self._ask(order_id))

    async def _request_cancel(self, order_id: str) -> str:
        return str(await self.handle(order_id).execute_update("request_cancel", _REASON))

    async def _ask(self, order_id: str) -> str:
        return str(await self.handle(order_id).query("get_status"))


class OrderDesk(Desk):
    """Takes orders for the saga of this project, by the client functions that come with it."""

    async def place(self, order: Order) -> None:
        """Start an order, or find it placed already."""
        await start_order(_order_input(order), client=self.client, task_queue=self._task_queue)

    async def _request_cancel(self, order_id: str) -> str:
        answer = await cancel_order(order_id, _REASON, client=self.client)
        return "accepted" if answer.accepted else f"{REFUSED}: {answer.why_not}"

    async def _ask(self, order_id: str) -> str:
        return str(await get_order_status(order_id, client=self.client))


REFUSED = "refused"
"""With this begins the answer to a wish that was not granted."""
_REASON = "the customer changed his mind"


async def _answer(call: Any) -> str:
    """The answer in words. That an order has ended already is an answer too."""
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


def _order_input(order: Order) -> OrderInput:
    return OrderInput(
        order_id=order.id,
        customer_id=order.customer_id,
        items=[OrderItem(item.sku, item.quantity, item.price) for item in order.items],
        shipping_address=Address(**order.shipping_address),
        payment_method_id=order.payment_method_id,
    )
