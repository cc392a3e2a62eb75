"""The saga under test."""

from dataclasses import replace

from child_queues import activities as act
from child_queues import workflow as flow
from sagacheck import SagaUnderTest, effect

SAGA = SagaUnderTest(
    workflow=flow.RentalWorkflow,
    activities=[
        effect(act.hold_deposit, "deposit.hold", undo="deposit.free", key=lambda r: r),
        effect(act.return_deposit, "deposit.free", key=lambda r: r),
        effect(act.hand_over_key, "desk.give_key", key=lambda r: r),
    ],
    arguments=lambda order: [order.id],
    children=[flow.DepositWorkflow, flow.GivesUp],
    task_queues=[flow.PAYMENTS, flow.DESK],
    order_of=lambda workflow_id: workflow_id.removeprefix("deposit-").removeprefix("order-"),
)

BUGGY = replace(SAGA, workflow=flow.BelievesItsChild)
