"""Services that do what the contract forbids. The saga around them is ours, as it is.

A saga is only as consistent as the services that it talks to; that their bugs are found shows that
the invariants look at the services' side.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from msgspec import structs
from typing_extensions import override

from fakes.inventory import RELEASE, RESERVE, Inventory, lines_of
from fakes.notifications import Notifications
from fakes.payments import CHARGE, Payments
from fakes.shipping import Shipping
from sagacheck.mutants import Mutant
from sagacheck.services import (
    AVAILABLE,
    CUSTOMER,
    MERCHANT,
    RESERVED,
    Handling,
    RefusedError,
    Request,
    Service,
    ServiceFactory,
)
from sagacheck.world import (
    Effect,
    EffectState,
    Idempotency,
    KeyState,
    Posting,
    Reply,
    World,
)
from tests.mutants._saga import saga


def services(
    *,
    inventory: type[Inventory] = Inventory,
    payments: type[Payments] = Payments,
    shipping: type[Shipping] = Shipping,
    notifications: type[Notifications] = Notifications,
) -> ServiceFactory:
    """The services around an order, one of them replaced."""

    def make(world: World) -> list[Service]:
        stock = inventory(world)
        return [
            stock,
            payments(world),
            shipping(world, on_departure=stock.ship),
            notifications(world),
        ]

    return make


class LeavesNoTombstone(Inventory):
    """An undo of an unknown create leaves no tombstone, and the late create succeeds."""

    @override
    def _undo(self, request: Request) -> Reply:
        if self._target(request) is None:
            return Reply(request.operation.success, self.undo_reply(request, None))
        return super()._undo(request)


class ChecksThenActs(Payments):
    """An undo that looks before the create has committed finds nothing to do, and both succeed."""

    @override
    def _undo(self, request: Request) -> Reply:
        record = self.keys._records.get((CHARGE.name, request.target_key or ""))
        if record is not None and record.state is KeyState.RUNNING:
            return Reply(request.operation.success, self.undo_reply(request, None))
        return super()._undo(request)


class Oversells(Inventory):
    """The shelf was counted last night."""

    @override
    def create(self, request: Request) -> tuple[Effect, Mapping[str, Any]]:
        try:
            return super().create(request)
        except RefusedError as refused:
            if refused.code != "insufficient_inventory":
                raise
            effect = self._take(request, lines_of(request.fields["items"]))
            return effect, {"reservation_id": effect.id}

    def _take(self, request: Request, lines: dict[str, int]) -> Effect:
        """Reserve, without a look at the shelf."""
        effect = self.new_effect(request, lines=lines)
        self.move(RESERVE.name, effect, AVAILABLE, RESERVED)
        return effect


class KeepsTheLinesItHas(Oversells):
    """Refuses an order when a line is missing, and keeps the lines before it reserved."""

    @override
    def create(self, request: Request) -> tuple[Effect, Mapping[str, Any]]:
        for sku, quantity in lines_of(request.fields["items"]).items():
            self._open_account(sku)
            if quantity > self.ledger.balance(AVAILABLE, sku):
                break
            effect = self._take(request, {sku: quantity})
            self.ledger.effects[effect.id] = effect
            self._reservations.setdefault(effect.order, []).append(effect)
        else:
            self._reservations[effect.order].pop()  # the caller adds what is returned
            return effect, {"reservation_id": effect.id}
        raise RefusedError(409, "insufficient_inventory", f"{quantity} of {sku} wanted")


class RestoresASnapshot(Inventory):
    """An undo writes back the old stock, and ignores what other orders have taken since."""

    @override
    def create(self, request: Request) -> tuple[Effect, Mapping[str, Any]]:
        effect, body = super().create(request)
        for sku, quantity in effect.lines.items():
            effect.details[sku] = str(self.ledger.balance(AVAILABLE, sku) + quantity)
        return effect, body

    @override
    def undo(self, request: Request, effect: Effect) -> None:
        postings = []
        for sku, quantity in effect.lines.items():
            back = int(effect.details[sku]) - self.ledger.balance(AVAILABLE, sku)
            postings += [Posting(RESERVED, sku, -quantity), Posting(AVAILABLE, sku, back)]
        self.write(RELEASE.name, effect, postings)


class ReleasesAgain(Inventory):
    """Each release puts the goods on the shelf again."""

    @override
    def _undo(self, request: Request) -> Reply:
        effect = self._target(request)
        if effect is not None and effect.state is EffectState.UNDONE:
            self.undo(request, effect)
        return super()._undo(request)


class IgnoresKeys(Payments):
    """A retry is a charge like any other."""

    def __init__(self, world: World) -> None:
        super().__init__(_without_keys(world))


class RefundsAgain(Payments):
    """Each request for a refund refunds again."""

    @override
    def _handle(self, request: Request) -> Handling:
        effect = self._target(request)
        if effect is not None and effect.state is EffectState.UNDONE:
            effect.refunded = 0
            self.undo(request, effect)
        return super()._handle(request)


class KeepsAFee(Payments):
    """Keeps a fee of each refund."""

    @override
    def undo(self, request: Request, effect: Effect) -> None:
        super().undo(request, effect)
        self.transfer(request.operation.name, effect, 30)


class LosesAFee(Payments):
    """Takes a fee from the customer that no account receives."""

    @override
    def undo(self, request: Request, effect: Effect) -> None:
        super().undo(request, effect)
        fee = Posting(CUSTOMER, effect.currency, -30)
        self.write(request.operation.name, effect, (fee,))


class RefundsEuros(Payments):
    """Gives back as many euros as there were dollars."""

    @override
    def undo(self, request: Request, effect: Effect) -> None:
        effect.details["refund_id"] = self.new_id("re")
        euros = (
            Posting(CUSTOMER, "EUR", effect.amount),
            Posting(MERCHANT, "EUR", -effect.amount),
        )
        self.write(request.operation.name, effect, euros)


class CutsCents(Payments):
    """Multiplies floats by a hundred, and drops what comes after the point."""

    @override
    def create(self, request: Request) -> tuple[Effect, Mapping[str, Any]]:
        cents = int(float(request.fields["amount"]) * 100)
        fields = {**request.fields, "amount": f"{cents / 100:.2f}"}
        return super().create(structs.replace(request, fields=fields))


class DeclinesAndCharges(Payments):
    """The issuer declines after the money was taken."""

    @override
    def create(self, request: Request) -> tuple[Effect, Mapping[str, Any]]:
        method = request.fields["payment_method_id"]
        fields = {**request.fields, "payment_method_id": "pm_fine"}
        effect, body = super().create(structs.replace(request, fields=fields))
        if self.settings.cards.get(method) == "declined":
            self.ledger.effects[effect.id] = effect
            raise RefusedError(402, "payment_declined", f"the issuer declined {method}")
        return effect, body


class AcceptsAndForgets(Payments):
    """Answers with success, and writes nothing."""

    @override
    def _create(self, request: Request) -> Reply:
        return Reply(request.operation.success, {"payment_id": self.new_id("pay")})


class ShipsWhatWasCancelled(Shipping):
    """The driver's list was printed in the morning."""

    @override
    def depart(self, effect: Effect) -> None:
        if effect.state is EffectState.UNDONE:
            effect.state = EffectState.LIVE
        super().depart(effect)


class CancelsWhatHasLeft(Shipping):
    """Takes back a parcel that is on its way, in its own ledger."""

    @override
    def undo(self, request: Request, effect: Effect) -> None:
        self.write(request.operation.name, effect)


class MailsEveryAttempt(Notifications):
    """Each retry sends another mail."""

    def __init__(self, world: World) -> None:
        super().__init__(_without_keys(world))


def _without_keys(world: World) -> World:
    """The same world for a service that ignores idempotency keys."""
    settings = replace(world.settings, idempotency=Idempotency.NONE)
    return World(settings, clock=world.clock, ledger=world.ledger)


def _mutant(
    name: str, anomaly: str, why: str, *breaks: str, also: tuple[str, ...] = (), **replaced: Any
) -> Mutant:
    return Mutant(
        name=name,
        anomaly=anomaly,
        why=why,
        also=also,
        saga=saga(services=services(**replaced)),
        breaks=frozenset(breaks),
    )


MUTANTS = (
    _mutant(
        "inventory: no tombstone",
        "A3",
        "a late reservation is accepted after its undo",
        "I12",
        inventory=LeavesNoTombstone,
    ),
    _mutant(
        "payments: tombstone checked, then acted",
        "A5",
        "charge and refund overlap, and both succeed",
        "I7",
        payments=ChecksThenActs,
        also=("B24",),
    ),
    _mutant(
        "inventory: oversold",
        "C4",
        "more is promised than there is",
        "I5",
        inventory=Oversells,
    ),
    _mutant(
        "inventory: lines held one by one",
        "E1",
        "an order that cannot be reserved as a whole locks some of its lines",
        "I6",
        "I7",
        inventory=KeepsTheLinesItHas,
    ),
    _mutant(
        "inventory: snapshot restored",
        "C2",
        "goods that other orders have taken meanwhile are on the shelf again",
        "I5",
        inventory=RestoresASnapshot,
    ),
    _mutant(
        "inventory: released again",
        "C6",
        "expired and released: the same goods are on the shelf twice",
        "I5",
        inventory=ReleasesAgain,
    ),
    _mutant(
        "payments: keys ignored",
        "D1",
        "a retry charges once more",
        "I4",
        "I13",
        payments=IgnoresKeys,
        also=("B23",),
    ),
    _mutant(
        "payments: refund without a cap",
        "D3",
        "each request refunds the same charge again",
        "I3",
        payments=RefundsAgain,
        also=("D2",),
    ),
    _mutant(
        "payments: fee kept",
        "D14",
        "the undo is not the inverse of the step",
        "I2",
        payments=KeepsAFee,
        also=("D4",),
    ),
    _mutant(
        "payments: fee vanishes",
        "D14",
        "money leaves one account and reaches none",
        "I1",
        payments=LosesAFee,
    ),
    _mutant(
        "payments: refund in another currency",
        "D6",
        "dollars are charged, euros are refunded",
        "I3",
        "I22",
        payments=RefundsEuros,
    ),
    _mutant(
        "payments: cents cut off",
        "D5",
        "the charge differs from the requested amount",
        "I18",
        payments=CutsCents,
    ),
    _mutant(
        "payments: declined and charged",
        "E3",
        "the order fails, and its customer pays",
        "I2",
        "I7",
        payments=DeclinesAndCharges,
    ),
    _mutant(
        "payments: accepted and forgotten",
        "A1",
        "the service answers with success, and there is no charge",
        "I6",
        "I14",
        payments=AcceptsAndForgets,
    ),
    _mutant(
        "shipping: sent though cancelled",
        "E5",
        "the parcel of a failed order leaves with goods that are reserved for other orders",
        "I6",
        shipping=ShipsWhatWasCancelled,
    ),
    _mutant(
        "shipping: cancelled though it has left",
        "E6",
        "the customer gets the goods and the money",
        "I6",
        shipping=CancelsWhatHasLeft,
    ),
    _mutant(
        "notifications: every attempt mailed",
        "E8",
        "the customer gets the same mail again and again",
        "I13",
        notifications=MailsEveryAttempt,
    ),
)
