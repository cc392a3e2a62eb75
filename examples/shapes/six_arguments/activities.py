"""Stock, money and the carrier, each by positional arguments."""

from __future__ import annotations

from temporalio import activity
from temporalio.exceptions import ApplicationError


@activity.defn
async def reserve_stock(order_id: str, sku: str, quantity: int) -> None:
    """Reserve pieces."""


@activity.defn
async def release_stock(order_id: str, sku: str) -> None:
    """Give the pieces back."""


@activity.defn
async def charge_card(order_id: str, customer: str, cents: int) -> None:
    """Charge the customer, if the card is good."""
    if cents > 1_000_000:
        raise ApplicationError("too expensive", type="Declined", non_retryable=True)


@activity.defn
async def refund_card(order_id: str, customer: str) -> None:
    """Give the money back."""


@activity.defn
async def ship(order_id: str, address: str, is_express: bool) -> None:
    """Send the parcel."""
