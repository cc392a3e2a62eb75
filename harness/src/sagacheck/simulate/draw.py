"""Draws scenarios at random: the same seed, the same scenario.

Faults are activated on two levels, after FoundationDB's simulation and swarm testing (Groce et al.,
ISSTA 2012): each scenario first draws *which* faults happen at all on which operations, and how
often, then each call draws whether it suffers one. Runs in which everything may always fail look
alike; runs that leave most out reach states that need many calls to go well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from random import Random

from faker import Faker

from sagacheck.explore import plain_orders
from sagacheck.language import (
    DEFAULT_PAYMENT_METHOD,
    ORDERS_OF_GOODS,
    AnyOrder,
    CancelBy,
    Dialect,
    Event,
    EventKind,
    Expectations,
    FaultSpec,
    Order,
    OrderItem,
    Place,
    Scenario,
    When,
)
from sagacheck.network import FAULTS, Argument, Calls, Fault
from sagacheck.services import Operation
from sagacheck.world import Settings

HEALED = 12 * 3600.0
"""Seconds after which all faults end; from then on every order must come to its end."""

_CALLS = 6
"""How many calls of an operation, for each order, may suffer a fault of their own."""
_ARTICLES = ("WIDGET", "GADGET", "GIZMO", "DOODAD")
_TIMES = ((None, None), (None, None), (0.0, None), (3600.0, None), (0.0, 1200.0), (60.0, 1200.0))
"""Seconds after which parcels leave, and after which reservations expire. These expire only where
parcels leave soon: no saga can keep goods for a parcel that is fetched after their reservation."""
_BAD_CARD = "pm_declined"
_STATUSES = (400, 408, 429, 500, 502, 503, 504)
_NOWHERE = Place("", 0, 0)


@dataclass(frozen=True, kw_only=True)
class Drawer:
    """Draws scenarios for a set of services and a workflow.

    Attributes:
        operations: What may be called.
        means: How the workflow can be cancelled.
        orders: How many orders a scenario has.
        dialect: What is ordered. Orders of goods are drawn as well; others are what they are by
            default.
    """

    operations: Sequence[Operation]
    means: Sequence[CancelBy]
    orders: int = 10
    dialect: Dialect = ORDERS_OF_GOODS

    def draw(self, seed: int) -> Scenario:
        """The scenario of this seed."""
        random = Random(seed)  # noqa: S311 - nothing is kept secret
        orders, given = self._ordered(random, seed)
        return Scenario(
            name=f"seed {seed}",
            why="drawn at random",
            tags=("simulated",),
            covers=(),
            given=given,
            orders=orders,
            faults=tuple(self._faults(random, orders)),
            events=tuple(self._events(random, orders)),
            expect=Expectations(),
            file="",
            place=_NOWHERE,
        )

    def _ordered(self, random: Random, seed: int) -> tuple[tuple[AnyOrder, ...], Settings]:
        if self.dialect.orders is not ORDERS_OF_GOODS.orders:
            plain = plain_orders(self.orders, self.dialect)
            return plain.orders, plain.given
        orders = tuple(self._orders(random, seed))
        return orders, _settings(random, orders)

    def _orders(self, random: Random, seed: int) -> Iterator[Order]:
        people = _people()
        people.seed_instance(seed)
        declined = random.choice((0.0, 0.0, 0.3))
        for number in range(1, self.orders + 1):
            yield Order(
                id=f"o{number}",
                items=tuple(_items(random)),
                customer_id=f"customer-{random.randint(1, max(self.orders // 2, 1))}",
                payment_method_id=(
                    _BAD_CARD if random.random() < declined else DEFAULT_PAYMENT_METHOD
                ),
                shipping_address={
                    "street": people.street_address(),
                    "city": people.city(),
                    "state": people.state_abbr(),
                    "zip_code": people.postcode(),
                    "country": "US",
                },
                on_confirmation_failure=None,
                place=_NOWHERE,
            )

    def _faults(self, random: Random, orders: Sequence[AnyOrder]) -> Iterator[FaultSpec]:
        yield from self._outages(random)
        kinds = [kind for kind in FAULTS.values() if kind.argument is not Argument.WINDOW]
        active = {
            (operation, kind): random.choice((0.02, 0.1, 0.5))
            for operation in self.operations
            for kind in kinds
            if kind.fits(operation) and random.random() < 1 / 6
        }
        for order in orders:
            for (operation, kind), rate in active.items():
                for call in range(1, _CALLS + 1):
                    if random.random() < rate:
                        fault = _fault(random, kind.name, operation)
                        yield _spec(operation.name, {operation.name}, fault, call, order.id)

    def _outages(self, random: Random) -> Iterator[FaultSpec]:
        services = dict.fromkeys(operation.service for operation in self.operations)
        for service in services:
            if random.random() < 1 / 8:
                start = round(random.choice((0.0, random.uniform(0, 600))), 1)
                end = round(start + random.choice((10.0, 300.0, 7200.0)), 1)
                names = {op.name for op in self.operations if op.service == service}
                yield _spec(service, names, Fault("outage", start=start, end=end), None, None)

    def _events(self, random: Random, orders: Sequence[AnyOrder]) -> Iterator[Event]:
        rates = {
            kind: random.choice((0.0, 0.1, 0.5))
            for kind in (EventKind.CANCEL, EventKind.SUBMIT, EventKind.QUERY)
        }
        for order in orders:
            for kind, rate in rates.items():
                if random.random() < rate:
                    yield self._event(random, kind, order.id)
        yield Event(EventKind.HEAL, None, When("at", at=HEALED), "", None, _NOWHERE)

    def _event(self, random: Random, kind: EventKind, order: str) -> Event:
        is_cancel = kind is EventKind.CANCEL
        return Event(
            kind=kind,
            order=order,
            when=self._moment(random),
            reason="changed my mind" if is_cancel else "",
            by=random.choice(self.means) if is_cancel else None,
            place=_NOWHERE,
        )

    def _moment(self, random: Random) -> When:
        if random.random() < 1 / 3:
            # From a tenth of a second to a day, each order of magnitude as likely as another.
            return When("at", at=round(10 ** random.uniform(-1, 4.9), 3))
        operation = random.choice(self.operations).name
        return When(random.choice(("before", "after")), operation, random.choice((1, 1, 1, 2, 3)))


def _settings(random: Random, orders: Sequence[Order]) -> Settings:
    wanted: dict[str, int] = {}
    for item in (item for order in orders for item in order.items):
        wanted[item.sku] = wanted.get(item.sku, 0) + item.quantity
    enough = random.choice((0.4, 0.9, 2.0))
    ships_after, expires_after = random.choice(_TIMES)
    return Settings(
        stock={sku: max(round(pieces * enough), 1) for sku, pieces in sorted(wanted.items())},
        cards=_cards(orders),
        ships_after=ships_after,
        reservation_expires_after=expires_after,
        refunds_refused=random.random() < 1 / 20,
    )


def _cards(orders: Sequence[Order]) -> Mapping[str, str]:
    used = {order.payment_method_id for order in orders}
    return {_BAD_CARD: "declined"} if _BAD_CARD in used else {}


def _items(random: Random) -> Iterator[OrderItem]:
    for sku in random.sample(_ARTICLES, random.choice((1, 1, 2, 3))):
        yield OrderItem(sku, random.randint(1, 3), Decimal(random.randint(1, 50_000)) / 100)


def _fault(random: Random, name: str, operation: Operation) -> Fault:
    match FAULTS[name].argument:
        case Argument.STATUS:
            return Fault(name, status=random.choice((500, 502, 503, 504)))
        case Argument.REJECTION:
            own = [each for each in operation.refusals if not each.tells_state]
            if own and random.random() < 1 / 4:
                refusal = random.choice(own)
                return Fault(name, status=refusal.status, code=refusal.code)
            statuses = set(_STATUSES) - {refusal.status for refusal in operation.refusals}
            return Fault(name, status=random.choice(sorted(statuses)))
        case Argument.DURATION:
            return Fault(name, delay=random.choice((0.5, 5.0, 30.0, 90.0, 600.0, 7200.0)))
        case Argument.COUNT:
            return Fault(name, copies=random.choice((2, 3)))
        case _:
            return Fault(name)


def _spec(
    on: str, operations: set[str], fault: Fault, call: int | None, order: str | None
) -> FaultSpec:
    calls = Calls() if call is None else Calls(frozenset({call}))
    return FaultSpec(on, frozenset(operations), fault, calls, order, _NOWHERE)


@cache
def _people() -> Faker:
    """Made once: it reads the words of its language."""
    return Faker("en_US")
