"""What a file may say about what is ordered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from sagacheck.language.model.expect import Expect
from sagacheck.language.model.references import StockedSku, declared, mappings
from sagacheck.language.model.rules import Among, Filled, Written, refusal
from sagacheck.language.model.vocabulary import Identifier, PositiveNumber, Price
from sagacheck.language.scenario import (
    DEFAULT_ADDRESS,
    DEFAULT_CUSTOMER,
    DEFAULT_ITEM,
    DEFAULT_PAYMENT_METHOD,
    DEFAULT_SKU,
    AnyOrder,
    Order,
    OrderItem,
    Place,
)


class OrderWords(Written):
    """Something that is placed with a saga, as a scenario writes it.

    A saga that takes no order of goods has a class of its own, made from this one: its keys are
    what stands below ``orders`` in a scenario. Each has a default, a description and an example, so
    that `id` alone is an order, and editors know the rest.
    """

    id: Identifier = Field(description="Its id, for the rest of the file.", examples=["o1"])

    def as_input(self) -> dict[str, Any]:
        """What goes into the saga, as JSON; all keys by default."""
        return self.model_dump(mode="json")

    def lines(self) -> Mapping[str, int]:
        """The pieces of stock that it is for, by SKU; nothing by default."""
        return {}

    def price(self) -> Decimal:
        """What the customer owes; nothing by default."""
        return Decimal(0)

    @classmethod
    def skus_in(cls, data: Mapping[str, Any]) -> Iterator[Any]:  # noqa: ARG003 - for its overrides
        """The SKUs that an order names, read from its plain data before anything is checked."""
        return iter(())

    @classmethod
    def words_for(cls, order: AnyOrder) -> dict[str, Any]:
        """The way back: what a file says for an order; ``None`` where it need not say anything."""
        assert isinstance(order, WrittenOrder), "it was made by `placed`"
        return order.entry.model_dump(mode="json", exclude_defaults=True)

    def placed(self, place: Place) -> AnyOrder:
        """The order that is meant; `place` is where it stands."""
        return WrittenOrder(id=self.id, place=place, entry=self)

    @field_validator("id")
    @classmethod
    def _is_not_reserved(cls, order: str) -> str:
        if order in Expect.model_fields:
            rule = "below expect this word has a meaning of its own"
            raise refusal("a reserved word as the id of an order", rule)
        return order


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenOrder(AnyOrder):
    """An order that is what its file says.

    Attributes:
        entry: What its file says.
    """

    entry: OrderWords

    @property
    def total(self) -> Decimal:
        """What the customer owes."""
        return self.entry.price()

    @property
    def lines(self) -> Mapping[str, int]:
        """The pieces of stock that it is for, by SKU."""
        return self.entry.lines()

    @property
    def summary(self) -> str:
        """The pieces of stock, and the price if there is one."""
        pieces = ", ".join(f"{quantity} {sku}" for sku, quantity in self.lines.items())
        return " for ".join(filter(None, [pieces, f"{self.total:.2f}" if self.total else ""]))

    def as_json(self, *, float_prices: bool = False) -> dict[str, Any]:
        """The order as it goes into its saga, which says itself how prices look."""
        return self.entry.as_input()


class ItemEntry(Written):
    """Some pieces of one article."""

    sku: StockedSku = Field(description="The article.", examples=["WIDGET"])
    quantity: PositiveNumber = Field(description="How many pieces.", examples=[2])
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
        description=f'What is ordered; by default one {DEFAULT_SKU} at "10.00".',
        examples=[[{"sku": DEFAULT_SKU, "quantity": 2, "price": "19.99"}]],
    )
    customer_id: str = Field(DEFAULT_CUSTOMER, description="Who orders.", examples=["customer-2"])
    payment_method_id: str = Field(
        DEFAULT_PAYMENT_METHOD,
        description="Which card pays; see given.cards.",
        examples=["pm_declined"],
    )
    shipping_address: AddressEntry = Field(
        default_factory=AddressEntry, description="Where it goes.", examples=[{"zip_code": ""}]
    )
    on_confirmation_failure: Choice | None = Field(
        None,
        description="Whether an order whose confirmation is refused is undone or completes.",
        examples=["complete"],
    )

    @classmethod
    def skus_in(cls, data: Mapping[str, Any]) -> Iterator[Any]:
        """The SKUs of its items."""
        if "items" not in data:
            yield DEFAULT_SKU
        yield from (item.get("sku") for item in mappings(data.get("items")))

    @classmethod
    def words_for(cls, order: AnyOrder) -> dict[str, Any]:
        """What a file says for an order of goods."""
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

    def placed(self, place: Place) -> Order:
        """The order that is meant, with defaults filled in."""
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
            raise refusal("missing key", rule, value="'items'")
        return self


def _item(entry: ItemEntry) -> OrderItem:
    return OrderItem(entry.sku, entry.quantity, entry.price)


def _words_of(item: OrderItem) -> dict[str, Any]:
    return {"sku": item.sku, "quantity": item.quantity, "price": f"{item.price:f}"}
