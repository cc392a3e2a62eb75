"""The services of one world, and the eviction of its orders from all of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import lru_cache
from typing import Any

from sagacheck.services.operations import OperationTable
from sagacheck.services.service import Service
from sagacheck.world import Effect, OrderRecord, World, records_by_order

ServiceFactory = Callable[[World], list[Service]]
"""Makes a set of services over a world; they stand in the order of a saga's steps."""


@lru_cache(maxsize=16)
def _table_of(kinds: tuple[type[Service], ...]) -> OperationTable:
    """What services of these kinds offer; cached, since many worlds have the same services."""
    return OperationTable(tuple(op for kind in kinds for op in kind.operations))


def operations_of(services: ServiceFactory) -> OperationTable:
    """The operations of the services that `services` makes."""
    return Services(World(), services).operations


class Services:
    """The services of one world.

    Args:
        world: Where they keep what they hold.
        make: Makes them.

    Attributes:
        world: The world.
        operations: What they offer.
    """

    def __init__(self, world: World, make: ServiceFactory) -> None:
        self.world = world
        self._services = make(world)
        self.operations = _table_of(tuple(map(type, self._services)))
        self._by_operation = {
            operation.name: service
            for service in self._services
            for operation in service.operations
        }

    def __iter__(self) -> Iterator[Service]:
        return iter(self._services)

    def __getitem__(self, operation: str) -> Service:
        """The service that offers the operation of this name."""
        return self._by_operation[operation]

    def reads(self) -> Mapping[str, Any]:
        """The services' read-only collections, by path below ``/``."""
        ledger = self.world.ledger
        return {path: rows for each in self._services for path, rows in each.reads(ledger).items()}

    def settle(self) -> None:
        """Let the outside world finish what it has begun: parcels leave."""
        self._settle(list(self.world.ledger.effects.values()))

    # -- eviction of orders -------------------------------------------------------------------

    def assign_orders(self, keys: Mapping[str, Collection[str]]) -> None:
        """Assign what has no known order to the order that may have used its key.

        Args:
            keys: By order, its idempotency keys.
        """
        owners = {key: order for order, its_keys in keys.items() for key in its_keys}
        self.world.journal.assign_orders(owners)
        for service in self._services:
            service.keys.assign_orders(owners)

    def settle_orders(self, orders: Collection[str]) -> set[str]:
        """Let the outside world finish with orders that have ended.

        Returns:
            The orders of which something is still to come: a caller waits, a late request is yet
            to arrive, a reservation is yet to expire.
        """
        effects = [each for each in self.world.ledger.effects.values() if each.order in orders]
        self._settle(effects)
        due = {each.order for each in effects if self[each.operation].will_change(each)}
        return due | (self.world.journal.orders_under_way() & set(orders))

    def evict(self, orders: Collection[str]) -> list[OrderRecord]:
        """Remove these orders from the world, and return the record of each."""
        entries, effects = self.world.ledger.evict(orders)
        for effect in effects:
            self[effect.operation].remove_effect(effect)
        keys = [record for service in self._services for record in service.keys.evict(orders)]
        attempts = self.world.journal.evict(orders)
        found = records_by_order(attempts=attempts, entries=entries, effects=effects, keys=keys)
        return [found.get(order) or OrderRecord(order) for order in orders]

    def restore(self, records: Collection[OrderRecord]) -> None:
        """Add these orders again, as if they had never been evicted."""
        self.world.journal.restore(each for record in records for each in record.attempts)
        self.world.ledger.restore(each for record in records for each in record.entries)
        for record in records:
            for effect in record.effects:
                self[effect.operation].add_effect(effect)
            for key in record.keys:
                self[key.operation].keys.restore(key)

    def _settle(self, effects: Collection[Effect]) -> None:
        for service in self._services:
            service.settle(effects)
