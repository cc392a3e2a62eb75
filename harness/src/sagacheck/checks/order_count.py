"""How many orders a run has placed, and how many of them completed."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from sagacheck.checks.outcome import OrderOutcome, OrderStatus
from sagacheck.plural import count


class OrderCount(msgspec.Struct, frozen=True):
    """How many orders there were. A run in which none completes shows nothing.

    Attributes:
        placed: How many were placed.
        completed: How many of them completed.
    """

    placed: int = 0
    completed: int = 0

    @classmethod
    def of(cls, outcomes: Iterable[OrderOutcome]) -> OrderCount:
        """The count of orders that ended so."""
        statuses = [outcome.status for outcome in outcomes]
        return cls(len(statuses), statuses.count(OrderStatus.COMPLETED))

    def __add__(self, other: OrderCount) -> OrderCount:
        return OrderCount(self.placed + other.placed, self.completed + other.completed)

    def __str__(self) -> str:
        return f"{self.completed:,} of {count(self.placed, 'order')} completed"

    def as_json(self) -> dict[str, int]:
        """The count as ``--json`` writes it."""
        return {"orders_placed": self.placed, "orders_completed": self.completed}


NO_ORDERS = OrderCount()
