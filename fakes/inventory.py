"""The inventory service: reservations of stock.

Limitations: one warehouse; a reservation is all lines or none; nothing is back-ordered.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from sagacheck.services import (
    AVAILABLE,
    OUTSIDE,
    RESERVED,
    SHIPPED,
    Operation,
    Refusal,
    RefusedError,
    Request,
    StockService,
)
from sagacheck.world import Effect, EffectState, World

RESERVE = Operation(
    name="inventory.reserve",
    routes=("POST /reservations",),
    success=201,
    refusals=(Refusal(409, "insufficient_inventory"),),
    reply_fields=("reservation_id",),
)
RELEASE = Operation(
    name="inventory.release",
    routes=("DELETE /reservations/{reservation_id}", "DELETE /reservations"),
    success=204,
    undoes=RESERVE.name,
    key_at=None,
    target_key_at="idempotency_key",
    target_id_at="reservation_id",
)


class Inventory(StockService):
    """Stock per SKU: available, reserved by an order, or shipped."""

    operations: ClassVar = (RESERVE, RELEASE)

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._reservations: dict[str, list[Effect]] = {}

    def create(self, request: Request) -> tuple[Effect, Mapping[str, Any]]:
        """Reserve all lines, or none."""
        request.required("order_id")
        lines = _lines(request.fields.get("items"))
        for sku, quantity in lines.items():
            available = self.available(sku)
            if quantity > available:
                detail = f"{quantity} of {sku} wanted, {available} available"
                raise RefusedError(409, "insufficient_inventory", detail)
        effect = Effect(
            id=self.new_id("res"),
            operation=RESERVE.name,
            order=request.order,
            key=request.key,
            at=self.clock.now(),
            lines=lines,
        )
        self.move(RESERVE.name, effect, AVAILABLE, RESERVED)
        return effect, {"reservation_id": effect.id}

    def hold(self, effect: Effect) -> None:
        """Hold a reservation, until it expires."""
        super().hold(effect)
        self._reservations.setdefault(effect.order, []).append(effect)
        if self.will_change(effect):
            expiry = effect.at + (self.settings.reservation_expires_after or 0)
            self.clock.call_at(expiry, self._expiry_of(effect.id))

    def let_go(self, effect: Effect) -> None:
        """Forget a reservation."""
        super().let_go(effect)
        self._reservations[effect.order].remove(effect)
        if not self._reservations[effect.order]:
            del self._reservations[effect.order]

    def will_change(self, effect: Effect) -> bool:
        """A live reservation expires, where reservations do."""
        expires = self.settings.reservation_expires_after is not None
        return expires and effect.state is EffectState.LIVE

    def undo(self, request: Request, effect: Effect) -> None:
        """Put the reserved stock back."""
        if effect.state is EffectState.FINAL:
            raise RefusedError(409, "already_shipped", f"the goods of {effect.id} have left")
        self.move(request.operation.name, effect, RESERVED, AVAILABLE)

    def ship(self, order: str) -> None:
        """The parcel of `order` leaves, with the goods reserved for it.

        Where the reservation is gone the pickers take the goods from the shelf all the same: that
        is how stock that was promised to somebody else gets lost.
        """
        reservations = self._reservations.get(order, [])
        held = [e for e in reservations if e.state is EffectState.LIVE]
        for effect in held:
            self.move("world.ship", effect, RESERVED, SHIPPED)
            effect.state = EffectState.FINAL
        if reservations and not held:
            self.move("world.ship", reservations[-1], AVAILABLE, SHIPPED)

    def stock(self) -> dict[str, dict[str, int]]:
        """Pieces available, reserved and shipped per SKU."""
        return {
            sku: {
                account.name: self.ledger.balance(account, sku)
                for account in (AVAILABLE, RESERVED, SHIPPED)
            }
            for sku in sorted({*self.settings.stock, *self.ledger.units(OUTSIDE)})
        }

    def reads(self) -> Mapping[str, Any]:
        """``GET /reservations`` and ``GET /stock``."""
        return {"reservations": list(self.effects(RESERVE.name)), "stock": self.stock()}

    def _expiry_of(self, effect_id: str) -> Callable[[], None]:
        def expire() -> None:
            effect = self.ledger.effects.get(effect_id)
            if effect is not None and effect.state is EffectState.LIVE:
                self.move("world.expire", effect, RESERVED, AVAILABLE)
                self.end_effect(effect, "world.expire")

        return expire


def _lines(items: Any) -> dict[str, int]:
    """Pieces per SKU of the ``items`` of a request; a 400 where they are not well formed."""
    if not isinstance(items, list) or not items:
        raise RefusedError(400, "invalid_request", "items must be a list with at least one line")
    lines: Counter[str] = Counter()
    for item in items:
        sku = item.get("sku") if isinstance(item, dict) else None
        quantity = item.get("qty") if isinstance(item, dict) else None
        if not isinstance(sku, str) or not sku:
            raise RefusedError(400, "invalid_request", f"{item!r} has no sku")
        if type(quantity) is not int or quantity < 1:
            raise RefusedError(400, "invalid_request", f"qty of {sku} must be a whole number >= 1")
        lines[sku] += quantity
    return dict(lines)
