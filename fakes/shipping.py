"""The shipping service: parcels.

Limitations: one parcel an order line set, no tracking events, no returns; an address is valid when
street, city, postal code and country are there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

from sagacheck.services import Operation, Refusal, RefusedError, Request, Service
from sagacheck.world import Effect, EffectState, World

CREATE = Operation(
    name="shipping.create",
    routes=("POST /shipments",),
    success=201,
    refusals=(Refusal(422, "invalid_address"),),
    reply_fields=("shipment_id", "tracking_number"),
    needs=("inventory.reserve", "payments.charge"),
)
CANCEL = Operation(
    name="shipping.cancel",
    routes=("POST /shipments/{shipment_id}/cancel", "POST /shipments/cancel"),
    success=200,
    undoes=CREATE.name,
    refusals=(Refusal(409, "already_shipped", tells_state=True),),
    reply_fields=("status",),
    key_at=None,
    target_key_at="idempotency_key",
    target_id_at="shipment_id",
)


class Shipping(Service):
    """Parcels: labelled, cancelled, or gone.

    Args:
        world: Where the parcels are written down, and when they leave.
        on_departure: Told the order whose parcel has left the warehouse.
    """

    operations: ClassVar = (CREATE, CANCEL)

    def __init__(
        self, world: World, on_departure: Callable[[str], None] = lambda _order: None
    ) -> None:
        super().__init__(world)
        self._on_departure = on_departure

    def create(self, request: Request) -> tuple[Effect, Mapping[str, Any]]:
        """Label a parcel and ask the carrier to come."""
        request.required("order_id")
        address = request.fields.get("address")
        if not isinstance(address, dict):
            raise RefusedError(400, "invalid_request", "address must be an object")
        for part in ("street", "city", "zip", "country"):
            if not isinstance(address.get(part), str) or not address[part].strip():
                raise RefusedError(422, "invalid_address", f"{part} is missing")
        effect = Effect(
            id=self.new_id("shp"),
            operation=CREATE.name,
            order=request.order,
            key=request.key,
            at=self.clock.now(),
        )
        effect.details["tracking_number"] = f"TRACK-{effect.id.removeprefix('shp_')}"
        self._write(CREATE.name, effect)
        return effect, {
            "shipment_id": effect.id,
            "tracking_number": effect.details["tracking_number"],
        }

    def hold(self, effect: Effect) -> None:
        """Hold a parcel, until it leaves."""
        super().hold(effect)
        if self.settings.ships_after is not None and effect.state is EffectState.LIVE:
            self.clock.call_at(effect.at + self.settings.ships_after, self._departure_of(effect.id))

    def undo(self, request: Request, effect: Effect) -> None:
        """Take the parcel back, unless it has left."""
        if effect.state is EffectState.FINAL:
            raise RefusedError(409, "already_shipped", f"{effect.id} has left the warehouse")
        self._write(request.operation.name, effect)

    def undo_reply(self, request: Request, effect: Effect | None) -> Mapping[str, Any]:
        """Cancelled."""
        return {"status": "cancelled"}

    def settle(self, effects: Iterable[Effect]) -> None:
        """The carrier comes for every parcel that waits."""
        for effect in effects:
            if effect.operation == CREATE.name:
                self._depart(effect)

    def reads(self) -> Mapping[str, Any]:
        """``GET /shipments``."""
        return {"shipments": list(self.effects(CREATE.name))}

    def _departure_of(self, effect_id: str) -> Callable[[], None]:
        def depart() -> None:
            effect = self.ledger.effects.get(effect_id)
            if effect is not None:
                self._depart(effect)

        return depart

    def _depart(self, effect: Effect) -> None:
        if effect.state is not EffectState.LIVE:
            return
        effect.state = EffectState.FINAL
        self._write("world.ship", effect)
        self._on_departure(effect.order)

    def _write(self, operation: str, effect: Effect) -> None:
        self.ledger.write(
            at=self.clock.now(),
            operation=operation,
            order=effect.order,
            effect=effect.id,
            key=effect.key,
        )
