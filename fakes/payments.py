"""The payment service: charges and their refunds.

Limitations: a charge is authorised and captured in one step; a refund is always for the whole
charge and settles at once; there are no fees, disputes or currency conversions; every currency has
hundredths.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from sagacheck.services import Operation, Refusal, RefusedError, Request, Service
from sagacheck.world import Account, AccountKind, Effect, EffectState, Posting

CUSTOMER = Account("customer", AccountKind.MONEY, may_be_negative=True)
MERCHANT = Account("merchant", AccountKind.MONEY)

CHARGE = Operation(
    name="payments.charge",
    routes=("POST /charges",),
    success=201,
    refusals=(Refusal(402, "payment_declined"),),
    reply_fields=("payment_id",),
    moves_money=True,
)
REFUND = Operation(
    name="payments.refund",
    routes=("POST /refunds",),
    success=201,
    undoes=CHARGE.name,
    refusals=(Refusal(422, "refund_refused"), Refusal(400, "already_refunded", tells_state=True)),
    reply_fields=("refund_id",),
    target_key_at="charge_idempotency_key",
    target_id_at="payment_id",
)

_AMOUNT = re.compile(r"\d{1,12}(\.\d{1,2})?", re.ASCII)


class Payments(Service):
    """Money between customers and the merchant, in minor units per currency."""

    operations: ClassVar = (CHARGE, REFUND)

    def create(self, request: Request) -> tuple[Effect, Mapping[str, Any]]:
        """Take the money, unless the card is declined."""
        request.required("order_id")
        request.required("customer_id")
        method = request.required("payment_method_id")
        amount = _minor_units(request.fields.get("amount"))
        currency = request.required("currency")
        if self.settings.cards.get(method) == "declined":
            raise RefusedError(402, "payment_declined", f"the issuer declined {method}")
        effect = Effect(
            id=self.new_id("pay"),
            operation=CHARGE.name,
            order=request.order,
            key=request.key,
            at=self.clock.now(),
            amount=amount,
            currency=currency,
        )
        self._transfer(CHARGE.name, effect, amount)
        return effect, {"payment_id": effect.id}

    def undo(self, request: Request, effect: Effect) -> None:
        """Give the money back."""
        if self.settings.refunds_refused:
            raise RefusedError(422, "refund_refused", "the provider rejects this refund")
        self._transfer(request.operation.name, effect, -effect.amount)
        effect.details["refund_id"] = self.new_id("re")

    def undo_reply(self, request: Request, effect: Effect | None) -> Mapping[str, Any]:
        """The refund's id; a refund of nothing, for a charge never seen, has one too."""
        if effect is not None:
            return {"refund_id": effect.details["refund_id"]}
        return {"refund_id": f"re_of_nothing_{request.target_key}"}

    def repeated_undo_by_id(self, request: Request, effect: Effect) -> None:
        """By its id a charge can be refunded once."""
        raise RefusedError(400, "already_refunded", f"{effect.id} was refunded already")

    def reads(self) -> Mapping[str, Any]:
        """``GET /charges`` and ``GET /refunds``."""
        charges = list(self.effects(CHARGE.name))
        return {
            "charges": charges,
            "refunds": [effect for effect in charges if effect.state is EffectState.UNDONE],
        }

    def _transfer(self, operation: str, effect: Effect, amount: int) -> None:
        self.ledger.write(
            at=self.clock.now(),
            operation=operation,
            order=effect.order,
            effect=effect.id,
            key=effect.key,
            postings=(
                Posting(CUSTOMER, effect.currency, -amount),
                Posting(MERCHANT, effect.currency, amount),
            ),
        )


def _minor_units(amount: Any) -> int:
    """`amount` in minor units; a 400 unless it is a positive number of at most two places.

    A JSON number is read by its shortest decimal form, as providers do, so that a client that
    computes in floats is caught when its sum is not a whole number of cents.
    """
    if isinstance(amount, bool) or not isinstance(amount, str | int | float):
        raise RefusedError(400, "invalid_amount", "amount must be a decimal string or a number")
    minor = int(Decimal(str(amount)) * 100) if _AMOUNT.fullmatch(str(amount)) else 0
    if minor == 0:
        raise RefusedError(400, "invalid_amount", f"{amount!r} is not a positive sum of cents")
    return minor
