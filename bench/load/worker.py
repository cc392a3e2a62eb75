"""A worker for the order saga and, on the same task queue, for the saga's floor: plain steps."""

from __future__ import annotations

import asyncio
import signal

import click
import httpx
from temporalio.worker import UnsandboxedWorkflowRunner, Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from bench.load.steps import Steps, nothing
from orders.activities import OrderActivities
from orders.client import TASK_QUEUE, connect
from orders.workflow import OrderSagaWorkflow
from sagacheck.process_exit import exit_process


@click.command()
@click.option("--address", required=True)
@click.option("--sandbox/--no-sandbox", default=True)
def main(address: str, sandbox: bool) -> None:
    """Poll until SIGTERM."""
    asyncio.run(_work(address, sandbox))
    exit_process()


async def _work(address: str, sandbox: bool) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with (
        httpx.AsyncClient() as http,
        Worker(
            await connect(address=address),
            task_queue=TASK_QUEUE,
            workflows=[OrderSagaWorkflow, Steps],
            activities=[nothing, *OrderActivities(http).all()],
            workflow_runner=SandboxedWorkflowRunner() if sandbox else UnsandboxedWorkflowRunner(),
        ),
    ):
        click.echo("polling")
        await stop.wait()


if __name__ == "__main__":
    main()
