"""Orders from a seed: what is ordered, and what its customer will do to it later.

A plan is a pure function of the seed, the Locust process and a number. So a run can be repeated,
and what a process that died has placed can be worked out from the orders' ids alone.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from faker import Faker

from sagacheck.language import CancelBy, Place
from scenarios.goods import Order, OrderItem

NOWHERE = Place("load", 0, 0)
DECLINED_CARD = "pm_declined"
"""The fakes decline it; one order in fifty is paid with it."""
SCARCE = "LAST-PIECES"
"""An article of which there are few: at some moment it is sold out."""
ARTICLES = ("WIDGET", "GADGET", "GIZMO", "SPROCKET", "DOODAD", "THINGAMAJIG", SCARCE)
SPAN_SECONDS = 1.0
"""Whatever a customer does to an order, he does within this time of placing it."""


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
    """When after its placing an order is cancelled, in seconds, and how."""

    after: float
    by: CancelBy


@dataclass(frozen=True, slots=True)
class Plan:
    """An order, and what will be done to it. Times are seconds after it was placed."""

    order: Order
    cancel: Cancel | None
    resubmit_after: float | None
    query_after: float | None


@dataclass(frozen=True, slots=True)
class Planner:
    """Makes the plans of a run.

    Attributes:
        run: The run's name, with which all its orders' ids begin.
        seed: Decides everything but the ids.
        shares: How many orders have something done to them.
    """

    run: str
    seed: int
    shares: Shares

    def order_id(self, process: int, number: int) -> str:
        """The id of an order."""
        return f"{self.run}-{process}-{number}"

    def is_ours(self, order_id: str) -> bool:
        """Whether an order belongs to the run."""
        return order_id.startswith(f"{self.run}-")

    def plan_of(self, order_id: str) -> Plan:
        """The plan of an order of the run, by its id."""
        process, number = order_id.removeprefix(f"{self.run}-").split("-")
        return self.plan(int(process), int(number))

    def plan(self, process: int, number: int) -> Plan:
        """The plan of the `number`-th order of a process."""
        chance = random.Random(f"{self.seed}/{process}/{number}")
        order = _order(self.order_id(process, number), chance)
        return Plan(
            order=order,
            cancel=_cancel(chance) if chance.random() < self.shares.cancel else None,
            resubmit_after=_moment(chance) if chance.random() < self.shares.resubmit else None,
            query_after=_moment(chance) if chance.random() < self.shares.query else None,
        )


def _moment(chance: random.Random) -> float:
    """Most things are done early, when they interfere: half of them in the first eighth."""
    return SPAN_SECONDS * chance.random() ** 3


def _cancel(chance: random.Random) -> Cancel:
    return Cancel(_moment(chance), chance.choice((CancelBy.SIGNAL, CancelBy.UPDATE)))


def _order(order_id: str, chance: random.Random) -> Order:
    faker = _faker()
    faker.seed_instance(chance.getrandbits(64))
    articles = chance.sample(ARTICLES, k=chance.randint(1, 3))
    return Order(
        id=order_id,
        items=tuple(OrderItem(sku, chance.randint(1, 4), _price(chance)) for sku in articles),
        customer_id=f"{faker.user_name()}@example.com",
        payment_method_id=DECLINED_CARD if chance.random() < 0.02 else f"pm_{faker.pystr(8, 8)}",
        shipping_address={
            "street": faker.street_address(),
            "city": faker.city(),
            "state": faker.state_abbr(),
            "zip_code": faker.postcode(),
            "country": "US",
        },
        on_confirmation_failure=None,
        place=NOWHERE,
    )


def _price(chance: random.Random) -> Decimal:
    return Decimal(chance.randint(99, 19_999)) / 100


@cache
def _faker() -> Faker:
    return Faker("en_US")
