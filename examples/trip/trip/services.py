"""The services around a trip: state and rules, and a table of what they offer.

Each place that can be booked is a piece of stock: a room of a hotel, a seat of a flight, a car of a
station. Limitations: one place a booking; a booking can be cancelled until the world ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from sagacheck.services import (
    Operation,
    Refusal,
    RefusedError,
    Request,
    Service,
    StockService,
)
from sagacheck.world import Effect, World

SOLD_OUT = Refusal(409, "sold_out")


def _booking(name: str, path: str, place: str) -> Operation:
    return Operation(
        name=name,
        routes=(f"POST {path}",),
        success=201,
        refusals=(SOLD_OUT,),
        reply_fields=("booking_id",),
        carries={"traveller": "traveller", place: place},
        fields=(),
    )


def _cancelling(name: str, path: str, undoes: Operation) -> Operation:
    return Operation(
        name=name,
        routes=(f"DELETE {path}",),
        success=204,
        undoes=undoes.name,
        key_at=None,
        target_key_at="idempotency_key",
        fields=(),
    )


BOOK_HOTEL = _booking("hotel.book", "/stays", "room")
CANCEL_HOTEL = _cancelling("hotel.cancel", "/stays", BOOK_HOTEL)
BOOK_FLIGHT = _booking("flight.book", "/tickets", "seat")
CANCEL_FLIGHT = _cancelling("flight.cancel", "/tickets", BOOK_FLIGHT)
BOOK_CAR = _booking("car.book", "/rentals", "car")
CANCEL_CAR = _cancelling("car.cancel", "/rentals", BOOK_CAR)


class Bookings(StockService):
    """A service that books one kind of place.

    Attributes:
        place_at: The field of a request that names the place.
    """

    place_at: ClassVar[str]

    def create(self, request: Request) -> tuple[Effect, Mapping[str, Any]]:
        """Book a place, if one is left."""
        request.required("traveller")
        place = request.required(self.place_at)
        if not self.available(place):
            raise RefusedError.of(SOLD_OUT, f"nothing is left of {place}")
        effect = self.reserve(request, {place: 1})
        return effect, {"booking_id": effect.id}


class Hotels(Bookings):
    """Rooms."""

    operations: ClassVar = (BOOK_HOTEL, CANCEL_HOTEL)
    place_at = "room"


class Flights(Bookings):
    """Seats."""

    operations: ClassVar = (BOOK_FLIGHT, CANCEL_FLIGHT)
    place_at = "seat"


class Cars(Bookings):
    """Cars."""

    operations: ClassVar = (BOOK_CAR, CANCEL_CAR)
    place_at = "car"


def trip_services(world: World) -> list[Service]:
    """The services in the order of the saga's steps."""
    return [kind(world) for kind in (Hotels, Flights, Cars)]
