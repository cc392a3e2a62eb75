"""How scenarios write an order."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from pydantic import Field

from sagacheck.language import OrderWords

PRICE = "19.99"
"""What every order costs."""


class CardOrderWords(OrderWords):
    """An order that is paid by card."""

    card: str = Field("pm_card", description="The card that pays.", examples=["pm_declined"])

    def as_input(self) -> dict[str, Any]:
        """The order as it goes into the saga."""
        return {"order_id": self.id, **self.data()}

    def price(self) -> Decimal:
        """What the customer owes."""
        return Decimal(PRICE)

    def currency(self) -> str:
        """The currency of the price."""
        return "USD"

    def data(self) -> dict[str, Any]:
        """What requests carry."""
        return {"card": self.card, "amount": PRICE, "currency": "USD"}
