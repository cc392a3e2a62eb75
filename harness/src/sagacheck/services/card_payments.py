"""Card payments in two steps: money is authorised, and later captured or voided.

Limitations: an authorisation is captured once, and what that leaves of it is free again; it cannot
be raised or renewed.
"""

from __future__ import annotations

from collections.abc import Iterable

from sagacheck.services.payments import CUSTOMER, PaymentService, minor_units
from sagacheck.services.refusals import (
    ALREADY_CAPTURED,
    AUTHORISATION_EXPIRED,
    AUTHORISATION_VOIDED,
    CAPTURE_EXCEEDS_AUTHORISATION,
    NOT_FOUND,
)
from sagacheck.services.request import RefusedError, Request
from sagacheck.services.service import Scheduled
from sagacheck.world import Account, AccountKind, Effect, EffectState, Posting, money_text

AUTHORISED = Account("authorised", AccountKind.MONEY, on_hold=True)
"""Money that is set aside on a card: the customer cannot spend it, the merchant has not got it."""

CAPTURED, EXPIRED = "world.capture", "world.expire"
"""What ends an authorisation that was not voided: its capture, or time."""


class CardPaymentService(PaymentService):
    """Money that is set aside first, and taken when the goods leave.

    A subclass defines `create`, which calls `authorise`, and `capture` for the operation that
    `Operation.uses_up` an authorisation. To undo an authorisation is to void it, and to undo a
    capture is to refund it. An authorisation expires after the world's
    `authorisations_expire_after`.
    """

    def authorise(self, request: Request, *, method: str, amount: int, currency: str) -> Effect:
        """Set money aside, unless the world's `cards` decline the payment method.

        Args:
            request: The create.
            method: The payment method.
            amount: In minor units of `currency`.
            currency: The currency, by its ISO 4217 code.

        Raises:
            RefusedError: The payment is declined, or there is no such currency.
        """
        self.check_card(method, currency)
        effect = self.new_effect(request, held=amount, currency=currency)
        self.write(request.operation.name, effect, _set_aside(currency, amount))
        return effect

    def capture(self, request: Request) -> Effect:
        """Take what was set aside, or as much of it as the field ``amount`` says.

        Raises:
            RefusedError: There is no such authorisation, it has ended, or it is over less.
        """
        authorisation = self._authorisation(request)
        asked, held = request.fields.get("amount"), authorisation.held
        amount = held if asked is None else minor_units(asked, authorisation.currency)
        if amount > held:
            wanted, there = (money_text(each, authorisation.currency) for each in (amount, held))
            detail = f"{wanted} of {authorisation.id} wanted, {there} authorised"
            raise RefusedError.of(CAPTURE_EXCEEDS_AUTHORISATION, detail)
        effect = self.new_effect(request, amount=amount, currency=authorisation.currency)
        self.transfer(request.operation.name, effect, amount)
        self._free(CAPTURED, authorisation)
        # Its key stays as it was: who asks again for the authorisation is told that there was one.
        now = self.clock.now()
        self.change(
            authorisation, state=EffectState.UNDONE, undone_by=CAPTURED, undone_at=now, held=0
        )
        return effect

    def undo(self, request: Request, effect: Effect) -> None:
        """Void an authorisation, or refund a capture."""
        if effect.held:
            self._free(request.operation.name, effect)
            self.change(effect, held=0)
        else:
            super().undo(request, effect)

    def is_partial(self, request: Request, effect: Effect) -> bool:
        """Whether a part of a capture is left after a refund; an authorisation is voided whole."""
        return bool(effect.amount) and super().is_partial(request, effect)

    def repeated_undo(self, request: Request, effect: Effect) -> None:
        """Refuse to void what was captured; to void twice, or what has expired, is a success."""
        if effect.amount:
            super().repeated_undo(request, effect)
        elif effect.undone_by == CAPTURED:
            raise RefusedError.of(ALREADY_CAPTURED, f"{effect.id} was captured: refund it")

    def scheduled(self, effect: Effect) -> Iterable[Scheduled]:
        """An authorisation expires, where authorisations do."""
        yield from super().scheduled(effect)
        lifetime = self.settings.authorisations_expire_after
        if effect.held and lifetime is not None:
            yield Scheduled(effect.at + lifetime, EXPIRED)

    def happen(self, scheduled: Scheduled, effect: Effect) -> None:
        """The authorisation expires."""
        if scheduled.event == EXPIRED:
            self._expire(effect)
        else:
            super().happen(scheduled, effect)

    def expire(self, request: Request) -> None:
        """Let the authorisation expire that a capture is about, if there is one."""
        try:
            authorisation = self._target(request)
        except RefusedError:
            return  # the service is going to refuse the capture, with the reason
        if authorisation is not None and authorisation.held:
            self._expire(authorisation)

    def _expire(self, effect: Effect) -> None:
        self._free(EXPIRED, effect)
        self.change(effect, held=0)
        self.end_effect(effect, EXPIRED)

    def _authorisation(self, request: Request) -> Effect:
        """The authorisation that a capture is about, if it still holds money."""
        effect = self._target(request)
        if effect is None:
            raise RefusedError.of(NOT_FOUND, f"nothing was authorised by {request.target_key}")
        if effect.undone_by == CAPTURED:
            raise RefusedError.of(ALREADY_CAPTURED, f"{effect.id} was captured before")
        if effect.undone_by == EXPIRED:
            raise RefusedError.of(AUTHORISATION_EXPIRED, f"{effect.id} has expired")
        if effect.state is EffectState.UNDONE:
            raise RefusedError.of(AUTHORISATION_VOIDED, f"{effect.id} was voided")
        return effect

    def _free(self, operation: str, effect: Effect) -> None:
        """Write down that what was set aside is the customer's again."""
        self.write(operation, effect, _set_aside(effect.currency, -effect.held))


def _set_aside(currency: str, amount: int) -> tuple[Posting, ...]:
    """What moves when so many minor units are set aside; the reverse for a negative amount."""
    return (Posting(CUSTOMER, currency, -amount), Posting(AUTHORISED, currency, amount))
