"""A worker for any saga: ``python -m load._worker --saga M:N``. Ours has ``orders worker``.

Its activities call the hosts that they were written for; httpx is told where the services are in
this run. Which of them a request is for is read off its method and path, whatever its host is:
nothing is sent to a real one.
"""

from __future__ import annotations

import asyncio
import inspect
import os
import signal
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import click
import httpx
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from fakes import ORDER_OPERATIONS
from orders.client import connection_config
from sagacheck.engines import add_search_attributes
from sagacheck.network import Routes
from sagacheck.saga import SagaUnderTest, load_saga

SERVICES = ("inventory", "payments", "shipping", "notifications")


@click.command()
@click.option("--saga", required=True)
@click.option("--address")
@click.option("--namespace")
@click.option("--profile")
@click.option("--task-queue", required=True)
def main(saga: str, task_queue: str, **connection: str | None) -> None:
    """Poll until SIGTERM."""
    _send_calls_to_the_services()
    asyncio.run(_work(load_saga(saga), task_queue, connection))
    sys.stdout.flush()
    os._exit(0)  # the SDK's threads may abort an orderly end (temporalio/sdk-python issue 300)


async def _work(saga: SagaUnderTest, task_queue: str, connection: dict[str, str | None]) -> None:
    config = connection_config(**connection)
    client = await Client.connect(**config, data_converter=saga.data_converter)
    await add_search_attributes(client, saga.search_attributes)
    threaded = any(not inspect.iscoroutinefunction(each) for each in saga.activities)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with Worker(
        client,
        task_queue=task_queue,
        workflows=[saga.workflow, *saga.children],
        activities=saga.activities,
        activity_executor=ThreadPoolExecutor(32) if threaded else None,
        max_concurrent_activities=32 if threaded else None,
        interceptors=saga.interceptors,
        workflow_runner=(
            SandboxedWorkflowRunner() if saga.sandboxed else UnsandboxedWorkflowRunner()
        ),
    ):
        click.echo(f"polling {task_queue}")
        await stop.wait()


def direct(request: httpx.Request, urls: Mapping[str, str], limits: Mapping[str, float]) -> None:
    """Send a request where its service is in this run, whatever host it was meant for.

    Args:
        request: Changed in place.
        urls: Where each service is.
        limits: How many seconds a call of each may take.

    Raises:
        fakes.routes.UnknownRouteError: No service has this route; nothing is sent anywhere then.
    """
    service = SERVICES[0]  # any of them, for whoever only reads: all show the same world
    if request.method != "GET":
        service = _ROUTES.match(request.method, request.url.path)[0].name.partition(".")[0]
    url = httpx.URL(urls[service])
    request.url = request.url.copy_with(scheme=url.scheme, host=url.host, port=url.port)
    request.headers["Host"] = url.netloc.decode()
    timeout = dict.fromkeys(("connect", "read", "write", "pool"), limits[service])
    request.extensions["timeout"] = timeout


_ROUTES = Routes(ORDER_OPERATIONS)


def _send_calls_to_the_services() -> None:
    """Have httpx send each request to where ``ORDERS_…_URL`` says that its service is."""
    urls = {each: os.environ[f"ORDERS_{each.upper()}_URL"] for each in SERVICES}
    limits = {each: float(os.environ[f"ORDERS_{each.upper()}_TIMEOUT"]) for each in SERVICES}
    asynchronous, synchronous = httpx.AsyncClient.send, httpx.Client.send

    async def send(self: httpx.AsyncClient, request: httpx.Request, **more: object) -> object:
        direct(request, urls, limits)
        return await asynchronous(self, request, **more)  # type: ignore[arg-type]

    def send_and_wait(self: httpx.Client, request: httpx.Request, **more: object) -> object:
        direct(request, urls, limits)
        return synchronous(self, request, **more)  # type: ignore[arg-type]

    httpx.AsyncClient.send = send  # type: ignore[method-assign, assignment]
    httpx.Client.send = send_and_wait  # type: ignore[method-assign, assignment]


if __name__ == "__main__":
    main()
