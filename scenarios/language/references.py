"""What the parts of a scenario say about each other, and the words that refer to it.

What a file declares is read from its plain data before anything is checked. So a reference can be
judged where it stands, even though something else in the file is wrong. Where nothing is declared
there is nothing to judge by: that is a problem of its own, and reported once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, ValidationInfo, WithJsonSchema

from scenarios.language.rules import nearest, refusal
from scenarios.language.vocabulary import Identifier
from scenarios.scenario import DEFAULT_SKU


@dataclass(frozen=True)
class Declared:
    """What a scenario declares.

    Attributes:
        orders: The ids of its orders.
        order_count: How many orders it has.
        stock: The SKUs in stock; ``None`` when it leaves the stock alone.
        ordered: The SKUs that its orders name.
        terminates: Whether it terminates an order.
    """

    orders: tuple[str, ...]
    order_count: int
    stock: tuple[str, ...] | None
    ordered: tuple[str, ...]
    terminates: bool

    @property
    def skus(self) -> tuple[str, ...]:
        """The SKUs that the scenario has to do with."""
        return self.ordered if self.stock is None else self.stock

    @classmethod
    def by(cls, data: Mapping[str, Any]) -> Declared:
        """What `data` declares, whatever else is wrong with it."""
        orders = list(_mappings(data.get("orders")))
        given = data.get("given")
        stock = given.get("stock") if isinstance(given, dict) else None
        items = [item for order in orders for item in _mappings(order.get("items"))]
        by_default = [DEFAULT_SKU for order in orders if "items" not in order]
        return cls(
            orders=tuple(_texts(order.get("id") for order in orders)),
            order_count=len(orders),
            stock=tuple(stock) if isinstance(stock, dict) else None,
            ordered=tuple(dict.fromkeys([*_texts(item.get("sku") for item in items), *by_default])),
            terminates=any("terminate" in event for event in _mappings(data.get("events"))),
        )


def declared(info: ValidationInfo) -> Declared:
    """What the file that is being checked declares."""
    assert isinstance(info.context, Declared), "a file is checked together with what it declares"
    return info.context


def _mappings(value: Any) -> Iterator[dict[str, Any]]:
    items = value if isinstance(value, list) else []
    return (item for item in items if isinstance(item, dict))


def _texts(values: Iterable[Any]) -> Iterator[str]:
    return (value for value in values if isinstance(value, str))


def _known_order(order: str, info: ValidationInfo) -> str:
    orders = declared(info).orders
    if order in orders or not orders:
        return order
    raise refusal("unknown order", f"the orders are {', '.join(orders)}", nearest(order, orders))


def _sku_in_stock(sku: str, info: ValidationInfo) -> str:
    stock = declared(info).stock
    if stock is None or sku in stock:
        return sku
    rule = f"given.stock has {', '.join(stock) or 'nothing'}"
    raise refusal("a SKU that is not in stock", rule, nearest(sku, stock))


def _known_sku(sku: str, info: ValidationInfo) -> str:
    known = declared(info).skus
    if sku in known or not known:
        return sku
    raise refusal("unknown SKU", f"the SKUs are {', '.join(known)}", nearest(sku, known))


OrderRef = Annotated[str, AfterValidator(_known_order), WithJsonSchema({"type": "string"})]
"""The id of one of the scenario's orders."""
StockedSku = Annotated[Identifier, AfterValidator(_sku_in_stock)]
"""A SKU that can be ordered."""
KnownSku = Annotated[str, AfterValidator(_known_sku), WithJsonSchema({"type": "string"})]
"""A SKU that the scenario has to do with."""
