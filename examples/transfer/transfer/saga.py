"""The sagas under test, as `pyproject.toml` names them."""

from dataclasses import replace

from sagacheck import SagaUnderTest, effect
from transfer.activities import Bank, Transfer
from transfer.workflow import MoneyTransfer, RefundsOnAnyError

bank = Bank()
SAGA = SagaUnderTest(
    workflow=MoneyTransfer,
    activities=[
        effect(
            bank.withdraw,
            "bank.withdraw",
            undo="bank.refund",
            key=lambda t: t.reference,
            refusals=["Refused"],
            tombstones=True,
        ),
        effect(bank.deposit, "bank.deposit", key=lambda t: t.reference, refusals=["Refused"]),
        effect(bank.refund, "bank.refund", key=lambda t: t.reference),
    ],
    workflow_id="transfer-{order_id}",
    reset=lambda: bank.open(alice=1000, bob=0),
    arguments=lambda order: [Transfer(order.id, "alice", "bob", 400)],
)
"""The saga as it should be."""

NAIVE = replace(SAGA, workflow=RefundsOnAnyError)
"""The saga as it is often written, and wrong."""
