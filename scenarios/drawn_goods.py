"""Orders of goods at random: the same seed, the same orders."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cache
from random import Random

from faker import Faker

from sagacheck.language import Place
from sagacheck.world import Settings
from scenarios.goods import DEFAULT_PAYMENT_METHOD, Order, OrderItem

_ARTICLES = ("WIDGET", "GADGET", "GIZMO", "DOODAD")
_TIMES = ((None, None), (None, None), (0.0, None), (3600.0, None), (0.0, 1200.0), (60.0, 1200.0))
"""Seconds after which parcels leave, and after which reservations expire. These expire only where
parcels leave soon: no saga can keep goods for a parcel that is fetched after their reservation."""
_BAD_CARD = "pm_declined"
_NOWHERE = Place("", 0, 0)


def orders_of(random: Random, seed: int, count: int) -> Iterator[Order]:
    """`count` orders of invented people; some of their cards are declined."""
    people = _people()
    people.seed_instance(seed)
    declined = random.choice((0.0, 0.0, 0.3))
    for number in range(1, count + 1):
        yield Order(
            id=f"o{number}",
            items=tuple(_items(random)),
            customer_id=f"customer-{random.randint(1, max(count // 2, 1))}",
            payment_method_id=(_BAD_CARD if random.random() < declined else DEFAULT_PAYMENT_METHOD),
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


def settings_for(random: Random, orders: Sequence[Order]) -> Settings:
    """A world with more or less than what is ordered in stock."""
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


@cache
def _people() -> Faker:
    """Made once: Faker reads the names and addresses of its language."""
    return Faker("en_US")
