"""The world of a write-ahead log, as it was at the last line."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from sagacheck.http.eviction import EvictedOrders
from sagacheck.http.log_steps import Begin, Step
from sagacheck.network import Network, read_rule
from sagacheck.services import ServiceFactory, Services
from sagacheck.world import (
    Attempt,
    AttemptOutcome,
    Effect,
    Entry,
    KeyRecord,
    KeyState,
    Ledger,
    ManualClock,
    OrderRecord,
    World,
)


@dataclass
class _OpenOrder:
    """The record of an order of which later lines may say more."""

    attempts: dict[int, Attempt] = field(default_factory=dict)
    entries: dict[int, Entry] = field(default_factory=dict)
    effects: dict[str, Effect] = field(default_factory=dict)
    keys: dict[tuple[str, str], KeyRecord] = field(default_factory=dict)

    def record(self, order: str) -> OrderRecord:
        return OrderRecord(
            order,
            attempts=list(self.attempts.values()),
            entries=list(self.entries.values()),
            effects=list(self.effects.values()),
            keys=list(self.keys.values()),
        )


class Recovery:
    """What the lines of a write-ahead log add up to. Finished orders are not in memory.

    Attributes:
        begin: How the present world began; ``None`` where there are no lines.
        at: The time of the last line, in seconds of the world's clock.
        evicted: The finished orders.
        rules: The faults, as they were written.
        interrupted: Attempts that were pending; their callers saw the connection break.
    """

    def __init__(self) -> None:
        self.begin: Begin | None = None
        self._reset()

    def _reset(self) -> None:
        """Forget the world so far."""
        self.at = 0.0
        self.evicted = EvictedOrders()
        self.rules: list[dict[str, Any]] = []
        self.interrupted: list[Attempt] = []
        self._ledger = Ledger()
        self._attempts = 0
        self._open: dict[str, _OpenOrder] = defaultdict(_OpenOrder)

    def apply(self, step: Step) -> None:
        """Add the next line."""
        if step.begin is not None:
            self.begin = step.begin
            self._reset()
        self.at = step.at
        self.rules = self.rules if step.rules is None else step.rules
        for order in step.recalled:
            self._add(self.evicted.take(order))
        self._add(OrderRecord("", step.attempts, step.entries, step.effects, step.keys))
        for entry in step.entries:
            self._ledger.count(entry)
        self._attempts = max((self._attempts, *(each.number + 1 for each in step.attempts)))
        finished = {order: self._open.pop(order, _OpenOrder()) for order in step.finished}
        self.evicted.store(each.record(order) for order, each in finished.items())

    def interrupt_pending(self) -> None:
        """End the attempts that were pending at the last line."""
        for order in self._open.values():
            for attempt in order.attempts.values():
                if attempt.outcome is AttemptOutcome.PENDING:
                    attempt.outcome = AttemptOutcome.UNKNOWN
                    attempt.error = "fakes_restarted"
                    attempt.ended_at = self.at
                    self.interrupted.append(attempt)

    def network(self, clock: ManualClock, services: ServiceFactory) -> Network:
        """The world at the moment that `clock` shows, and the network to its services."""
        assert self.begin is not None, "an empty log has no world"
        world = World(self.begin.settings, clock=clock, ledger=self._ledger)
        network = Network(Services(world, services))
        for service in network.services:
            service.ids_begin_after = len(self._ledger)  # each id has an entry, so this is enough
        world.journal.skip_to(self._attempts)
        network.services.restore([each.record(order) for order, each in self._open.items()])
        network.rules += [read_rule(rule, network.operations) for rule in self.rules]
        return network

    def _add(self, changes: OrderRecord) -> None:
        """Add changes of any orders. An attempt or key may have been without an order before."""
        without_order = self._open[""]
        for attempt in changes.attempts:
            without_order.attempts.pop(attempt.number, None)
            self._open[attempt.order].attempts[attempt.number] = attempt
        for entry in changes.entries:
            self._open[entry.order].entries[entry.number] = entry
        for effect in changes.effects:
            self._open[effect.order].effects[effect.id] = effect
        for record in changes.keys:
            # The process that was to send the reply is gone: nothing is running any more.
            record.state = KeyState.DONE if record.state is KeyState.RUNNING else record.state
            without_order.keys.pop((record.operation, record.key), None)
            self._open[record.order].keys[record.operation, record.key] = record
