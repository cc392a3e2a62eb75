"""A payment service: charges and their refunds.

Limitations: a charge is authorised and captured in one step; a refund settles at once; there are
no fees, disputes or currency conversions.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from sagacheck.services.refusals import (
    ALREADY_REFUNDED,
    INVALID_AMOUNT,
    INVALID_CURRENCY,
    PAYMENT_DECLINED,
    REFUND_EXCEEDS_CHARGE,
    REFUND_REFUSED,
)
from sagacheck.services.request import RefusedError, Request
from sagacheck.services.service import Service
from sagacheck.world import Account, AccountKind, Effect, Posting, decimals_of, money_text

CUSTOMER = Account("customer", AccountKind.MONEY, may_be_negative=True)
MERCHANT = Account("merchant", AccountKind.MONEY)

_AMOUNT = re.compile(r"\d{1,12}(\.(?P<decimals>\d{1,4}))?", re.ASCII)


class PaymentService(Service):
    """Money between customers and the merchant, in minor units per currency.

    A subclass defines `create`, which calls `charge`; to undo is to refund: all that is left of the
    charge, or as much as the field ``amount`` of the request says. `undo_reply` says under which
    name the refund's id is answered.
    """

    def charge(self, request: Request, *, method: str, amount: int, currency: str) -> Effect:
        """Take money, unless the world's `cards` decline the payment method.

        Args:
            request: The create.
            method: The payment method.
            amount: In minor units of `currency`.
            currency: The currency, by its ISO 4217 code.

        Raises:
            RefusedError: The payment is declined, or there is no such currency.
        """
        known_decimals(currency)
        if self.settings.cards.get(method) == "declined":
            raise RefusedError.of(PAYMENT_DECLINED, f"the issuer declined {method}")
        effect = self.new_effect(request, amount=amount, currency=currency)
        self.transfer(request.operation.name, effect, amount)
        return effect

    def undo(self, request: Request, effect: Effect) -> None:
        """Give money back, unless the world's `refunds_refused` forbids it."""
        amount = self._amount_of(request, effect)
        if self.settings.refunds_refused:
            raise RefusedError.of(REFUND_REFUSED, "the provider rejects this refund")
        self.transfer(request.operation.name, effect, -amount)
        details = {**effect.details, "refund_id": self.new_id("re")}
        self.change(effect, refunded=effect.refunded + amount, details=details)

    def is_partial(self, request: Request, effect: Effect) -> bool:
        """Whether a part of the charge is left, after a refund that names its amount."""
        return request.fields.get("amount") is not None and effect.refunded < effect.amount

    def refund_id(self, request: Request, effect: Effect | None) -> str:
        """The refund's id. A refund by an unknown key moves nothing, and has an id too."""
        if effect is not None:
            return effect.details["refund_id"]
        return f"re_of_nothing_{request.target_key}"

    def repeated_undo(self, request: Request, effect: Effect) -> None:
        """Refuse: nothing is left of the charge. By its key alone, that is a success."""
        if request.target_id is not None:
            raise RefusedError.of(ALREADY_REFUNDED, f"{effect.id} was refunded already")
        self._amount_of(request, effect)

    def _amount_of(self, request: Request, effect: Effect) -> int:
        """How much of a charge is to be given back, in minor units; by default all that is left.

        Raises:
            RefusedError: It is no sum of money, or more than is left.
        """
        left, asked = effect.amount - effect.refunded, request.fields.get("amount")
        amount = left if asked is None else minor_units(asked, effect.currency)
        if amount > left:
            wanted, rest = (money_text(each, effect.currency) for each in (amount, left))
            detail = f"{wanted} of {effect.id} wanted, {rest} left"
            raise RefusedError.of(REFUND_EXCEEDS_CHARGE, detail)
        return amount

    def transfer(self, operation: str, effect: Effect, amount: int) -> None:
        """Write down that `amount` minor units go from the customer to the merchant."""
        self.write(operation, effect, payment(effect.currency, amount))


def payment(currency: str, amount: int) -> tuple[Posting, ...]:
    """What moves when the customer pays so many minor units; none move for no money."""
    if not amount:
        return ()
    return (Posting(CUSTOMER, currency, -amount), Posting(MERCHANT, currency, amount))


def known_decimals(currency: str) -> int:
    """How many decimals an amount of `currency` has.

    Raises:
        RefusedError: ISO 4217 has no such currency.
    """
    decimals = decimals_of(currency)
    if decimals is None:
        detail = f"{currency!r} is no currency of ISO 4217, such as USD or JPY"
        raise RefusedError.of(INVALID_CURRENCY, detail)
    return decimals


def minor_units(amount: Any, currency: str) -> int:
    """`amount` of `currency` in minor units: a decimal text, or a JSON number.

    A number is read by its shortest decimal form, as providers do, so that a client that computes
    in floats is caught when its sum is not a whole number of cents.

    Raises:
        RefusedError: It is not positive, or has more decimals than its currency; or there is no
            such currency.
    """
    decimals = known_decimals(currency)
    if isinstance(amount, bool) or not isinstance(amount, str | int | float):
        raise RefusedError.of(INVALID_AMOUNT, "amount must be a decimal string or a number")
    form = _AMOUNT.fullmatch(str(amount))
    if form is not None and len(form["decimals"] or "") > decimals:
        detail = f"{amount!r}: an amount in {currency} has {decimals} decimals at most"
        raise RefusedError.of(INVALID_AMOUNT, detail)
    minor = int(Decimal(str(amount)).scaleb(decimals)) if form is not None else 0
    if minor == 0:
        raise RefusedError.of(INVALID_AMOUNT, f"{amount!r} is not a positive sum of money")
    return minor
