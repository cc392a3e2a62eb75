"""A warehouse that packs piece by piece."""

from __future__ import annotations

import asyncio

from temporalio import activity


@activity.defn
async def pack_parcel(order_id: str, pieces: int) -> int:
    """Pack the parcel piece by piece, and begin where an earlier attempt ended."""
    details = activity.info().heartbeat_details
    packed = int(details[0]) if details else 0
    while packed < pieces:
        await asyncio.sleep(0.1)
        packed += 1
        activity.heartbeat(packed)
    return packed


@activity.defn
async def unpack_parcel(order_id: str) -> None:
    """Put the pieces back."""


@activity.defn
async def hand_to_carrier(order_id: str) -> None:
    """The carrier takes the parcel."""
