"""The budget and the supplier."""

from __future__ import annotations

from temporalio import activity


@activity.defn
async def reserve_budget(request_id: str, amount: int) -> None:
    """Set money aside."""


@activity.defn
async def release_budget(request_id: str) -> None:
    """Free the money again."""


@activity.defn
async def place_order(request_id: str) -> None:
    """Order from the supplier."""
