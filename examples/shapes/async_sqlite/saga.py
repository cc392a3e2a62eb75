"""The saga under test."""

from dataclasses import replace

from async_sqlite import activities as act
from async_sqlite.workflow import SwallowsTheError, TicketSaga
from sagacheck import SagaUnderTest, effect

SAGA = SagaUnderTest(
    workflow=TicketSaga,
    activities=[
        effect(act.hold_seat, "seats.hold", undo="seats.free", key=lambda b: b.booking_id),
        effect(act.free_seat, "seats.free", key=lambda b: b.booking_id),
        effect(act.take_payment, "payments.take", key=lambda b: b.booking_id),
    ],
    reset=act.open_database,
    arguments=lambda order: [act.Booking(order.id, "ada", "A1", 2500)],
)

BUGGY = replace(SAGA, workflow=SwallowsTheError)
