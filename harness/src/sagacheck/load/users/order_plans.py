"""Plans of orders from a seed: what is ordered, and what its customer does to it later.

A plan is a pure function of the seed, the Locust process and a number. So a run can be repeated,
and what a client placed that died can be worked out from the ids of its orders.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from sagacheck.language import AnyOrder, CancelBy

SPAN_SECONDS = 1.0
"""Everything that a customer does to an order happens within this time of placing it."""

DrawOrder = Callable[[str, random.Random], AnyOrder]
"""Draws the order with an id. The generator is seeded for it, so the same seed draws the same."""


@dataclass(frozen=True, slots=True)
class Shares:
    """How many of the orders have something done to them, as fractions of one.

    Attributes:
        cancel: Are cancelled at a random moment.
        resubmit: Are placed a second time.
        query: Are asked for their status.
    """

    cancel: float = 0.0
    resubmit: float = 0.0
    query: float = 0.0


@dataclass(frozen=True, slots=True)
class Cancel:
    """A cancellation.

    Attributes:
        after: Seconds after the order was placed.
        by: The means: signal, update or workflow cancellation.
    """

    after: float
    by: CancelBy


@dataclass(frozen=True, slots=True)
class Plan:
    """An order, and what its customer does to it. Times are seconds after it was placed.

    Attributes:
        order: The order.
        cancel: Its cancellation, if it is cancelled.
        resubmit_after: When it is placed a second time, if it is.
        query_after: When it is asked for its status, if it is.
    """

    order: AnyOrder
    cancel: Cancel | None
    resubmit_after: float | None
    query_after: float | None


@dataclass(frozen=True, slots=True)
class Planner:
    """Makes the plans of a run.

    Attributes:
        run: The run's name, with which the ids of all its orders begin.
        seed: Decides everything but the ids.
        shares: How many orders have something done to them.
        draw_order: Draws the orders.
    """

    run: str
    seed: int
    shares: Shares
    draw_order: DrawOrder

    def order_id(self, process: int, number: int) -> str:
        """The id of the `number`-th order of a process."""
        return f"{self.run}-{process}-{number}"

    def includes(self, order_id: str) -> bool:
        """Whether an order belongs to the run."""
        return order_id.startswith(f"{self.run}-")

    def plan_of(self, order_id: str) -> Plan:
        """The plan of an order of the run, by its id."""
        process, number = order_id.removeprefix(f"{self.run}-").split("-")
        return self.plan(int(process), int(number))

    def plan(self, process: int, number: int) -> Plan:
        """The plan of the `number`-th order of a process."""
        chance = random.Random(f"{self.seed}/{process}/{number}")
        order = self.draw_order(self.order_id(process, number), chance)
        return Plan(
            order=order,
            cancel=_cancel(chance) if chance.random() < self.shares.cancel else None,
            resubmit_after=_moment(chance) if chance.random() < self.shares.resubmit else None,
            query_after=_moment(chance) if chance.random() < self.shares.query else None,
        )


def _moment(chance: random.Random) -> float:
    """A moment in the span. Half of them are in its first eighth, where actions interfere."""
    return SPAN_SECONDS * chance.random() ** 3


def _cancel(chance: random.Random) -> Cancel:
    return Cancel(_moment(chance), chance.choice((CancelBy.SIGNAL, CancelBy.UPDATE)))
