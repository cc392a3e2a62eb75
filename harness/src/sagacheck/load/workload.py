"""What a team puts under load: its saga, its orders, and the programs that it runs on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sagacheck.load.users.order_client import OrderClient
from sagacheck.load.users.order_plans import DrawOrder


@dataclass(frozen=True, slots=True)
class WorkerProgram:
    """A team's own worker, which runs its saga as it is deployed.

    Attributes:
        command: The command that starts it. ``--address``, ``--namespace``, ``--profile`` and
            ``--task-queue`` are added. It prints "polling" when it has started.
        environment: Variables by which it finds the services: given their base URL, and the
            seconds that a call may take.
    """

    command: Sequence[str]
    environment: Callable[[str, float], Mapping[str, str]]


@dataclass(frozen=True, kw_only=True)
class Workload:
    """What a team puts under load.

    Attributes:
        draw_order: Draws an order with an id, from a random generator that is seeded for it.
        services: The command that serves the saga's services over HTTP, such as one made by
            `sagacheck.http.serve_command`. ``--port`` and ``--journal`` are added.
        saga: The saga under test as ``module:NAME``; by default the one that pyproject.toml names.
        order_client: What customers do to orders.
        idempotency_key: The key of an order's requests to the services, with ``{order_id}`` in it.
            By default the id of the order's workflow, or the order's id alone.
        worker: The team's worker; ``python -m sagacheck.load.worker`` by default.
        task_queue: The workers' task queue where ``--task-queue`` names no other.
    """

    draw_order: DrawOrder
    services: Sequence[str]
    saga: str | None = None
    order_client: type[OrderClient] = OrderClient
    idempotency_key: str | None = None
    worker: WorkerProgram | None = None
    task_queue: str = "orders"
