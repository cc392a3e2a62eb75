"""The saga under test."""

from dataclasses import replace

from plain_text import activities as act
from plain_text.workflow import BookTrip, RegistersTooLate
from sagacheck import SagaUnderTest, effect

SAGA = SagaUnderTest(
    workflow=BookTrip,
    activities=[
        effect(act.book_flight, "flight.book", undo="flight.cancel", key=lambda t: t.trip_id),
        effect(act.cancel_flight, "flight.cancel", key=lambda t: t.trip_id),
        effect(act.book_hotel, "hotel.book", undo="hotel.cancel", key=lambda t: t.trip_id),
        effect(act.cancel_hotel, "hotel.cancel", key=lambda t: t.trip_id),
    ],
    arguments=lambda order: [act.Trip(order.id)],
    # A workflow that raises says neither: None leaves it to Temporal.
    ending=lambda r: ["completed", "failed"]["failed:" in r] if isinstance(r, str) else None,
)

BUGGY = replace(SAGA, workflow=RegistersTooLate)
