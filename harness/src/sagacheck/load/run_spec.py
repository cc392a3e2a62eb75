"""What each load generator must know of a run: from the process that began it to all others.

Locust's workers know nothing else: started as ``locust -f load/ --worker`` on another computer,
they have no options of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from sagacheck.load.connection import Connection
from sagacheck.load.users.order_plans import DrawOrder, Planner, Shares


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSpec:
    """The specification of a run.

    Attributes:
        run: The run's name.
        seed: Decides the orders.
        shares: How many orders have something done to them.
        rate: Orders per second of all load generators; ``None`` for the closed model.
        users: Users of all load generators, at the peak.
        connection: The connection to Temporal.
        saga: The saga that ``--saga`` names; ``None`` for that of the workload.
        task_queue: The queue of its workers.
    """

    run: str
    seed: int
    shares: Shares
    rate: float | None
    users: int
    connection: Connection
    saga: str | None
    task_queue: str

    def planner(self, draw_order: DrawOrder) -> Planner:
        """The planner of the run's orders, which `draw_order` draws."""
        return Planner(self.run, self.seed, self.shares, draw_order)

    def as_message(self) -> dict[str, Any]:
        """The specification as plain data, which Locust can send."""
        return asdict(self)

    @classmethod
    def of_message(cls, message: Mapping[str, Any]) -> Self:
        """The specification that was sent as `message`."""
        shares, connection = Shares(**message["shares"]), Connection(**message["connection"])
        return cls(**{**message, "shares": shares, "connection": connection})
