"""The sagas under test, as `pyproject.toml` names them."""

from dataclasses import replace

from payments.activities import CardActivities
from payments.bugs import TakesPendingForPaid, TakesRefusalForDone, VoidsWhatIsCaptured
from payments.provider import services
from payments.words import CardOrderWords
from payments.workflow import CardOrder
from sagacheck import SagaUnderTest
from sagacheck.inprocess import FakesClient
from sagacheck.language import ProviderGiven

SAGA = SagaUnderTest(
    workflow=CardOrder,
    activities=CardActivities(FakesClient()).all(),
    services=services,
    orders=CardOrderWords,
    given=ProviderGiven,
    horizon="14d",
)
"""The saga as it should be."""

TAKES_REFUSAL_FOR_DONE = replace(SAGA, workflow=TakesRefusalForDone)
VOIDS_WHAT_IS_CAPTURED = replace(SAGA, workflow=VoidsWhatIsCaptured)
TAKES_PENDING_FOR_PAID = replace(SAGA, workflow=TakesPendingForPaid)
"""The saga as it is often written, and wrong."""
