"""What each process that runs users must know of a run: from the one that began it to all others.

Locust's workers know nothing else: started as ``locust -f load/ --worker`` elsewhere, they have no
options of their own, as users of Locust are used to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from sagacheck.load.order_plans import Planner, Shares
from sagacheck.load.stack import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Commission:
    """What is to be done.

    Attributes:
        run: The run's name.
        seed: Decides the orders.
        shares: How many orders have something done to them.
        rate: Orders a second of all processes together; ``None`` for the closed model.
        users: Users of all processes together, at the peak.
        place: Where Temporal is.
        saga: The saga under load; ``None`` for ours.
        task_queue: The queue of its workers.
    """

    run: str
    seed: int
    shares: Shares
    rate: float | None
    users: int
    place: Place
    saga: str | None
    task_queue: str

    @property
    def planner(self) -> Planner:
        """Makes the run's plans."""
        return Planner(self.run, self.seed, self.shares)

    def as_message(self) -> dict[str, Any]:
        """The commission as plain data, which Locust can send."""
        return asdict(self)

    @classmethod
    def of_message(cls, message: Mapping[str, Any]) -> Self:
        """The commission as it was sent."""
        shares, place = Shares(**message["shares"]), Place(**message["place"])
        return cls(**{**message, "shares": shares, "place": place})
