"""A server, a worker, and the services around it: all that a client of the saga needs."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from contextlib import AsyncExitStack
from typing import Self

import httpx
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from fakes import order_network
from orders import create_worker
from sagacheck.engines import embedded_server
from sagacheck.inprocess import AttemptContext, httpx_patch, in_context
from sagacheck.network import Fault, FaultRule, Moment
from sagacheck.world import Attempt
from tests.orders._stories import PLENTY

AN_HOUR = 3600.0


class Shop:
    """An embedded Temporal server with one worker, whose activities talk to fakes.

    Attributes:
        client: A connection to the server.
        network: The way to the services.
        world: What they share.
    """

    client: Client

    def __init__(self) -> None:
        self.network = order_network(PLENTY)
        self.world = self.network.world
        self.network.observers.append(self._observe)
        self._calls: defaultdict[tuple[str, str], asyncio.Event] = defaultdict(asyncio.Event)
        self._stack = AsyncExitStack()

    async def open(self) -> Self:
        """Start everything."""
        address = await self._stack.enter_async_context(embedded_server())
        self.client = await Client.connect(address, data_converter=pydantic_data_converter)
        self._stack.enter_context(httpx_patch())
        http = await self._stack.enter_async_context(httpx.AsyncClient())
        worker = create_worker(self.client, http)
        with in_context(AttemptContext(self.network)):  # the worker and its activities inherit it
            working = asyncio.create_task(worker.run())
        self._stack.push_async_callback(asyncio.wait, [working])
        self._stack.push_async_callback(worker.shutdown)
        return self

    async def close(self) -> None:
        """Stop everything."""
        await self._stack.aclose()

    def hold(self, order_id: str, operation: str) -> None:
        """Keep an order at one of its steps: the service asks for an hour's patience."""
        fault = Fault("reject", status=503, retry_after=AN_HOUR)
        rule = FaultRule(frozenset({operation}), fault, order=order_id)
        self.network.rules.append(rule)

    async def reached(self, order_id: str, operation: str) -> None:
        """Wait until an order has called an operation."""
        async with asyncio.timeout(300):
            await self._calls[order_id, operation].wait()

    def effects(self, order_id: str) -> list[str]:
        """Everything that the services did for an order, in order."""
        return [e.operation for e in self.world.ledger.entries if e.order == order_id]

    async def _observe(self, _: Moment, attempt: Attempt) -> None:
        self._calls[attempt.order, attempt.operation].set()
