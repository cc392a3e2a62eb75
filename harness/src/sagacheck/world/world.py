"""The world around a saga: its services, the network to them, the journal, and the clock."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from typing import Any

from fakes.inventory import Inventory
from fakes.notifications import Notifications
from fakes.payments import Payments
from fakes.shipping import Shipping
from sagacheck.network import Network, Routes
from sagacheck.services import OperationTable, Service
from sagacheck.world.clock import Clock, ManualClock
from sagacheck.world.journal import Journal
from sagacheck.world.ledger import Books, Effect
from sagacheck.world.order_record import Dossier, dossiers_of
from sagacheck.world.settings import Settings

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
        books: What the services hold already; nothing but the opening stock, by default.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        clock: Clock | None = None,
        services: ServiceFactory = order_services,
        books: Books | None = None,
    ) -> None:
        self.settings = settings or Settings()
        self.clock = clock or ManualClock()
        self.journal = Journal()
        self._books = Books() if books is None else books
        self.services = services(self._books, self.clock, self.settings)
        self.operations, self.routes = _table_of(tuple(map(type, self.services)))
        self._by_operation = {
            operation.name: service for service in self.services for operation in service.operations
        }
        self.network = Network(self._by_operation, self.clock, self.journal)

    def books(self) -> Books:
        """What the services hold."""
        return self._books

    def reads(self) -> Mapping[str, Any]:
        """The services' read-only collections, by path below ``/``."""
        return {path: rows for service in self.services for path, rows in service.reads().items()}

    def settle(self) -> None:
        """Let the outside world finish by itself what it has begun: the carrier fetches parcels."""
        self._settle(list(self._books.effects.values()))

    # -- orders that come and go --------------------------------------------------------------

    def claim(self, keys: Mapping[str, Collection[str]]) -> None:
        """Give what nobody knew the order of to the orders that may have used its key.

        Args:
            keys: By order, its idempotency keys.
        """
        owners = {key: order for order, its_keys in keys.items() for key in its_keys}
        self.journal.claim(owners)
        for service in self.services:
            service.keys.claim(owners)

    def settle_orders(self, orders: Collection[str]) -> set[str]:
        """Let the outside world finish with orders that have ended; those that it cannot yet.

        Of these something is still to come: a caller waits, a late request is on its way, a
        reservation expires.
        """
        effects = [each for each in self._books.effects.values() if each.order in orders]
        self._settle(effects)
        due = {each.order for each in effects if self._service_of(each).will_change(each)}
        return due | (self.journal.orders_under_way() & set(orders))

    def take_out(self, orders: Collection[str]) -> list[Dossier]:
        """Forget these orders, and hand over what there was, a dossier for each."""
        entries, effects = self._books.take_out(orders)
        for effect in effects:
            self._service_of(effect).let_go(effect)
        keys = [record for service in self.services for record in service.keys.take_out(orders)]
        found = dossiers_of(Dossier("", self.journal.take_out(orders), entries, effects, keys))
        return [found.get(order) or Dossier(order) for order in orders]

    def put_back(self, dossiers: Collection[Dossier]) -> None:
        """Know these orders again, as if they had never been taken out."""
        self.journal.put_back(each for dossier in dossiers for each in dossier.attempts)
        self._books.put_back(each for dossier in dossiers for each in dossier.entries)
        for dossier in dossiers:
            for effect in dossier.effects:
                self._service_of(effect).hold(effect)
            for record in dossier.keys:
                self._by_operation[record.operation].keys.put_back(record)

    def _settle(self, effects: Collection[Effect]) -> None:
        for service in self.services:
            service.settle(effects)

    def _service_of(self, effect: Effect) -> Service:
        return self._by_operation[effect.operation]
