"""The worker that runs order sagas."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import httpx
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from orders.activities import OrderActivities
from orders.client import TASK_QUEUE
from orders.workflow import OrderSagaWorkflow

if TYPE_CHECKING:
    from orders.services import Services
    from orders.settings import ServiceSettings

SHUTDOWN_GRACE = timedelta(seconds=20)
"""How long calls in flight may go on when a worker is stopped. Another worker repeats the rest."""


def create_worker(
    client: Client,
    http: httpx.AsyncClient,
    *,
    services: Services | ServiceSettings | None = None,
    task_queue: str = TASK_QUEUE,
    sandbox: bool = True,
) -> Worker:
    """A worker for order sagas; run it with ``async with`` or ``await worker.run()``.

    Args:
        client: A client made by `orders.client.connect`, or one with the pydantic data converter.
        http: The one HTTP client of all its activities. The caller closes it.
        services: Where the services are; from the environment by default.
        task_queue: The queue to poll.
        sandbox: Whether the SDK's sandbox watches the workflow. It costs about a quarter of the
            worker's CPU time; what it forbids, a replay finds too where it makes a difference
            (invariant I15).
    """
    return Worker(
        client,
        graceful_shutdown_timeout=SHUTDOWN_GRACE,
        task_queue=task_queue,
        workflows=[OrderSagaWorkflow],
        activities=OrderActivities(http, services).all(),
        workflow_runner=SandboxedWorkflowRunner() if sandbox else UnsandboxedWorkflowRunner(),
    )
