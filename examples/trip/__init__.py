"""A trip booking saga: hotel, flight, car. ``docs/your-own-saga.md`` walks through it."""

from dataclasses import replace

from examples.trip.activities import TripActivities
from examples.trip.services import trip_services
from examples.trip.too_late import RegistersTooLate
from examples.trip.words import TripWords
from examples.trip.workflow import TripSaga
from sagacheck.inprocess import FakesClient
from sagacheck.saga import SagaUnderTest

SAGA = SagaUnderTest(
    workflow=TripSaga,
    activities=TripActivities(FakesClient()).all(),
    workflow_id="trip-{order_id}",
    services=trip_services,
    orders=TripWords,
)
"""The saga as it should be."""

TOO_LATE = replace(SAGA, workflow=RegistersTooLate)
"""The saga as it is often written, and wrong."""
