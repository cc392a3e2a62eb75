"""A flight and a hotel."""

from __future__ import annotations

from dataclasses import dataclass

from temporalio import activity


@dataclass
class Trip:
    """Who travels where."""

    trip_id: str
    city: str = "Lisbon"


@activity.defn
async def book_flight(trip: Trip) -> str:
    """Book the flight."""
    return f"F-{trip.trip_id}"


@activity.defn
async def cancel_flight(trip: Trip) -> None:
    """Cancel the flight, if it was booked."""


@activity.defn
async def book_hotel(trip: Trip) -> str:
    """Book the hotel."""
    return f"H-{trip.trip_id}"


@activity.defn
async def cancel_hotel(trip: Trip) -> None:
    """Cancel the hotel, if it was booked."""
