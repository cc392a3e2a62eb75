"""The vouchers and the points of a customer."""

from __future__ import annotations

from dataclasses import dataclass

from temporalio import activity


@dataclass
class Redemption:
    """What the customer redeems."""

    redemption_id: str
    voucher: str
    points: int


@activity.defn
def use_voucher(redemption: Redemption) -> None:
    """Mark the voucher as used."""


@activity.defn
def restore_voucher(redemption: Redemption) -> None:
    """Make the voucher valid again."""


@activity.defn
def add_points(redemption: Redemption) -> None:
    """Add the points to the customer's account."""
