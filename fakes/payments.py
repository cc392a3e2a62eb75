"""The payment service of this shop: charges and their refunds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from fakes.keys import KEY_AT
from sagacheck.services import (
    ALREADY_REFUNDED,
    INVALID_AMOUNT,
    INVALID_CURRENCY,
    PAYMENT_DECLINED,
    REFUND_EXCEEDS_CHARGE,
    REFUND_REFUSED,
    Operation,
    PaymentService,
    Request,
    minor_units,
)
from sagacheck.world import Effect, EffectState, Ledger

CHARGE = Operation(
    name="payments.charge",
    routes=("POST /charges",),
    success=201,
    refusals=(PAYMENT_DECLINED, INVALID_AMOUNT, INVALID_CURRENCY),
    reply_fields=("payment_id",),
    key_at=KEY_AT,
    moves_money=True,
    carries={
        "order_id": "id",
        "customer_id": "customer",
        "payment_method_id": "payment_method",
        "amount": "price",
        "currency": "currency",
    },
    fields=(),
)
REFUND = Operation(
    name="payments.refund",
    routes=("POST /refunds",),
    success=201,
    undoes=CHARGE.name,
    refusals=(REFUND_REFUSED, ALREADY_REFUNDED, REFUND_EXCEEDS_CHARGE, INVALID_AMOUNT),
    reply_fields=("refund_id",),
    key_at=KEY_AT,
    target_key_at="charge_idempotency_key",
    target_id_at="payment_id",
    fields=("reason", "amount"),
)


class Payments(PaymentService):
    """Money between customers and this shop."""

    operations: ClassVar = (CHARGE, REFUND)
    id_prefix = "pay"

    def create(self, request: Request) -> tuple[Effect, Mapping[str, Any]]:
        """Charge the customer, unless the card is declined."""
        request.required("order_id")
        request.required("customer_id")
        currency = request.required("currency")
        effect = self.charge(
            request,
            method=request.required("payment_method_id"),
            amount=minor_units(request.fields.get("amount"), currency),
            currency=currency,
        )
        return effect, {"payment_id": effect.id}

    def undo_reply(self, request: Request, effect: Effect | None) -> Mapping[str, Any]:
        """The refund's id."""
        return {"refund_id": self.refund_id(request, effect)}

    def reads(self, ledger: Ledger) -> Mapping[str, Any]:
        """``GET /charges`` and ``GET /refunds``."""
        charges = ledger.effects_by(CHARGE.name)
        return {
            "charges": charges,
            "refunds": [
                each for each in charges if each.refunded or each.state is EffectState.UNDONE
            ],
        }
