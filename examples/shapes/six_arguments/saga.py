"""The saga under test."""

from dataclasses import replace

from sagacheck import SagaUnderTest, effect
from six_arguments import activities as act
from six_arguments.workflow import MixesArgumentsUp, PurchaseWorkflow

SAGA = SagaUnderTest(
    workflow=PurchaseWorkflow,
    activities=[
        effect(act.reserve_stock, "stock.reserve", undo="stock.release", key=lambda o, *_: o),
        effect(act.release_stock, "stock.release", key=lambda o, *_: o),
        effect(act.charge_card, "card.charge", key=lambda o, *_: o, refusals=["Declined"]),
        effect(act.refund_card, "card.refund", undoes="card.charge", key=lambda o, *_: o),
        effect(act.ship, "parcel.ship", key=lambda o, *_: o),
    ],
    arguments=lambda order: [order.id, "ada", "BOOK", 1, 1990, "1 Main St"],
)

BUGGY = replace(SAGA, workflow=MixesArgumentsUp)
