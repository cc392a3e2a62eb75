"""Keeps a world that is served for long: changes in a log, finished orders out of memory."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sagacheck.http.eviction import EvictedOrders
from sagacheck.http.log_steps import Step
from sagacheck.http.write_ahead_log import NotWrittenError, WriteAheadLog
from sagacheck.network import Call, Network
from sagacheck.world import Attempt, Entry, KeyRecord


class WorldStore:
    """Stands between a world and its server.

    Args:
        network: The network to the services.
        evicted: Where its finished orders are.
        log: Where its changes are written; ``None`` for nowhere.

    Attributes:
        network: The network to the services.
        world: What the services share.
        evicted: Where its finished orders are.
        failed: Whether it has changes that could not be written. No request may read it then.
    """

    def __init__(
        self, network: Network, evicted: EvictedOrders, log: WriteAheadLog | None = None
    ) -> None:
        self.network = network
        self.world = network.world
        self.evicted = evicted
        self.failed = False
        self._log = log
        self._looked_up: set[str] = set()
        self._attempts: dict[int, Attempt] = {}
        self._entries: list[Entry] = []
        self._keys: dict[tuple[str, str], KeyRecord] = {}
        if log is not None:
            self._collect_changes()

    def recall(self, *names: Any) -> None:
        """Bring the evicted orders back that have any of these names, ids or keys."""
        new = {name for name in names if isinstance(name, str)} - self._looked_up
        if not new:
            return
        self._looked_up |= new
        orders = self.evicted.owners(new)
        if orders:
            records = [self.evicted.take(order) for order in orders]
            self.network.services.restore(records)
            self._looked_up.update(*(record.names for record in records))
            self._append(recalled=orders)

    def recall_for(self, call: Call) -> None:
        """Bring the evicted orders back that `call` is about."""
        operation, fields = call.operation, call.fields
        named_at = (*operation.key_places, operation.target_key_at, operation.target_id_at)
        self.recall(
            call.order, fields.get("order_id"), *(fields.get(name or "") for name in named_at)
        )

    def finish(self, keys: Mapping[str, Collection[str]]) -> None:
        """Evict orders that have ended, unless something of them is still to come.

        Args:
            keys: The orders, and for each the idempotency keys that it may have used.
        """
        in_memory = [order for order in keys if order not in self.evicted]
        self.network.services.assign_orders({order: keys[order] for order in in_memory})
        waiting = self.network.services.settle_orders(in_memory)
        self.evict([order for order in in_memory if order not in waiting])

    def evict(self, orders: Collection[str]) -> None:
        """Move orders from memory to disk."""
        self.commit()
        records = self.network.services.evict(orders)
        self.evicted.store(records)
        self._looked_up.difference_update(*(record.names for record in records))
        if orders:
            self._append(finished=list(orders))

    def commit(self) -> None:
        """Write to the log what has changed; to be called before any caller sees it.

        Raises:
            NotWrittenError: This, or an earlier change, could not be written.
        """
        if self.failed:
            raise NotWrittenError("the world was made anew from its journal meanwhile")
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
        """Write to the log which faults there are now."""
        self._append(rules=rules)

    def stop_writing(self) -> None:
        """Write no more: another world has begun, though this one may have requests under way."""
        self._log = None

    def _append(self, **changes: Any) -> None:
        if self._log is None:
            return
        if self.failed:
            raise NotWrittenError("an earlier change could not be written")
        self.failed = True
        self._log.append(Step(self.world.clock.now(), **changes))
        self.failed = False

    def _collect_changes(self) -> None:
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
