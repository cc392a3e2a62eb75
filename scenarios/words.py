"""How scenarios write an order of goods."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from random import Random
from typing import Annotated, Any, ClassVar, Self

from pydantic import Field, ValidationInfo, model_validator

from sagacheck.language import (
    Among,
    AnyOrder,
    Filled,
    OrderWords,
    Place,
    PositiveNumber,
    Price,
    StockedSku,
    Written,
    declared,
    mappings,
    problem,
)
from sagacheck.world import Settings
from scenarios.goods import (
    DEFAULT_ADDRESS,
    DEFAULT_CUSTOMER,
    DEFAULT_ITEM,
    DEFAULT_PAYMENT_METHOD,
    DEFAULT_SKU,
    Order,
    OrderItem,
)

_PIECES = 2
_PLENTY = 10


class ItemEntry(Written):
    """Some pieces of one article."""

    sku: StockedSku = Field(description="The article.", examples=["WIDGET"])
    quantity: PositiveNumber = Field(description="The number of pieces.", examples=[2])
    price: Price = Field(description="The price of one piece, in quotes.", examples=["19.99"])


def _part(name: str, what: str) -> str:
    return f'{what}; by default "{DEFAULT_ADDRESS[name]}".'


class AddressEntry(Written):
    """The parts of an address that matter to the scenario; the others have defaults."""

    street: str | None = Field(
        None, description=_part("street", "Street and number"), examples=["1 Main Street"]
    )
    city: str | None = Field(None, description=_part("city", "The city"), examples=["Springfield"])
    state: str | None = Field(
        None, description=_part("state", "State or province"), examples=["IL"]
    )
    zip_code: str | None = Field(
        None, description=_part("zip_code", "The postal code"), examples=["62701"]
    )
    country: str | None = Field(None, description=_part("country", "The country"), examples=["US"])


Items = Annotated[tuple[ItemEntry, ...], Filled("an order has at least one item")]


Choice = Annotated[str, Among("choice", ("undo", "complete"))]


class OrderEntry(OrderWords):
    """An order that a customer places."""

    items: Items | None = Field(
        None,
        description=f'The lines of the order; by default one {DEFAULT_SKU} at "10.00".',
        examples=[[{"sku": DEFAULT_SKU, "quantity": 2, "price": "19.99"}]],
    )
    customer_id: str = Field(DEFAULT_CUSTOMER, description="The customer.", examples=["customer-2"])
    payment_method_id: str = Field(
        DEFAULT_PAYMENT_METHOD,
        description="The card that pays; see given.cards.",
        examples=["pm_declined"],
    )
    shipping_address: AddressEntry = Field(
        default_factory=AddressEntry,
        description="The address of the parcel.",
        examples=[{"zip_code": ""}],
    )
    on_confirmation_failure: Choice | None = Field(
        None,
        description="Whether a refused confirmation undoes the order or lets it complete.",
        examples=["complete"],
    )

    skeleton: ClassVar = {
        "stock": "{WIDGET: 5}",
        "orders": """\
# The orders. Only the id is required: by default an order is for one WIDGET at "10.00".
orders:
  - id: o1
    items: [{sku: WIDGET, quantity: 2, price: "19.99"}]""",
        "step": "the charge",
        "operation": "payments.charge",
        "effects": "{payments.charge: 1, shipping.create: 1}",
    }

    @classmethod
    def skus_in(cls, data: Mapping[str, Any]) -> Iterator[Any]:
        """The SKUs of its items."""
        if "items" not in data:
            yield DEFAULT_SKU
        yield from (item.get("sku") for item in mappings(data.get("items")))

    @classmethod
    def words_for(cls, order: AnyOrder) -> dict[str, Any]:
        """The keys of a file for an order of goods."""
        assert isinstance(order, Order), "it was made by `placed`"
        address = {
            part: order.shipping_address[part]
            for part, default in DEFAULT_ADDRESS.items()
            if order.shipping_address[part] != default
        }
        return {
            "id": order.id,
            "items": None if order.items == (DEFAULT_ITEM,) else [*map(_words_of, order.items)],
            "customer_id": order.customer_id,
            "payment_method_id": order.payment_method_id,
            "shipping_address": address or None,
            "on_confirmation_failure": order.on_confirmation_failure,
        }

    @classmethod
    def plain(cls, count: int) -> dict[str, Any]:
        """`count` orders for the same article; of several, one does not get what it wants.

        A single order finds more than it needs, so that goods can be reserved twice.
        """
        stock = _PLENTY if count == 1 else _PIECES * count - 1
        item = {"sku": DEFAULT_SKU, "quantity": _PIECES, "price": "19.99"}
        return {
            "scenario": "an order" if count == 1 else f"{count} orders for goods that are scarce",
            "given": {"stock": {DEFAULT_SKU: stock}},
            "orders": [{"id": f"o{number}", "items": [item]} for number in range(1, count + 1)],
        }

    @classmethod
    def drawn(cls, random: Random, seed: int, count: int) -> tuple[list[AnyOrder], Settings]:
        """`count` orders at random, and a world that may be short of what they want."""
        from scenarios.drawn_goods import orders_of, settings_for  # noqa: PLC0415 - Faker is slow

        orders = list(orders_of(random, seed, count))
        return list(orders), settings_for(random, orders)

    @classmethod
    def simpler(cls, order: AnyOrder) -> Iterator[Mapping[str, Any]]:
        """Each part as it is when a file says nothing about it, and each item alone."""
        assert isinstance(order, Order), "it was made by `placed`"
        yield {"shipping_address": dict(DEFAULT_ADDRESS)}
        yield {"customer_id": DEFAULT_CUSTOMER}
        yield {"payment_method_id": DEFAULT_PAYMENT_METHOD}
        yield {"items": (DEFAULT_ITEM,)}
        for item in order.items:
            yield {"items": (item,)}
            yield {"items": (replace(item, quantity=1, price=DEFAULT_ITEM.price),)}

    def placed(self, place: Place) -> Order:
        """The order that the entry describes, with defaults filled in."""
        return Order(
            id=self.id,
            items=tuple(map(_item, self.items)) if self.items else (DEFAULT_ITEM,),
            customer_id=self.customer_id,
            payment_method_id=self.payment_method_id,
            shipping_address={
                **DEFAULT_ADDRESS,
                **self.shipping_address.model_dump(exclude_unset=True),
            },
            on_confirmation_failure=self.on_confirmation_failure,
            place=place,
        )

    @model_validator(mode="after")
    def _default_is_in_stock(self, info: ValidationInfo) -> Self:
        stock = declared(info).stock
        if self.items is None and stock is not None and DEFAULT_SKU not in stock:
            rule = f"the default, one {DEFAULT_SKU}, is not in given.stock"
            raise problem("missing key", rule, value="'items'")
        return self


def _item(entry: ItemEntry) -> OrderItem:
    return OrderItem(entry.sku, entry.quantity, entry.price)


def _words_of(item: OrderItem) -> dict[str, Any]:
    return {"sku": item.sku, "quantity": item.quantity, "price": f"{item.price:f}"}
