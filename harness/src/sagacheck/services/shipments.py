"""A shipment service: parcels.

Limitations: one parcel a request; there are no tracking events and no returns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sagacheck.services.refusals import ALREADY_SHIPPED
from sagacheck.services.request import RefusedError, Request
from sagacheck.services.service import Scheduled, Service
from sagacheck.world import Effect, EffectState, World


class ShipmentService(Service):
    """Parcels: labelled, cancelled, or gone.

    A subclass defines `create`, which calls `label`; to undo is to cancel. A parcel leaves after
    the world's `ships_after`, or when the world settles.

    Args:
        world: Its settings, clock and ledger are those of the service.
        on_departure: Called with the order of each parcel that leaves.
    """

    def __init__(
        self, world: World, on_departure: Callable[[str], None] = lambda _order: None
    ) -> None:
        super().__init__(world)
        self._on_departure = on_departure

    def label(self, request: Request) -> Effect:
        """Label a parcel; its `details` have the ``tracking_number``."""
        effect = self.new_effect(request)
        number = effect.id.rpartition("_")[2]
        effect.details["tracking_number"] = f"TRACK-{number}"
        self.write(request.operation.name, effect)
        return effect

    def undo(self, request: Request, effect: Effect) -> None:
        """Take the parcel back, unless it has left."""
        if effect.state is EffectState.FINAL:
            raise RefusedError.of(ALREADY_SHIPPED, f"{effect.id} has left the warehouse")
        self.write(request.operation.name, effect)

    def settle(self, effects: Iterable[Effect]) -> None:
        """Every parcel that still waits leaves."""
        creates = {operation.name for operation in self.operations if operation.is_create}
        for effect in effects:
            if effect.operation in creates:
                self.depart(effect)

    def scheduled(self, effect: Effect) -> Iterable[Scheduled]:
        """A parcel leaves, where the settings say when."""
        if self.settings.ships_after is not None and effect.state is EffectState.LIVE:
            yield Scheduled(effect.at + self.settings.ships_after, "world.ship")

    def happen(self, scheduled: Scheduled, effect: Effect) -> None:
        """The parcel leaves."""
        self.depart(effect)

    def depart(self, effect: Effect) -> None:
        """The parcel leaves, if it was not cancelled and has not left."""
        if effect.state is not EffectState.LIVE:
            return
        self.change(effect, state=EffectState.FINAL)
        self.write("world.ship", effect)
        self._on_departure(effect.order)
