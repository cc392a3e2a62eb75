"""The saga as it is often written: wrong, for a reply that is lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from trip.workflow import Trip, TripResult, TripSaga


@workflow.defn
class RegistersTooLate(TripSaga):
    """Registers an undo when its step has succeeded, and not before it."""

    @workflow.run
    async def run(self, trip: Trip) -> TripResult:
        """Bring the trip to its end."""
        return await super().run(trip)

    async def _step(
        self, book: Callable[..., Any], trip: Trip, place: str, undo: Callable[..., Any]
    ) -> str:
        booking_id = await self._ask_for(book, trip, place)
        self._undos.append(undo)
        return booking_id
