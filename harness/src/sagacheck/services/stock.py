"""What all services have in common that hold pieces of stock: rooms, seats, goods on a shelf."""

from __future__ import annotations

from sagacheck.services.service import Service
from sagacheck.world import Account, AccountKind, Effect, Posting, World

OUTSIDE = Account("world", AccountKind.STOCK, may_be_negative=True)
AVAILABLE = Account("available", AccountKind.STOCK)
RESERVED = Account("reserved", AccountKind.STOCK)
SHIPPED = Account("shipped", AccountKind.STOCK)
"""The invariants know what is reserved for an order, and what has left for it, by these."""


class StockService(Service):
    """A service that keeps stock: so many pieces per SKU as the settings say at the beginning."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        for sku in self.settings.stock:
            self._open_account(sku)

    def available(self, sku: str) -> int:
        """Pieces that nobody has yet."""
        self._open_account(sku)
        return self.ledger.balance(AVAILABLE, sku)

    def _open_account(self, sku: str) -> None:
        quantity = self.settings.stock.get(sku, self.settings.default_stock)
        if quantity and not self.ledger.balance(OUTSIDE, sku):
            self.ledger.write(
                at=0.0,  # it was there when the world began, whenever somebody looks first
                operation="world.stock",
                order="",
                effect="",
                postings=(Posting(OUTSIDE, sku, -quantity), Posting(AVAILABLE, sku, quantity)),
            )

    def move(self, operation: str, effect: Effect, source: Account, target: Account) -> None:
        """Write down that the pieces of `effect` go from one account to another."""
        postings = []
        for sku, quantity in effect.lines.items():
            postings.append(Posting(source, sku, -quantity))
            postings.append(Posting(target, sku, quantity))
        self.ledger.write(
            at=self.clock.now(),
            operation=operation,
            order=effect.order,
            effect=effect.id,
            key=effect.key,
            postings=postings,
        )
