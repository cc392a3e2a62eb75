"""What the workflow sends to its activities, one message each.

Every message carries the idempotency key of its effect. An undo names the effect by that key too,
and not by the service's id, so that it works when the reply with the id was lost.
"""

from __future__ import annotations

from decimal import Decimal

from pydantic.dataclasses import dataclass

from orders.models import Address, OrderItem


@dataclass(frozen=True)
class ReserveInventory:
    """Reserve all items, or none."""

    order_id: str
    items: list[OrderItem]
    idempotency_key: str


@dataclass(frozen=True)
class ReleaseInventory:
    """Undo a reservation, made or not."""

    idempotency_key: str


@dataclass(frozen=True)
class ChargePayment:
    """Charge `amount` US dollars."""

    order_id: str
    customer_id: str
    payment_method_id: str
    amount: Decimal
    idempotency_key: str


@dataclass(frozen=True)
class RefundPayment:
    """Undo a charge, made or not. `charge_key` names the charge, `idempotency_key` the refund."""

    charge_key: str
    reason: str
    idempotency_key: str


@dataclass(frozen=True)
class CreateShipment:
    """Order a parcel from the carrier."""

    order_id: str
    address: Address
    idempotency_key: str


@dataclass(frozen=True)
class CancelShipment:
    """Undo a shipment, made or not; refused once the parcel has left."""

    idempotency_key: str


@dataclass(frozen=True)
class Shipment:
    """A parcel as the carrier knows it."""

    shipment_id: str
    tracking_number: str


@dataclass(frozen=True)
class SendConfirmation:
    """Send the customer a mail that the order is on its way."""

    order_id: str
    customer_id: str
    tracking_number: str
    idempotency_key: str
