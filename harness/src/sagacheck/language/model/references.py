"""References from one part of a scenario to another: orders, SKUs, operations.

What a file declares is read from its plain data before anything is checked. So a reference can be
checked where it stands, even though something else in the file is wrong. Where a file declares
nothing, references are not checked: that it declares nothing is a problem of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ValidationInfo,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, core_schema

from sagacheck.language.model.problems import nearest, problem
from sagacheck.language.model.vocabulary import Identifier
from sagacheck.services import OperationTable

SkusOf = Callable[[Mapping[str, Any]], Iterable[Any]]
"""The SKUs that an order names, read from its plain data."""


@dataclass(frozen=True)
class Declared:
    """What a scenario declares, and the services that it is about.

    Attributes:
        operations: The services' operations.
        orders: The ids of its orders.
        order_count: How many orders it has.
        stock: The SKUs in stock; ``None`` when it leaves the stock alone.
        ordered: The SKUs that its orders name.
        terminates: Whether one of its events terminates an order.
    """

    operations: OperationTable
    orders: tuple[str, ...]
    order_count: int
    stock: tuple[str, ...] | None
    ordered: tuple[str, ...]
    terminates: bool

    @property
    def skus(self) -> tuple[str, ...]:
        """The SKUs in stock, or those that are ordered where the stock is left alone."""
        return self.ordered if self.stock is None else self.stock

    @classmethod
    def by(cls, data: Mapping[str, Any], operations: OperationTable, skus_of: SkusOf) -> Declared:
        """What `data` declares, whatever else is wrong with it.

        Args:
            data: The content of a file.
            operations: The services' operations.
            skus_of: The SKUs that an order names.
        """
        orders = list(mappings(data.get("orders")))
        given = data.get("given")
        stock = given.get("stock") if isinstance(given, dict) else None
        ordered = (sku for order in orders for sku in skus_of(order))
        return cls(
            operations=operations,
            orders=tuple(_texts(order.get("id") for order in orders)),
            order_count=len(orders),
            stock=tuple(stock) if isinstance(stock, dict) else None,
            ordered=tuple(dict.fromkeys(_texts(ordered))),
            terminates=any("terminate" in event for event in mappings(data.get("events"))),
        )


def declared(info: ValidationInfo) -> Declared:
    """What the file that is being checked declares."""
    assert isinstance(info.context, Declared), "a file is checked together with what it declares"
    return info.context


def mappings(value: Any) -> Iterator[dict[str, Any]]:
    """The mappings in a list; none where `value` is no list."""
    items = value if isinstance(value, list) else []
    return (item for item in items if isinstance(item, dict))


def _texts(values: Iterable[Any]) -> Iterator[str]:
    return (value for value in values if isinstance(value, str))


def _known_order(order: str, info: ValidationInfo) -> str:
    orders = declared(info).orders
    if order in orders or not orders:
        return order
    raise problem("unknown order", f"the orders are {', '.join(orders)}", nearest(order, orders))


def _sku_in_stock(sku: str, info: ValidationInfo) -> str:
    stock = declared(info).stock
    if stock is None or sku in stock:
        return sku
    rule = f"given.stock has {', '.join(stock) or 'nothing'}"
    raise problem("a SKU that is not in stock", rule, nearest(sku, stock))


def _known_sku(sku: str, info: ValidationInfo) -> str:
    known = declared(info).skus
    if sku in known or not known:
        return sku
    raise problem("unknown SKU", f"the SKUs are {', '.join(known)}", nearest(sku, known))


OrderRef = Annotated[str, AfterValidator(_known_order), WithJsonSchema({"type": "string"})]
"""The id of one of the scenario's orders."""
StockedSku = Annotated[Identifier, AfterValidator(_sku_in_stock)]
"""A SKU that can be ordered."""
KnownSku = Annotated[str, AfterValidator(_known_sku), WithJsonSchema({"type": "string"})]
"""A SKU that is in stock or ordered."""


@dataclass(frozen=True)
class FromTable:
    """A text that must be one of the names which the table of the services' operations gives.

    In a JSON Schema `sagacheck.language.schema` puts the names where `group` stands.

    Args:
        noun: What such a name is called.
        group: A key of `NAMES`.
        rule: What the name must be; by default, all the names.
    """

    noun: str
    group: str
    rule: str = ""

    def _known(self, name: str, info: ValidationInfo) -> str:
        names = NAMES[self.group](declared(info).operations)
        if name in names:
            return name
        rule = self.rule or f"it is one of {', '.join(names)}"
        raise problem(f"unknown {self.noun}", rule, nearest(name, names))

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.with_info_after_validator_function(self._known, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {**handler(schema), "enum": self.group}


NAMES: Mapping[str, Callable[[OperationTable], Sequence[str]]] = {
    "operations": lambda table: table.names,
    "undos": lambda table: [each.name for each in table.operations if each.undoes],
    "creates": lambda table: [each.name for each in table.creates],
    "targets": lambda table: [*table.names, *table.services],
}
"""The groups of names that a table of operations gives."""

OperationName = Annotated[str, FromTable("operation", "operations", "an operation is service.verb")]
UndoName = Annotated[str, FromTable("undo operation", "undos")]
CreateName = Annotated[str, FromTable("create operation", "creates")]
Target = Annotated[
    str,
    FromTable(
        "operation",
        "targets",
        "an operation is service.verb; a service means all of its operations",
    ),
]
"""The target of a fault: an operation, or all of a service."""
