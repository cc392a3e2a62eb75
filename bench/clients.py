"""Measures how many calls each client of HTTP makes in process: ``python -m bench.clients``.

Each sends a request with a body to a world without faults, one after another, and reads the reply.
Clients in threads pass each call to the loop and back.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import aiohttp
import click
import httpx
import requests
import urllib3
from rich.console import Console
from rich.table import Table

from fakes import order_network
from sagacheck.inprocess import AttemptContext, FakesClient, client_patches, in_context
from sagacheck.world import Settings

URL = "http://notifications.internal/emails"
BODY = {"order_id": "o1", "customer_id": "c1"}

Ask = Callable[[], Any]


@asynccontextmanager
async def by_fakes_client() -> AsyncIterator[Ask]:
    """The client of the harness."""
    async with FakesClient() as client:
        yield lambda: client.post(URL, json=BODY)


@asynccontextmanager
async def by_httpx() -> AsyncIterator[Ask]:
    """An asynchronous client of httpx."""
    async with httpx.AsyncClient() as client:
        yield lambda: client.post(URL, json=BODY)


@asynccontextmanager
async def by_aiohttp() -> AsyncIterator[Ask]:
    """A session of aiohttp."""
    async with aiohttp.ClientSession() as session:

        async def ask() -> None:
            async with session.post(URL, json=BODY) as reply:
                await reply.read()

        yield ask


@contextmanager
def by_httpx_in_a_thread() -> Iterator[Ask]:
    """A synchronous client of httpx."""
    with httpx.Client() as client:
        yield lambda: client.post(URL, json=BODY)


@contextmanager
def by_requests_in_a_thread() -> Iterator[Ask]:
    """A session of requests."""
    with requests.Session() as session:
        yield lambda: session.post(URL, json=BODY, timeout=5)


@contextmanager
def by_urllib3_in_a_thread() -> Iterator[Ask]:
    """A pool of urllib3."""
    with urllib3.PoolManager() as pool:
        yield lambda: pool.request("POST", URL, json=BODY, timeout=5)


async def calls_a_second(client: Callable[[], Any], calls: int) -> float:
    """How many calls a client makes in a second of CPU, which a busy machine does not change."""
    context = AttemptContext(order_network(Settings()), order="o1", loop=asyncio.get_running_loop())
    with client_patches(), in_context(context):
        opened = client()
        if hasattr(opened, "__aenter__"):
            async with opened as ask:
                return await _measured(ask, calls)

        def in_a_thread() -> float:
            with opened as ask:
                began = time.process_time()
                for _ in range(calls):
                    ask()
                return calls / (time.process_time() - began)

        return await asyncio.to_thread(in_a_thread)


async def _measured(ask: Callable[[], Awaitable[Any]], calls: int) -> float:
    began = time.process_time()
    for _ in range(calls):
        await ask()
    return calls / (time.process_time() - began)


CLIENTS = [
    by_fakes_client,
    by_httpx,
    by_aiohttp,
    by_httpx_in_a_thread,
    by_requests_in_a_thread,
    by_urllib3_in_a_thread,
]


@click.command
@click.option("--calls", default=2000, show_default=True, help="Calls of each client.")
def main(calls: int) -> None:
    """Print the calls of each client in a second of CPU."""
    table = Table("client", "calls per CPU second")
    table.columns[1].justify = "right"
    for client in CLIENTS:
        asyncio.run(calls_a_second(client, calls // 10))  # imports, and a TLS context
        name = client.__name__.removeprefix("by_").replace("_", " ")
        table.add_row(name, f"{asyncio.run(calls_a_second(client, calls)):,.0f}")
    Console().print(table)


if __name__ == "__main__":
    main()
