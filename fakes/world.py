"""The world around a saga: its services, the network to them, the journal, and the clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from fakes.books import Books
from fakes.clock import Clock, ManualClock
from fakes.inventory import Inventory
from fakes.journal import Journal
from fakes.network import Network
from fakes.notifications import Notifications
from fakes.operations import OperationTable
from fakes.payments import Payments
from fakes.routes import Routes
from fakes.service import Service
from fakes.settings import Settings
from fakes.shipping import Shipping

ServiceFactory = Callable[[Books, Clock, Settings], list[Service]]
"""Makes a set of services over common books; they stand in the order of a saga's steps."""


def order_services(books: Books, clock: Clock, settings: Settings) -> list[Service]:
    """The services around an order: inventory, payments, shipping, notifications."""
    inventory = Inventory(books, clock, settings)
    return [
        inventory,
        Payments(books, clock, settings),
        Shipping(books, clock, settings, on_departure=inventory.ship),
        Notifications(books, clock, settings),
    ]


ORDER_OPERATIONS = OperationTable(
    (
        *Inventory.operations,
        *Payments.operations,
        *Shipping.operations,
        *Notifications.operations,
    )
)
"""Every operation of the services around an order."""


@lru_cache(maxsize=16)
def _table_of(kinds: tuple[type[Service], ...]) -> tuple[OperationTable, Routes]:
    """What services of these kinds offer. Many worlds have the same; it is worked out once."""
    table = OperationTable(tuple(op for kind in kinds for op in kind.operations))
    return table, Routes(table)


class World:
    """Everything outside the saga, in one place and with one clock.

    Args:
        settings: What the world holds at first and does by itself.
        clock: The world's clock; one that moves only when told to, by default.
        services: Makes the services; those around an order, by default.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        clock: Clock | None = None,
        services: ServiceFactory = order_services,
    ) -> None:
        self.settings = settings or Settings()
        self.clock = clock or ManualClock()
        self.journal = Journal()
        self._books = Books()
        self.services = services(self._books, self.clock, self.settings)
        self.operations, self.routes = _table_of(tuple(map(type, self.services)))
        self.network = Network(self._by_operation(), self.clock, self.journal)

    def books(self) -> Books:
        """What the services hold."""
        return self._books

    def reads(self) -> Mapping[str, Any]:
        """The services' read-only collections, by path below ``/``."""
        return {path: rows for service in self.services for path, rows in service.reads().items()}

    def settle(self) -> None:
        """Let the outside world finish by itself what it has begun: the carrier fetches parcels."""
        for service in self.services:
            service.settle()

    def _by_operation(self) -> dict[str, Service]:
        return {op.name: service for service in self.services for op in service.operations}
