"""The saga under test."""

from dataclasses import replace

from sagacheck import SagaUnderTest, effect
from to_thread.activities import charge, open_account, refund
from to_thread.workflow import NewKeyForEachTry, Subscribe

SAGA = SagaUnderTest(
    workflow=Subscribe,
    activities=[
        effect(charge, "billing.charge", undo="billing.refund", key=lambda key, cents: key),
        effect(refund, "billing.refund", key=lambda key: key),
        effect(open_account, "accounts.open", key=lambda customer: customer),
    ],
    arguments=lambda order: [order.id, 900],
)

BUGGY = replace(SAGA, workflow=NewKeyForEachTry)
