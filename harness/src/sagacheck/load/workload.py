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
        saga: The saga under test as ``module:NAME``; by default the one that pyproject.toml names.
        draw_order: Draws an order with an id, from a random generator that is seeded for it. By
            default the saga's own words draw it.
        services: The command that serves the saga's services over HTTP, such as one made by
            `sagacheck.http.serve_command`; by default ``sagacheck serve``. ``--port`` and
            ``--journal`` are added.
        settings: Options of ``sagacheck serve``, such as ``("--stock", "SEAT=100")``; of a piece of
            stock that it does not name there is plenty.
        order_client: What customers do to orders.
        idempotency_key: The key of an order's requests to the services, with ``{order_id}`` in it.
            By default the id of the order's workflow, or the order's id alone.
        worker: The team's worker; ``python -m sagacheck.load.worker`` by default.
        workflow_may_fail: Whether a failed workflow is how the saga says that an order failed.
        task_queue: The workers' task queue where ``--task-queue`` names no other.
    """

    saga: str | None = None
    draw_order: DrawOrder | None = None
    services: Sequence[str] | None = None
    settings: Sequence[str] = ()
    order_client: type[OrderClient] = OrderClient
    idempotency_key: str | None = None
    worker: WorkerProgram | None = None
    workflow_may_fail: bool = True
    task_queue: str = "load"
