"""The saga: a room, a seat and a car, or nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from trip.activities import Booking, TripActivities

LIMIT = timedelta(seconds=30)
"""How long one attempt may take."""
BOOKING_RETRIES = RetryPolicy(maximum_attempts=4)
CANCELLING_RETRIES = RetryPolicy(maximum_interval=timedelta(minutes=5))
"""Without an end: no service may refuse to cancel, so whatever goes wrong will pass."""


@dataclass
class Trip:
    """What a traveller wants."""

    trip_id: str
    traveller: str
    room: str
    seat: str
    car: str


@dataclass
class TripResult:
    """How it ended: ``completed`` with all bookings, or ``failed`` with none and the reason."""

    status: str
    bookings: list[str]
    error: str = ""


@workflow.defn
class TripSaga:
    """Books a trip. What was booked is cancelled again if the rest cannot be had."""

    def __init__(self) -> None:
        self._undos: list[Callable[..., Any]] = []

    @workflow.run
    async def run(self, trip: Trip) -> TripResult:
        """Bring the trip to its end."""
        try:
            bookings = await self._book(trip)
        except (ActivityError, asyncio.CancelledError) as failure:
            await _see_through(self._roll_back(_key_of(trip)))
            if is_cancelled_exception(failure):
                raise
            return TripResult("failed", [], _reason_of(failure))
        return TripResult("completed", bookings)

    async def _book(self, trip: Trip) -> list[str]:
        return [
            await self._step(
                TripActivities.book_hotel, trip, trip.room, TripActivities.cancel_hotel
            ),
            await self._step(
                TripActivities.book_flight, trip, trip.seat, TripActivities.cancel_flight
            ),
            await self._step(TripActivities.book_car, trip, trip.car, TripActivities.cancel_car),
        ]

    async def _step(
        self, book: Callable[..., Any], trip: Trip, place: str, undo: Callable[..., Any]
    ) -> str:
        """Take a step. Its undo is registered first: a step without a reply may have happened."""
        self._undos.append(undo)
        return await self._ask_for(book, trip, place)

    async def _ask_for(self, book: Callable[..., Any], trip: Trip, place: str) -> str:
        booking_id: str = await workflow.execute_activity_method(
            book,
            Booking(trip.traveller, place, _key_of(trip)),
            start_to_close_timeout=LIMIT,
            retry_policy=BOOKING_RETRIES,
        )
        return booking_id

    async def _roll_back(self, key: str) -> None:
        while self._undos:
            await workflow.execute_activity_method(
                self._undos.pop(),
                key,
                start_to_close_timeout=LIMIT,
                retry_policy=CANCELLING_RETRIES,
            )


def _key_of(trip: Trip) -> str:
    """One key for all of a trip's requests: each service is asked for one thing only."""
    return f"trip-{trip.trip_id}"


def _reason_of(failure: BaseException) -> str:
    cause = failure.__cause__
    if isinstance(cause, ApplicationError):
        return f"{cause.type}: {cause.message}"
    return f"{type(cause or failure).__name__}: {cause or failure}"


async def _see_through(rollback: Any) -> None:
    """Wait for `rollback` to end, even if the workflow is cancelled again meanwhile."""
    task = asyncio.create_task(rollback)
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            continue
    task.result()
