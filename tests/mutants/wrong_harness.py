"""A wrong zoo, which the command must report, and fakes that could hide bugs."""

from __future__ import annotations

from typing import Any, ClassVar

from temporalio import activity
from typing_extensions import override

from fakes import order_services
from orders.activities import OrderActivities
from orders.messages import ReserveInventory
from sagacheck.mutants import Mutant, Zoo
from sagacheck.mutants.model import Variant
from sagacheck.services import Handling, Request, Service
from sagacheck.world import World
from tests.mutants._saga import saga
from tests.mutants.wrong_rollbacks import ForgetsTheReservation


def too_clean(world: World) -> list[Service]:
    """Services that recognise a repeated request by its order, even without a key."""
    services = order_services(world)
    for service in services:
        _guess_keys(service)
    return services


def _guess_keys(service: Service) -> None:
    begin = service.begin

    def begin_by_order(request: Request) -> Handling:
        fields: dict[str, Any] = dict(request.fields)
        if request.operation.is_create:
            fields["idempotency_key"] = f"order-{request.order}"
        return begin(Request(request.operation, request.order, fields, request.malformed))

    service.begin = begin_by_order  # type: ignore[method-assign]


class Remembers(OrderActivities):
    """Keeps state in the process: one run leaks into the next."""

    reservations: ClassVar[dict[str, str]] = {}

    @activity.defn
    @override
    async def reserve_inventory(self, message: ReserveInventory) -> str:
        if message.order_id not in self.reservations:
            made = await super().reserve_inventory(message)
            self.reservations[message.order_id] = made
        return self.reservations[message.order_id]


SURVIVOR = Mutant(
    name="a bug that is none",
    anomaly="A1",
    why="nothing is wrong, so no finder can catch it",
    saga=saga(),
    breaks=frozenset({"I7"}),
)
FLAGGED = Variant(
    name="reservation never released, taken for correct",
    why="it is not",
    saga=saga(ForgetsTheReservation),
)

ZOO = Zoo(mutants=(SURVIVOR,), variants=(FLAGGED,))
