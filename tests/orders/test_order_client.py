"""Placing, watching and cancelling orders as a client of the saga does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from temporalio.client import Client, WorkflowFailureError, WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.exceptions import ApplicationError, CancelledError
from temporalio.service import RPCError, RPCStatusCode

from orders import (
    OrderConflictError,
    OrderStatus,
    OrderTooOldError,
    cancel_order,
    get_order_status,
    place_order,
    start_order,
    workflow_id,
)
from orders.client import TASK_QUEUE, how_it_ended, order_handle
from tests.orders._messages import ORDER_JSON, order
from tests.orders._shop import Shop

AGES_AGO = datetime(2026, 1, 1, tzinfo=UTC)
TENTH = timedelta(seconds=0.1)
ALL_STEPS = ["inventory.reserve", "payments.charge", "shipping.create", "notifications.send"]


@pytest_asyncio.fixture(scope="module")
async def shop() -> AsyncIterator[Shop]:
    """A server, a worker and the services, for all tests of this module."""
    opened = await Shop().open()
    yield opened
    await opened.close()


@pytest.mark.asyncio
async def test_place_order_again(shop: Shop) -> None:
    """To place an order again gives the same result and does nothing."""
    first = await place_order(order("again"), client=shop.client)
    second = await place_order(order("again"), client=shop.client)
    assert first.status is OrderStatus.COMPLETED
    assert second == first
    assert shop.effects("again") == ALL_STEPS


@pytest.mark.asyncio
async def test_place_order_twice_at_once(shop: Shop) -> None:
    """Two clients that place an order at the same time get the same result, and it runs once."""
    twice = (place_order(order("twice"), client=shop.client) for _ in range(2))
    first, second = await asyncio.gather(*twice)
    assert first == second
    assert shop.effects("twice") == ALL_STEPS


@pytest.mark.asyncio
async def test_place_other_order_with_same_id(shop: Shop) -> None:
    """An id that belongs to an order with other content is refused, and nothing is done."""
    await place_order(order("taken"), client=shop.client)
    other = replace(order("taken"), customer_id="another customer")
    with pytest.raises(OrderConflictError, match="order taken was placed before"):
        await place_order(other, client=shop.client)
    assert shop.effects("taken") == ALL_STEPS


@pytest.mark.asyncio
async def test_an_old_order_that_temporal_knows(shop: Shop) -> None:
    """It is found, however long ago it was placed."""
    first = await place_order(order("old"), client=shop.client)
    again = await place_order(order("old"), client=shop.client, placed_at=AGES_AGO)
    assert again == first
    assert shop.effects("old") == ALL_STEPS


@pytest.mark.asyncio
async def test_an_old_order_that_temporal_does_not_know(shop: Shop) -> None:
    """It may have been carried out and forgotten: it is refused, and nothing is done."""
    with pytest.raises(OrderTooOldError, match=r"order forgotten was placed at .* with a new id"):
        await place_order(order("forgotten"), client=shop.client, placed_at=AGES_AGO)
    assert shop.effects("forgotten") == []


@pytest.mark.asyncio
async def test_an_order_of_an_hour_ago(shop: Shop) -> None:
    """It is too young to be forgotten: it is placed."""
    an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
    placed = await place_order(order("young"), client=shop.client, placed_at=an_hour_ago)
    assert placed.status is OrderStatus.COMPLETED


@pytest.mark.asyncio
async def test_cancel_in_time(shop: Shop) -> None:
    """A cancel that comes in time is accepted, and the order is undone."""
    shop.hold("in-time", "shipping.create")
    handle = await start_order(order("in-time"), client=shop.client)
    await shop.reached("in-time", "shipping.create")
    status = await get_order_status("in-time", client=shop.client)
    answer = await cancel_order("in-time", "changed my mind", client=shop.client)
    result = await handle.result()
    assert status is OrderStatus.PROCESSING
    assert (answer.accepted, answer.why_not) == (True, None)
    assert result.status is OrderStatus.FAILED
    assert result.error == "OrderCancelled: changed my mind"
    undone = ["payments.refund", "inventory.release"]
    assert shop.effects("in-time") == [*ALL_STEPS[:2], *undone]


@pytest.mark.asyncio
async def test_cancel_while_the_customer_is_told(shop: Shop) -> None:
    """Once the confirmation has begun a cancel is refused with the reason."""
    shop.hold("told", "notifications.send")
    handle = await start_order(order("told"), client=shop.client)
    await shop.reached("told", "notifications.send")
    answer = await cancel_order("told", "changed my mind", client=shop.client)
    await handle.terminate()
    assert not answer.accepted
    assert answer.why_not == "order told is on its way, and its confirmation is being sent"


@pytest.mark.asyncio
async def test_cancel_after_the_end(shop: Shop) -> None:
    """A cancel of an order that has ended is refused with its end."""
    await place_order(order("over"), client=shop.client)
    answer = await cancel_order("over", "too late", client=shop.client)
    assert answer.why_not == "order over has ended: completed"


@pytest.mark.asyncio
async def test_cancel_without_worker(shop: Shop) -> None:
    """A cancel that no worker answers is an error, and not an answer."""
    handle = await start_order(order("idle"), client=shop.client, task_queue="nobody")
    with pytest.raises(WorkflowUpdateRPCTimeoutOrCancelledError):
        await cancel_order("idle", "", client=shop.client, timeout=TENTH)
    await handle.terminate()


@pytest.mark.asyncio
async def test_operator_cancels_the_workflow(shop: Shop) -> None:
    """An order whose workflow is cancelled has no result; its status says that it was cancelled."""
    shop.hold("stopped", "payments.charge")
    handle = await start_order(order("stopped"), client=shop.client)
    await shop.reached("stopped", "payments.charge")
    await handle.cancel()
    with pytest.raises(WorkflowFailureError) as failure:
        await place_order(order("stopped"), client=shop.client)
    assert isinstance(failure.value.cause, CancelledError)
    assert await get_order_status("stopped", client=shop.client) is OrderStatus.CANCELLED
    assert await how_it_ended(order_handle("stopped", shop.client)) == "cancelled"
    assert shop.effects("stopped") == ["inventory.reserve", "inventory.release"]


def _status(client: Client) -> Coroutine[Any, Any, Any]:
    return get_order_status("nobody-knows", client=client)


def _cancel(client: Client) -> Coroutine[Any, Any, Any]:
    return cancel_order("nobody-knows", "changed my mind", client=client)


@pytest.mark.asyncio
@pytest.mark.parametrize("ask", [_status, _cancel])
async def test_unknown_order(shop: Shop, ask: Callable[[Client], Coroutine[Any, Any, Any]]) -> None:
    """To ask for an order that does not exist is an error that says so."""
    with pytest.raises(RPCError) as error:
        await ask(shop.client)
    assert error.value.status is RPCStatusCode.NOT_FOUND


FLOAT_PRICE = ORDER_JSON | {"items": [{"sku": "WIDGET", "quantity": 1, "price": 19.99}]}
NO_ORDERS = {
    "a float": (FLOAT_PRICE, "items.0.price: Value error, money is a decimal string"),
    "a missing key": ({"order_id": "x"}, "customer_id: Field required; items: Field required"),
    "a list": ([], "Input should be"),
    "a string": ("o1", "Input should be"),
    "null": (None, "an order is a JSON object, not None"),
}


@pytest.mark.asyncio
@pytest.mark.parametrize(("no_order", "problem"), NO_ORDERS.values(), ids=NO_ORDERS)
async def test_invalid_order_of_another_client(
    shop: Shop, no_order: Any, problem: str, request: pytest.FixtureRequest
) -> None:
    """A client without our models that starts a workflow with no valid order sees it fail."""
    order_id = request.node.callspec.id.replace(" ", "-")
    with pytest.raises(WorkflowFailureError) as failure:
        await shop.client.execute_workflow(
            "OrderSagaWorkflow", no_order, id=workflow_id(order_id), task_queue=TASK_QUEUE
        )
    assert isinstance(failure.value.cause, ApplicationError)
    assert failure.value.cause.type == "InvalidOrder"
    assert problem in failure.value.cause.message
    assert await how_it_ended(order_handle(order_id, shop.client)) == "invalid"


@pytest.mark.asyncio
async def test_id_of_an_invalid_order(shop: Shop) -> None:
    """An id that a workflow has which is no order is taken all the same."""
    await shop.client.start_workflow(
        "OrderSagaWorkflow", {}, id=workflow_id("spoilt"), task_queue=TASK_QUEUE
    )
    with pytest.raises(OrderConflictError):
        await place_order(order("spoilt"), client=shop.client)
