"""Keeps a world that is served for long: changes in a file, finished orders out of memory."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sagacheck.http.eviction import EvictedOrders
from sagacheck.http.write_ahead_log import Step, WriteAheadLog
from sagacheck.network import Call, Network
from sagacheck.world import Attempt, Entry, KeyRecord


class WorldStore:
    """Stands between a world and those who serve it.

    Args:
        network: The network to the services.
        evicted: Where its finished orders are.
        write_ahead_log: Where its changes are written down; ``None`` for nowhere.

    Attributes:
        network: The network to the services.
        evicted: Where its finished orders are.
    """

    def __init__(
        self, network: Network, evicted: EvictedOrders, write_ahead_log: WriteAheadLog | None = None
    ) -> None:
        self.network = network
        self.world = network.world
        self.evicted = evicted
        self._log = write_ahead_log
        self._known: set[str] = set()
        self._attempts: dict[int, Attempt] = {}
        self._entries: list[Entry] = []
        self._keys: dict[tuple[str, str], KeyRecord] = {}
        if write_ahead_log is not None:
            self._listen()

    def recall(self, *names: Any) -> None:
        """Bring the finished orders back that any of these names, ids and keys belong to."""
        new = {name for name in names if isinstance(name, str)} - self._known
        if not new:
            return
        self._known |= new
        orders = self.evicted.owners(new)
        if orders:
            order_records = [self.evicted.take(order) for order in orders]
            self.network.services.put_back(order_records)
            self._known.update(*(order_record.names for order_record in order_records))
            self._append(recalled=orders)

    def recall_for(self, call: Call) -> None:
        """Bring the finished orders back that `call` is about."""
        operation, fields = call.operation, call.fields
        fields_with_names = (operation.key_at, operation.target_key_at, operation.target_id_at)
        self.recall(fields.get("order_id"), *(fields.get(name or "") for name in fields_with_names))

    def finish(self, keys: Mapping[str, Collection[str]]) -> None:
        """Put orders that have ended into the evicted, unless something of them is still to come.

        Args:
            keys: The orders, and for each the idempotency keys that it may have used.
        """
        open_ones = [order for order in keys if order not in self.evicted]
        self.network.services.claim({order: keys[order] for order in open_ones})
        waiting = self.network.services.settle_orders(open_ones)
        self.put_away([order for order in open_ones if order not in waiting])

    def put_away(self, orders: Collection[str]) -> None:
        """Move orders from memory to the evicted."""
        self.commit()
        order_records = self.network.services.take_out(orders)
        self.evicted.store(order_records)
        self._known.difference_update(*(order_record.names for order_record in order_records))
        if orders:
            self._append(finished=list(orders))

    def commit(self) -> None:
        """Write down what has changed; to be called before anybody is told of it."""
        if not (self._attempts or self._entries or self._keys):
            return
        effects = self.world.ledger.effects
        about = {entry.effect: effects.get(entry.effect) for entry in self._entries}
        changes = {
            "attempts": list(self._attempts.values()),
            "entries": self._entries,
            "effects": [effect for effect in about.values() if effect is not None],
            "keys": list(self._keys.values()),
        }
        self._attempts, self._entries, self._keys = {}, [], {}
        self._append(**changes)

    def write_rules(self, rules: list[dict[str, Any]]) -> None:
        """Write down which faults there are now."""
        self._append(rules=rules)

    def retire(self) -> None:
        """Write no more: another world has begun, though requests may be under way in this one."""
        self._log = None

    def _append(self, **changes: Any) -> None:
        if self._log is not None:
            self._log.append(Step(self.world.clock.now(), **changes))

    def _listen(self) -> None:
        def attempt(changed: Attempt) -> None:
            self._attempts[changed.number] = changed

        def entry(written: Entry) -> None:
            self._entries.append(written)

        def key(changed: KeyRecord) -> None:
            self._keys[changed.operation, changed.key] = changed

        self.world.journal.on_change = attempt
        self.world.ledger.on_write = entry
        for service in self.network.services:
            service.keys.on_change = key
