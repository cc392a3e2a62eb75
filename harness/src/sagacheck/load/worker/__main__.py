"""``python -m sagacheck.load.worker``: a worker for any saga, with the services of a run."""

from __future__ import annotations

import asyncio
import signal
from contextlib import AsyncExitStack

import click

from sagacheck.engines import add_search_attributes, saga_worker
from sagacheck.inprocess import client_patches
from sagacheck.load.connection import Connection
from sagacheck.load.worker.attempts import AttemptsInterceptor
from sagacheck.load.worker.served_network import ServedNetwork
from sagacheck.process_exit import exit_process
from sagacheck.saga import SagaUnderTest, load_saga


@click.command()
@click.option("--saga", metavar="M:N", help="The saga. [default: named in pyproject.toml]")
@click.option("--task-queue", required=True, metavar="NAME", help="The queue to poll.")
@click.option("--services-url", required=True, metavar="URL", help="Base URL of the services.")
@click.option(
    "--call-timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=2.0,
    show_default=True,
    metavar="S",
    help="Seconds that a call to a service may take.",
)
@click.option("--address", metavar="HOST:PORT", help="Temporal; else TEMPORAL_ADDRESS.")
@click.option("--namespace", metavar="NAME", help="Namespace; else TEMPORAL_NAMESPACE.")
@click.option("--profile", metavar="NAME", help="Profile of Temporal's configuration file.")
def main(
    *,
    saga: str | None,
    task_queue: str,
    services_url: str,
    call_timeout: float,
    **connection: str | None,
) -> None:
    """Run a saga's workflows and activities until SIGTERM.

    The activities may call any host: each request goes to the service that has its method and path.
    A request that no service has is an error, and is sent nowhere. What an activity is declared to
    do by itself is recorded at its service.
    """
    loaded = load_saga(saga)
    if loaded.reset is not None:
        loaded.reset()
    network = ServedNetwork(loaded.all_services, services_url, call_timeout)
    with client_patches([*loaded.allow_hosts, network.address]):
        asyncio.run(_work(loaded, network, task_queue, Connection(**connection)))
    exit_process()


async def _work(
    saga: SagaUnderTest, network: ServedNetwork, task_queue: str, connection: Connection
) -> None:
    client = await connection.connect(saga)
    await add_search_attributes(client, saga.search_attributes)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with AsyncExitStack() as stack:
        for queue in (task_queue, *saga.task_queues):
            interceptors = [AttemptsInterceptor(saga, network)]
            worker = saga_worker(client, saga, queue, interceptors=interceptors)
            await stack.enter_async_context(worker)
        click.echo(f"polling {task_queue}")
        await stop.wait()


if __name__ == "__main__":
    main()
