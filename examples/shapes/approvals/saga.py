"""The saga under test."""

from dataclasses import replace

from approvals.activities import place_order, release_budget, reserve_budget
from approvals.workflow import ForgetsTheBudget, PurchaseRequest
from sagacheck import SagaUnderTest, effect

SAGA = SagaUnderTest(
    workflow=PurchaseRequest,
    activities=[
        effect(reserve_budget, "budget.reserve", undo="budget.release", key=lambda r, _: r),
        effect(release_budget, "budget.release", key=lambda r: r),
        effect(place_order, "supplier.order", key=lambda r: r),
    ],
    arguments=lambda order: [order.id, 500],
    people=[("approve", "ann")],
)

BUGGY = replace(SAGA, workflow=ForgetsTheBudget)
