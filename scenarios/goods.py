"""Orders of goods, as they are placed with a saga."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sagacheck.language import AnyOrder

DEFAULT_SKU = "WIDGET"
"""The article of an order that names none."""

CURRENCY = "USD"
"""The currency of all prices."""

DEFAULT_CUSTOMER = "customer-1"
DEFAULT_PAYMENT_METHOD = "pm_card"
"""The customer and the card of an order that names none."""

DEFAULT_ADDRESS: Mapping[str, str] = {
    "street": "1 Main Street",
    "city": "Springfield",
    "state": "IL",
    "zip_code": "62701",
    "country": "US",
}
"""The address of an order that gives none."""


@dataclass(frozen=True, slots=True)
class OrderItem:
    """Some pieces of one article, at a price for each."""

    sku: str
    quantity: int
    price: Decimal


DEFAULT_ITEM = OrderItem(DEFAULT_SKU, 1, Decimal("10.00"))
"""The one item of an order that lists none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order(AnyOrder):
    """An order of goods that a customer places.

    Attributes:
        items: The lines of the order.
        customer_id: The customer.
        payment_method_id: The card that pays.
        shipping_address: ``street``, ``city``, ``state``, ``zip_code`` and ``country``.
        on_confirmation_failure: ``undo`` or ``complete``; ``None`` leaves it to the saga.
    """

    items: tuple[OrderItem, ...]
    customer_id: str
    payment_method_id: str
    shipping_address: Mapping[str, str]
    on_confirmation_failure: str | None

    @property
    def total(self) -> Decimal:
        """What the customer owes."""
        return sum((item.quantity * item.price for item in self.items), Decimal(0))

    @property
    def currency(self) -> str:
        """All prices are in the same currency."""
        return CURRENCY

    @property
    def data(self) -> Mapping[str, Any]:
        """What the requests of a saga carry, in the words of the services."""
        address = dict(self.shipping_address)
        return {
            "customer": self.customer_id,
            "payment_method": self.payment_method_id,
            "address": {**address, "zip": address["zip_code"]},
        }

    @property
    def lines(self) -> Mapping[str, int]:
        """Pieces per SKU."""
        lines: dict[str, int] = {}
        for item in self.items:
            lines[item.sku] = lines.get(item.sku, 0) + item.quantity
        return lines

    @property
    def summary(self) -> str:
        """The items and the price."""
        items = ", ".join(f"{item.quantity} {item.sku}" for item in self.items)
        return f"{items} for {self.total:.2f}"

    def as_json(self, *, float_prices: bool = False) -> dict[str, Any]:
        """The order as it goes into a saga.

        Args:
            float_prices: Whether prices are JSON numbers, for a saga that asks for floats.
        """
        as_price = float if float_prices else str
        order: dict[str, Any] = {
            "order_id": self.id,
            "customer_id": self.customer_id,
            "items": [
                {"sku": item.sku, "quantity": item.quantity, "price": as_price(item.price)}
                for item in self.items
            ],
            "shipping_address": dict(self.shipping_address),
            "payment_method_id": self.payment_method_id,
        }
        if self.on_confirmation_failure is not None:
            order["on_confirmation_failure"] = self.on_confirmation_failure
        return order
