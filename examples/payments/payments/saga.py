"""The sagas under test, as `pyproject.toml` names them."""

from dataclasses import replace

from payments.activities import CardActivities, PaymentEvent
from payments.bugs import (
    DropsEarlyCallback,
    RefundsSecondCallback,
    TakesPendingForPaid,
    TakesRefusalForDone,
    VoidsWhatIsCaptured,
    WaitsForCallback,
)
from payments.provider import services
from payments.words import CardOrderWords
from payments.workflow import CardOrder
from sagacheck import SagaUnderTest
from sagacheck.inprocess import FakesClient
from sagacheck.language import ProviderGiven
from sagacheck.network import Callback


def webhook(callback: Callback) -> tuple[str, PaymentEvent]:
    """What the handler of the provider's webhook sends to the order's workflow."""
    body = callback.body
    told = PaymentEvent(callback.event, body["idempotency_key"], body.get("authorisation_id", ""))
    return "payment_event", told


SAGA = SagaUnderTest(
    workflow=CardOrder,
    activities=CardActivities(FakesClient()).all(),
    services=services,
    orders=CardOrderWords,
    given=ProviderGiven,
    webhook=webhook,
    horizon="14d",
)
"""The saga as it should be."""

TAKES_REFUSAL_FOR_DONE = replace(SAGA, workflow=TakesRefusalForDone)
VOIDS_WHAT_IS_CAPTURED = replace(SAGA, workflow=VoidsWhatIsCaptured)
TAKES_PENDING_FOR_PAID = replace(SAGA, workflow=TakesPendingForPaid)
WAITS_FOR_CALLBACK = replace(SAGA, workflow=WaitsForCallback)
DROPS_EARLY_CALLBACK = replace(SAGA, workflow=DropsEarlyCallback)
REFUNDS_SECOND_CALLBACK = replace(SAGA, workflow=RefundsSecondCallback)
"""The saga as it is often written, and wrong."""
