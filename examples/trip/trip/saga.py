"""The saga under test, as `pyproject.toml` names it; ``docs/your-own-saga.md`` explains it."""

from dataclasses import replace

from sagacheck import SagaUnderTest
from sagacheck.inprocess import FakesClient
from trip.activities import TripActivities
from trip.services import trip_services
from trip.too_late import RegistersTooLate
from trip.words import TripWords
from trip.workflow import TripSaga

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
