"""The steps of a trip and their compensations: plain httpx, as it runs in production."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
from temporalio import activity
from temporalio.exceptions import ApplicationError


@dataclass
class Booking:
    """What a traveller wants of one service, and the key under which it is asked for."""

    traveller: str
    place: str
    key: str


class TripActivities:
    """Calls the services.

    Args:
        http: One client for the worker's whole life; a connection is dear.
    """

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    @activity.defn
    async def book_hotel(self, booking: Booking) -> str:
        """Book a room; the booking's id."""
        return await self._book("https://hotel.example/stays", "room", booking)

    @activity.defn
    async def cancel_hotel(self, key: str) -> None:
        """See to it that no room is booked under `key`, now or later."""
        await self._cancel("https://hotel.example/stays", key)

    @activity.defn
    async def book_flight(self, booking: Booking) -> str:
        """Book a seat; the booking's id."""
        return await self._book("https://flight.example/tickets", "seat", booking)

    @activity.defn
    async def cancel_flight(self, key: str) -> None:
        """See to it that no seat is booked under `key`, now or later."""
        await self._cancel("https://flight.example/tickets", key)

    @activity.defn
    async def book_car(self, booking: Booking) -> str:
        """Book a car; the booking's id."""
        return await self._book("https://car.example/rentals", "car", booking)

    @activity.defn
    async def cancel_car(self, key: str) -> None:
        """See to it that no car is booked under `key`, now or later."""
        await self._cancel("https://car.example/rentals", key)

    def all(self) -> list[Callable[..., Any]]:
        """All activities, as a worker takes them."""
        return [
            self.book_hotel,
            self.cancel_hotel,
            self.book_flight,
            self.cancel_flight,
            self.book_car,
            self.cancel_car,
        ]

    async def _book(self, url: str, what: str, booking: Booking) -> str:
        body = {
            "traveller": booking.traveller,
            what: booking.place,
            "idempotency_key": booking.key,
        }
        reply = await self._http.post(url, json=body, timeout=10)
        if reply.status_code == httpx.codes.CONFLICT and reply.json().get("error") == "sold_out":
            msg = f"no {what} is left of {booking.place}"
            raise ApplicationError(msg, type="SoldOut", non_retryable=True)
        reply.raise_for_status()
        return str(reply.json()["booking_id"])

    async def _cancel(self, url: str, key: str) -> None:
        reply = await self._http.delete(url, params={"idempotency_key": key}, timeout=10)
        reply.raise_for_status()
