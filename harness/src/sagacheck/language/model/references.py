"""References from one part of a scenario to another: orders, SKUs, operations.

What a file declares is read from its plain data before anything is checked. So a reference can be
checked where it stands, even though something else in the file is wrong. Where a file declares
nothing, references are not checked: that it declares nothing is a problem of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any

import msgspec
from pydantic import (
    AfterValidator,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ValidationInfo,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, core_schema

from sagacheck.language.model.problems import hint, listed, problem
from sagacheck.language.model.vocabulary import Identifier
from sagacheck.language.model.written import Written
from sagacheck.services import OperationTable

SkusOf = Callable[[Mapping[str, Any]], Iterable[Any]]
"""The SKUs that an order names, read from its plain data."""


class Messages(msgspec.Struct, frozen=True):
    """The names of the messages that a workflow handles; ``None`` where it handles any.

    Attributes:
        signals: Of signals.
        updates: Of updates.
    """

    signals: tuple[str, ...] | None = None
    updates: tuple[str, ...] | None = None


class Declared(msgspec.Struct, frozen=True):
    """What a scenario declares, and the saga and the services that it is about.

    Attributes:
        operations: The services' operations.
        messages: What the saga's workflow handles.
        order_model: How an order is written.
        written_orders: The orders as they are written, by their ids; those that events place under
            ids of their own are among them.
        order_count: How many orders it has.
        stock: The SKUs in stock; ``None`` when it leaves the stock alone.
        ordered: The SKUs that its orders name.
        terminates: Whether one of its events terminates an order.
    """

    operations: OperationTable
    messages: Messages
    order_model: type[Written]
    written_orders: Mapping[str, Mapping[str, Any]]
    order_count: int
    stock: tuple[str, ...] | None
    ordered: tuple[str, ...]
    terminates: bool

    @property
    def orders(self) -> tuple[str, ...]:
        """The ids of its orders."""
        return tuple(self.written_orders)

    @property
    def skus(self) -> tuple[str, ...]:
        """The SKUs in stock, or those that are ordered where the stock is left alone."""
        return self.ordered if self.stock is None else self.stock

    @classmethod
    def by(
        cls,
        data: Mapping[str, Any],
        operations: OperationTable,
        messages: Messages,
        order_model: type[Written],
        skus_of: SkusOf,
    ) -> Declared:
        """What `data` declares, whatever else is wrong with it.

        Args:
            data: The content of a file.
            operations: The services' operations.
            messages: What the saga's workflow handles.
            order_model: How an order is written.
            skus_of: The SKUs that an order names.
        """
        orders = [*mappings(data.get("orders")), *_placed_later(data)]
        given = data.get("given")
        stock = given.get("stock") if isinstance(given, dict) else None
        ordered = (sku for order in orders for sku in skus_of(order))
        return cls(
            operations=operations,
            messages=messages,
            order_model=order_model,
            written_orders=_by_id(orders),
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


def _by_id(orders: Iterable[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    by_id: dict[str, dict[str, Any]] = {}
    for order in orders:
        if isinstance(order.get("id"), str):
            by_id.setdefault(order["id"], order)
    return by_id


def _placed_later(data: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The orders that events place under ids of their own, as if they were written out."""
    known = _by_id(mappings(data.get("orders")))
    for event in mappings(data.get("events")):
        submit, new_id = event.get("submit"), event.get("as")
        if isinstance(new_id, str) and isinstance(submit, str):
            later = changed(known.get(submit, {}), event)
            known.setdefault(new_id, later)
            yield later


def changed(order: Mapping[str, Any], event: Mapping[str, Any]) -> dict[str, Any]:
    """What an event places instead of an order, both as they are written."""
    changes, new_id = event.get("changes"), event.get("as")
    other = changes if isinstance(changes, dict) else {}
    return {**order, **other, **({"id": new_id} if isinstance(new_id, str) else {})}


def _texts(values: Iterable[Any]) -> Iterator[str]:
    return (value for value in values if isinstance(value, str))


def _known_order(order: str, info: ValidationInfo) -> str:
    orders = declared(info).orders
    if order in orders or not orders:
        return order
    raise problem("unknown order", f"the orders are {listed(orders)}", hint(order, orders))


def _sku_in_stock(sku: str, info: ValidationInfo) -> str:
    stock = declared(info).stock
    if stock is None or sku in stock:
        return sku
    rule = f"given.stock has {listed(stock, 'nothing')}"
    raise problem("a SKU that is not in stock", rule, hint(sku, stock))


def _known_sku(sku: str, info: ValidationInfo) -> str:
    known = declared(info).skus
    if sku in known or not known:
        return sku
    raise problem("unknown SKU", f"the SKUs are {listed(known)}", hint(sku, known))


OrderRef = Annotated[str, AfterValidator(_known_order), WithJsonSchema({"type": "string"})]
"""The id of one of the scenario's orders."""
StockedSku = Annotated[Identifier, AfterValidator(_sku_in_stock)]
"""A SKU that can be ordered."""
KnownSku = Annotated[str, AfterValidator(_known_sku), WithJsonSchema({"type": "string"})]
"""A SKU that is in stock or ordered."""


class FromTable(msgspec.Struct, frozen=True):
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
        raise problem(f"unknown {self.noun}", rule, hint(name, names))

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.with_info_after_validator_function(self._known, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {**handler(schema), "enum": self.group}


class MessageName(msgspec.Struct, frozen=True):
    """A text that must be the name of a message that the saga's workflow handles.

    Args:
        noun: What such a message is called.
        group: A field of `Messages`.
    """

    noun: str
    group: str

    def _known(self, name: str, info: ValidationInfo) -> str:
        names = getattr(declared(info).messages, self.group)
        if names is None or name in names:
            return name
        rule = f"the workflow handles {', '.join(names) or f'no {self.noun}'}"
        raise problem(f"unknown {self.noun}", rule, hint(name, names))

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
