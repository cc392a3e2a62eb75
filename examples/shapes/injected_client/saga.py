"""The saga under test."""

from dataclasses import replace

from injected_client.activities import BankingActivities, MemoryBank, Transfer
from injected_client.workflow import RefundsAfterThreeTries, TransferSaga
from sagacheck import SagaUnderTest, effect

bank = BankingActivities(MemoryBank())
SAGA = SagaUnderTest(
    workflow=TransferSaga,
    activities=[
        effect(bank.withdraw, "bank.withdraw", undo="bank.refund", key=lambda t: t.reference),
        effect(bank.deposit, "bank.deposit", key=lambda t: t.reference),
        effect(bank.refund, "bank.refund", key=lambda t: t.reference),
    ],
    reset=lambda: setattr(bank, "client", MemoryBank()),
    arguments=lambda order: [Transfer(order.id, "alice", "bob", 400)],
)

BUGGY = replace(SAGA, workflow=RefundsAfterThreeTries)
