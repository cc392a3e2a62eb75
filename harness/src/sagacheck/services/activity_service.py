"""A service of which activities do the work by themselves: it records what they have done.

Limitations: what it answers is not in its hands, since the activity has returned already; a key
stands for the same arguments; nothing leaves the warehouse.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from http import HTTPStatus
from typing import Any, ClassVar

from sagacheck.services.operations import Operation
from sagacheck.services.payments import PaymentService, minor_units, payment
from sagacheck.services.refusals import REFUND_REFUSED
from sagacheck.services.request import Handling, RefusedError, Request
from sagacheck.services.service import Scheduled
from sagacheck.services.stock import AVAILABLE, RESERVED, StockService, moved
from sagacheck.world import Effect, EffectState, KeyState, Reply

AMOUNT, CURRENCY, LINES = "amount", "currency", "lines"
"""The fields of a request that say what it moves."""


class ActivityService(StockService, PaymentService):
    """Records the effects of activities: with money, with pieces of stock, or with neither.

    An undo without a key acts blindly, as its activity does: it takes away a live effect of its
    order, and where there is none it is done all the same, which the ledger shows.

    Attributes:
        with_tombstones: The creates whose undo by key refuses a later create with that key.
        final: The creates that nothing undoes.
    """

    with_tombstones: ClassVar[Collection[str]] = ()
    final: ClassVar[Collection[str]] = ()

    def leaves_tombstones(self, create: str) -> bool:
        """Whether that was declared: few real services do."""
        return create in self.with_tombstones

    def begin(self, request: Request) -> Handling:
        """Record it; a later run with its key is answered though the reply may be on its way."""
        handling = super().begin(request)
        if handling.record is not None and handling.record.state is KeyState.RUNNING:
            handling.record.state = KeyState.DONE
        return handling

    def check(self, request: Request) -> None:
        """Refuse a key that stands for something else, a lack of stock, and refused refunds."""
        if self.keys.answer(request) is not None:
            return
        if request.operation.is_create:
            self.check_stock(_lines_of(request))
            _money_of(request)
        elif (effect := self._target(request)) and effect.state is not EffectState.UNDONE:
            self._check_refund(effect)

    def create(self, request: Request) -> tuple[Effect, Mapping[str, Any]]:
        """Record what an activity has done."""
        lines, (amount, currency) = _lines_of(request), _money_of(request)
        self.check_stock(lines)
        is_final = request.operation.name in self.final
        effect = self.new_effect(
            request,
            lines=lines,
            amount=amount,
            currency=currency,
            state=EffectState.FINAL if is_final else EffectState.LIVE,
        )
        goods = moved(lines, AVAILABLE, RESERVED)
        self.write(request.operation.name, effect, [*goods, *payment(currency, amount)])
        return effect, {}

    def undo(self, request: Request, effect: Effect) -> None:
        """Record that an activity has taken it back."""
        self._check_refund(effect)
        amount = self._amount_of(request, effect) if effect.amount else 0
        goods = moved(effect.lines, RESERVED, AVAILABLE)
        self.write(request.operation.name, effect, [*goods, *payment(effect.currency, -amount)])
        if amount:
            self.change(effect, refunded=effect.refunded + amount)

    def repeated_undo(self, request: Request, effect: Effect) -> None:
        """A success that changes nothing: the key says that it is done."""

    def scheduled(self, effect: Effect) -> Iterable[Scheduled]:
        """Pieces that it holds expire; what else an activity has done does not."""
        return super().scheduled(effect) if effect.lines else ()

    def _check_refund(self, effect: Effect) -> None:
        if effect.amount and self.settings.refunds_refused:
            raise RefusedError.of(REFUND_REFUSED, "the provider rejects this refund")

    def _target(self, request: Request) -> Effect | None:
        """What an undo is about: by its key, else the first of its order that is live, or was."""
        undoes = request.operation.undoes
        if undoes is None or request.operation.target_key_at is not None:
            return super()._target(request)
        made = [each for each in self.ledger.effects_of(request.order) if each.operation == undoes]
        live = [each for each in made if each.state is not EffectState.UNDONE]
        return next(iter([*live, *reversed(made)]), None)

    def _undo(self, request: Request) -> Reply:
        effect = self._target(request)
        is_live = effect is not None and effect.state is not EffectState.UNDONE
        if is_live or request.operation.target_key_at is not None:
            return super()._undo(request)
        self._undo_nothing(request, effect)
        return Reply(request.operation.success)

    def _undo_nothing(self, request: Request, undone: Effect | None) -> None:
        """Record an undo that was done though nothing was there to undo.

        Args:
            request: The undo.
            undone: What was undone before; ``None`` where nothing ever was there.
        """
        amount, currency = _money_of(request)
        if undone is not None and not amount:
            amount, currency = undone.amount, undone.currency
        self.ledger.write(
            at=self.clock.now(),
            operation=request.operation.name,
            order=request.order,
            effect=undone.id if undone else self.new_id(request.operation.service),
            postings=payment(currency, -amount),
        )


def activity_service(
    name: str,
    operations: Iterable[Operation],
    with_tombstones: Collection[str],
    final: Collection[str],
) -> type[ActivityService]:
    """The service of this name, as activities do its work."""
    members = {
        "operations": tuple(operations),
        "with_tombstones": frozenset(with_tombstones),
        "final": frozenset(final),
    }
    return type(f"ActivityService_{name}", (ActivityService,), members)


def _lines_of(request: Request) -> dict[str, int]:
    """The pieces by SKU; none where it names none.

    Raises:
        RefusedError: They are no such thing: whoever sends a request may write anything.
    """
    lines = request.fields.get(LINES) or {}
    if not isinstance(lines, Mapping) or any(type(each) is not int for each in lines.values()):
        detail = f"{LINES} must be an object of pieces by SKU"
        raise RefusedError(HTTPStatus.BAD_REQUEST, "invalid_request", detail)
    return dict(lines)


def _money_of(request: Request) -> tuple[int, str]:
    """The amount in minor units and the currency; nothing where none is named.

    Raises:
        RefusedError: It is no sum of money.
    """
    asked, currency = request.fields.get(AMOUNT), str(request.fields.get(CURRENCY) or "")
    if asked is None:
        return 0, ""
    return minor_units(asked, currency), currency
