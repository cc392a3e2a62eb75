"""One order and the messages that its activities get."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from orders.messages import (
    CancelShipment,
    ChargePayment,
    CreateShipment,
    RefundPayment,
    ReleaseInventory,
    ReserveInventory,
    SendConfirmation,
)
from orders.models import Address, OrderInput, OrderItem

ORDER_JSON: dict[str, Any] = {
    "order_id": "o1",
    "customer_id": "c1",
    "items": [{"sku": "WIDGET", "quantity": 2, "price": "19.99"}],
    "shipping_address": {
        "street": "1 Main Street",
        "city": "Springfield",
        "state": "IL",
        "zip_code": "62701",
        "country": "US",
    },
    "payment_method_id": "pm_1",
}
ADDRESS = Address("1 Main Street", "Springfield", "IL", "62701", "US")
ITEMS = [OrderItem("WIDGET", 2, Decimal("19.99"))]


def order(order_id: str = "o1") -> OrderInput:
    """A valid order."""
    return OrderInput(order_id, "c1", ITEMS, ADDRESS, "pm_1")


KEY = order().idempotency_key
RESERVE = ReserveInventory("o1", ITEMS, KEY)
RELEASE = ReleaseInventory(KEY)
CHARGE = ChargePayment("o1", "c1", "pm_1", Decimal("39.98"), KEY)
REFUND = RefundPayment(KEY, "order_cancelled", KEY)
SHIP = CreateShipment("o1", ADDRESS, KEY)
CANCEL_SHIPMENT = CancelShipment(KEY)
CONFIRM = SendConfirmation("o1", "c1", "TRACK-1", KEY)
