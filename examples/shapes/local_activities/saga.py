"""The saga under test."""

from dataclasses import replace
from typing import Any

from local_activities import activities as act
from local_activities.workflow import RedeemVoucher, UndoesTooLittle
from sagacheck import SagaUnderTest, effect

# A voucher that was restored cannot be used by a request that is late: tombstones=True.
BY_VOUCHER: Any = {"key": lambda redemption: redemption.voucher, "tombstones": True}
SAGA = SagaUnderTest(
    workflow=RedeemVoucher,
    activities=[
        effect(act.use_voucher, "voucher.use", undo="voucher.restore", **BY_VOUCHER),
        effect(act.restore_voucher, "voucher.restore", **BY_VOUCHER),
        effect(act.add_points, "points.add", key=lambda r: r.redemption_id),
    ],
    arguments=lambda order: [act.Redemption(order.id, f"V-{order.id}", 50)],
)

BUGGY = replace(SAGA, workflow=UndoesTooLittle)
