"""The sagas under test, as `pyproject.toml` names them."""

from dataclasses import replace
from typing import Any

from sagacheck import SagaUnderTest, effect
from transfer.activities import Bank, Transfer
from transfer.workflow import MoneyTransfer, RefundsOnAnyError

bank = Bank()
MAY_REFUSE: Any = {"key": lambda t: t.reference, "refusals": ["Refused"]}
SAGA = SagaUnderTest(
    workflow=MoneyTransfer,
    activities=[
        effect(bank.withdraw, "bank.withdraw", undo="bank.refund", tombstones=True, **MAY_REFUSE),
        effect(bank.deposit, "bank.deposit", **MAY_REFUSE),
        effect(bank.refund, "bank.refund", key=lambda t: t.reference),
    ],
    reset=lambda: bank.open(alice=1000, bob=0),
    arguments=lambda order: [Transfer(order.id, "alice", "bob", 400)],
)
"""The saga as it should be."""

NAIVE = replace(SAGA, workflow=RefundsOnAnyError)
"""The saga as it is often written, and wrong."""
