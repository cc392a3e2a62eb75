"""The saga under test."""

from dataclasses import replace

from temporalio.contrib.pydantic import pydantic_data_converter

from order_update import activities as act
from order_update.workflow import AnswersFirst, TableWorkflow
from sagacheck import SagaUnderTest, effect

SAGA = SagaUnderTest(
    workflow=TableWorkflow,
    activities=[
        effect(act.charge_guest, "till.charge", undo="till.refund", key=lambda table, _: table),
        effect(act.refund_guest, "till.refund", key=lambda table, _: table),
        effect(act.cook_meal, "kitchen.cook", key=lambda t, _: t, refusals=["SoldOut"]),
    ],
    data_converter=pydantic_data_converter,
    arguments=lambda order: [order.id],
    people=[("place_order", act.Meal(dish="soup"))],
)

BUGGY = replace(SAGA, workflow=AnswersFirst)
