"""A payment service: charges and their refunds.

Limitations: a charge is authorised and captured in one step (`CardPaymentService` does it in two);
there are no fees, disputes or currency conversions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import structs

from sagacheck.services.refusals import (
    ALREADY_REFUNDED,
    INVALID_AMOUNT,
    INVALID_CURRENCY,
    PAYMENT_DECLINED,
    REFUND_EXCEEDS_CHARGE,
    REFUND_REFUSED,
)
from sagacheck.services.request import RefusedError, Request
from sagacheck.services.service import Scheduled, Service
from sagacheck.world import (
    Account,
    AccountKind,
    Effect,
    EffectState,
    Ledger,
    Posting,
    Refund,
    RefundState,
    decimals_of,
    money_text,
)

CUSTOMER = Account("customer", AccountKind.MONEY, may_be_negative=True)
MERCHANT = Account("merchant", AccountKind.MONEY)
REFUNDS_DUE = Account("refunds due", AccountKind.MONEY, on_hold=True)
"""Money of refunds that are accepted and have not settled."""

SETTLED, RETURNED = "world.settle", "world.return"
"""What comes of a refund in the end: the customer gets the money, or the merchant gets it back."""


class RefundRow(msgspec.Struct, frozen=True):
    """A refund as a read shows it.

    Attributes:
        id: Its id.
        order: The order.
        key: The idempotency key of the payment that it gives back.
        amount: The amount, as a decimal text.
        status: Pending, settled or failed.
    """

    id: str
    order: str
    key: str | None
    amount: str
    status: RefundState


_AMOUNT = re.compile(r"\d{1,12}(\.(?P<decimals>\d{1,4}))?", re.ASCII)


class PaymentService(Service):
    """Money between customers and the merchant, in minor units per currency.

    A subclass defines `create`, which calls `charge`; to undo is to refund: all that is left of the
    charge, or as much as the field ``amount`` of the request says. `undo_reply` says under which
    name the refund's id is answered. A refund settles after the world's `refunds_settle_after`. The
    first `refunds_that_fail` of each charge fail instead, and the merchant has the money again.
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
        self.check_card(method, currency)
        effect = self.new_effect(request, amount=amount, currency=currency)
        self.transfer(request.operation.name, effect, amount)
        return effect

    def check_card(self, method: str, currency: str) -> None:
        """Check that the issuer of a payment method lets money be taken.

        Raises:
            RefusedError: The payment is declined, or there is no such currency.
        """
        known_decimals(currency)
        if self.settings.cards.get(method) == "declined":
            raise RefusedError.of(PAYMENT_DECLINED, f"the issuer declined {method}")

    def undo(self, request: Request, effect: Effect) -> None:
        """Give money back, unless the world's `refunds_refused` forbids it."""
        amount = self._amount_of(request, effect)
        if self.settings.refunds_refused:
            raise RefusedError.of(REFUND_REFUSED, "the provider rejects this refund")
        refund_id = self.new_id("re")
        details = {**effect.details, "refund_id": refund_id}
        self.change(effect, refunded=effect.refunded + amount, details=details)
        if self._settlement is None:
            self.transfer(request.operation.name, effect, -amount)
            return
        self.write(request.operation.name, effect, _moved(effect, amount, MERCHANT, REFUNDS_DUE))
        refund = Refund(refund_id, amount, self.clock.now())
        self.change(effect, refunds=(*effect.refunds, refund))
        self.schedule(effect)

    def scheduled(self, effect: Effect) -> Iterable[Scheduled]:
        """Pending refunds settle or fail."""
        for number, refund in enumerate(effect.refunds):
            if refund.state is RefundState.PENDING:
                fails = number < self.settings.refunds_that_fail
                event = RETURNED if fails else SETTLED
                yield Scheduled(refund.at + (self._settlement or 0), event, refund.id)

    def happen(self, scheduled: Scheduled, effect: Effect) -> None:
        """A refund settles; or it fails, and what it gave back is to be given back again."""
        refund = next(each for each in effect.refunds if each.id == scheduled.part)
        fails = scheduled.event == RETURNED
        to = MERCHANT if fails else CUSTOMER
        self.write(scheduled.event, effect, _moved(effect, refund.amount, REFUNDS_DUE, to))
        state = RefundState.FAILED if fails else RefundState.SETTLED
        done = structs.replace(refund, state=state)
        refunds = tuple(done if each is refund else each for each in effect.refunds)
        self.change(effect, refunds=refunds)
        if fails:
            left = effect.refunded - refund.amount
            self.change(effect, refunded=left, undone_by=None, undone_at=None)
            self.change(effect, state=EffectState.LIVE)

    def refund_status(self, effect: Effect | None) -> RefundState:
        """The state of the last refund of a charge; one that takes no time is settled."""
        return effect.refunds[-1].state if effect and effect.refunds else RefundState.SETTLED

    def refund_rows(self, ledger: Ledger) -> list[RefundRow]:
        """The refunds that take their time, for `reads`."""
        return [
            RefundRow(
                id=refund.id,
                order=effect.order,
                key=effect.key,
                amount=money_text(refund.amount, effect.currency),
                status=refund.state,
            )
            for effect in ledger.effects.values()
            for refund in effect.refunds
        ]

    @property
    def _settlement(self) -> float | None:
        """How long a refund takes to settle or to fail; ``None`` for no time at all."""
        takes_time = self.settings.refunds_settle_after
        return 0.0 if takes_time is None and self.settings.refunds_that_fail else takes_time

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


def _moved(effect: Effect, amount: int, source: Account, target: Account) -> tuple[Posting, ...]:
    unit = effect.currency
    return (Posting(source, unit, -amount), Posting(target, unit, amount))


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
