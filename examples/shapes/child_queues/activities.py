"""A deposit on a card, and a key to a flat."""

from __future__ import annotations

from temporalio import activity


@activity.defn
async def hold_deposit(rental_id: str) -> None:
    """Hold the deposit on the card."""


@activity.defn
async def return_deposit(rental_id: str) -> None:
    """Return the deposit."""


@activity.defn
async def hand_over_key(rental_id: str) -> None:
    """Hand the key over."""
