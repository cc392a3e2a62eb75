"""A service that holds pieces of stock: goods on a shelf, rooms, seats.

Limitations: one place for each SKU; a reservation is all lines or none; there are no back-orders.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar

from sagacheck.services.operations import Refusal
from sagacheck.services.refusals import ALREADY_SHIPPED, OUT_OF_STOCK
from sagacheck.services.request import RefusedError, Request
from sagacheck.services.service import Scheduled, Service
from sagacheck.world import Account, AccountKind, Effect, EffectState, Ledger, Posting, World

OUTSIDE = Account("world", AccountKind.STOCK, may_be_negative=True)
AVAILABLE = Account("available", AccountKind.STOCK)
RESERVED = Account("reserved", AccountKind.STOCK)
SHIPPED = Account("shipped", AccountKind.STOCK)
"""The invariants know what is reserved for an order, and what has left for it, by these."""


class StockService(Service):
    """Pieces per SKU: available, reserved for an order, or shipped.

    A subclass defines `create`, which calls `reserve`; to undo is to release. A reservation expires
    after the world's `reservation_expires_after`, and leaves when `ship` is called for its order.

    Attributes:
        out_of_stock: The refusal of a reservation for which too few pieces are available.
    """

    out_of_stock: ClassVar[Refusal] = OUT_OF_STOCK

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._reservations: dict[str, list[Effect]] = {}
        for sku in self.settings.stock:
            self._open_account(sku)

    def available(self, sku: str) -> int:
        """Pieces that are neither reserved nor shipped."""
        self._open_account(sku)
        return self.ledger.balance(AVAILABLE, sku)

    def stock(self, ledger: Ledger) -> dict[str, dict[str, int]]:
        """Pieces available, reserved and shipped per SKU, as `ledger` knows them."""
        return {
            sku: {
                account.name: ledger.balance(account, sku)
                for account in (AVAILABLE, RESERVED, SHIPPED)
            }
            for sku in sorted({*self.settings.stock, *ledger.units(OUTSIDE)})
        }

    def reserve(self, request: Request, lines: Mapping[str, int]) -> Effect:
        """Reserve pieces of each SKU in `lines`, or nothing.

        Raises:
            RefusedError: A line asks for more pieces than are available.
        """
        self.check_stock(lines)
        effect = self.new_effect(request, lines=dict(lines))
        self.move(request.operation.name, effect, AVAILABLE, RESERVED)
        return effect

    def check_stock(self, lines: Mapping[str, int]) -> None:
        """Refuse lines that are not all available.

        Raises:
            RefusedError: A line asks for more pieces than are available.
        """
        for sku, quantity in lines.items():
            available = self.available(sku)
            if quantity > available:
                detail = f"{quantity} of {sku} wanted, {available} available"
                raise RefusedError.of(self.out_of_stock, detail)

    def undo(self, request: Request, effect: Effect) -> None:
        """Make the reserved pieces available again."""
        if effect.state is EffectState.FINAL:
            raise RefusedError.of(ALREADY_SHIPPED, f"the goods of {effect.id} have left")
        self.move(request.operation.name, effect, RESERVED, AVAILABLE)

    def ship(self, order: str) -> None:
        """The parcel of `order` leaves with the pieces reserved for it.

        Where the reservation is gone the parcel takes pieces off the shelf all the same: that is
        how stock that was promised to another order gets lost.
        """
        reservations = self._reservations.get(order, [])
        live = [effect for effect in reservations if effect.state is EffectState.LIVE]
        for effect in live:
            self.move("world.ship", effect, RESERVED, SHIPPED)
            self.change(effect, state=EffectState.FINAL)
        if reservations and not live:
            self.move("world.ship", reservations[-1], AVAILABLE, SHIPPED)

    def move(self, operation: str, effect: Effect, source: Account, target: Account) -> None:
        """Write down that the pieces of `effect` go from one account to another."""
        self.write(operation, effect, moved(effect.lines, source, target))

    def add_effect(self, effect: Effect) -> None:
        """Take in a reservation."""
        super().add_effect(effect)
        self._reservations.setdefault(effect.order, []).append(effect)

    def remove_effect(self, effect: Effect) -> None:
        """Forget a reservation."""
        super().remove_effect(effect)
        self._reservations[effect.order].remove(effect)
        if not self._reservations[effect.order]:
            del self._reservations[effect.order]

    def scheduled(self, effect: Effect) -> Iterable[Scheduled]:
        """A live reservation expires, where reservations do."""
        lifetime = self.settings.reservation_expires_after
        if lifetime is not None and effect.state is EffectState.LIVE:
            yield Scheduled(effect.at + lifetime, "world.expire")

    def happen(self, scheduled: Scheduled, effect: Effect) -> None:
        """The reservation expires."""
        self.move(scheduled.event, effect, RESERVED, AVAILABLE)
        self.end_effect(effect, scheduled.event)

    def _open_account(self, sku: str) -> None:
        """Enter the opening stock of `sku`, once, as of the world's beginning."""
        quantity = self.settings.stock.get(sku, self.settings.default_stock)
        if quantity and not self.ledger.balance(OUTSIDE, sku):
            self.ledger.write(
                at=0.0,
                operation="world.stock",
                order="",
                effect="",
                postings=(Posting(OUTSIDE, sku, -quantity), Posting(AVAILABLE, sku, quantity)),
            )


def moved(lines: Mapping[str, int], source: Account, target: Account) -> list[Posting]:
    """What moves when pieces go from one account to another."""
    postings = []
    for sku, quantity in lines.items():
        postings.append(Posting(source, sku, -quantity))
        postings.append(Posting(target, sku, quantity))
    return postings
