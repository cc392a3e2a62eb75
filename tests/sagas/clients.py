"""The saga of one step with each client of HTTP that an activity may use.

An error status is an exception, as each client makes it; a body that is no JSON is one of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import aiohttp
import httpx
import requests
import urllib3
from temporalio import activity

from sagacheck import SagaUnderTest
from scenarios import OrderSagaUnderTest
from tests.sagas.small import RESERVATIONS, Order, Reserves

PATIENCE = 10
"""Seconds for which each client waits for a reply."""


@activity.defn(name="reserve_goods")
async def by_httpx(order: Order) -> str:
    """Reserve, in a coroutine."""
    async with httpx.AsyncClient(timeout=PATIENCE) as http:
        reply = await http.post(RESERVATIONS, json=_body(order))
    return str(reply.raise_for_status().json()["reservation_id"])


@activity.defn(name="reserve_goods")
def by_httpx_in_a_thread(order: Order) -> str:
    """Reserve, in a thread."""
    reply = httpx.post(RESERVATIONS, json=_body(order), timeout=PATIENCE)
    return str(reply.raise_for_status().json()["reservation_id"])


@activity.defn(name="reserve_goods")
async def by_aiohttp(order: Order) -> str:
    """Reserve, in a coroutine."""
    limit = aiohttp.ClientTimeout(total=60, sock_read=PATIENCE)
    async with (
        aiohttp.ClientSession(timeout=limit, raise_for_status=True) as session,
        session.post(RESERVATIONS, json=_body(order)) as reply,
    ):
        return str((await reply.json())["reservation_id"])


@activity.defn(name="reserve_goods")
def by_requests(order: Order) -> str:
    """Reserve, in a thread."""
    return _ask_by_requests(order)


@activity.defn(name="reserve_goods")
async def by_requests_beside_the_loop(order: Order) -> str:
    """Reserve, in a thread that a coroutine starts."""
    return await asyncio.to_thread(_ask_by_requests, order)


@activity.defn(name="reserve_goods")
async def by_requests_in_an_executor(order: Order) -> str:
    """The same in the loop's executor, which by itself knows nothing of the caller's context."""
    return await asyncio.get_running_loop().run_in_executor(None, _ask_by_requests, order)


@activity.defn(name="reserve_goods")
def by_urllib3(order: Order) -> str:
    """Reserve, in a thread."""
    reply = urllib3.request(
        "POST", RESERVATIONS, json=_body(order), timeout=PATIENCE, retries=False
    )
    if reply.status >= 400:
        raise urllib3.exceptions.HTTPError(reply.status)
    return str(reply.json()["reservation_id"])


def _ask_by_requests(order: Order) -> str:
    reply = requests.post(RESERVATIONS, json=_body(order), timeout=(3, PATIENCE))
    reply.raise_for_status()
    return str(reply.json()["reservation_id"])


def _body(order: Order) -> dict[str, Any]:
    return {
        "order_id": order.order_id,
        "items": [{"sku": item.sku, "qty": item.quantity} for item in order.items],
        "idempotency_key": order.order_id,
    }


def saga_of(reserve_goods: Callable[..., Any], **more: Any) -> SagaUnderTest:
    """The saga with one of these activities."""
    return OrderSagaUnderTest(
        workflow=Reserves,
        activities=[reserve_goods],
        completed_means=("inventory.reserve",),
        takes_float_prices=True,
        **more,
    )


ACTIVITIES = [
    by_httpx,
    by_httpx_in_a_thread,
    by_aiohttp,
    by_requests,
    by_requests_beside_the_loop,
    by_requests_in_an_executor,
    by_urllib3,
]
