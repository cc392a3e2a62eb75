"""The world that a write-ahead log tells of, as it was at its last line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sagacheck.http.eviction import EvictedOrders
from sagacheck.http.write_ahead_log import Begin, Step
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
class _Draft:
    """The record of an order while its later lines are still to be read."""

    attempts: dict[int, Attempt] = field(default_factory=dict)
    entries: dict[int, Entry] = field(default_factory=dict)
    effects: dict[str, Effect] = field(default_factory=dict)
    keys: dict[tuple[str, str], KeyRecord] = field(default_factory=dict)

    def order_record(self, order: str) -> OrderRecord:
        records = (self.attempts, self.entries, self.effects, self.keys)
        return OrderRecord(order, *(list(each.values()) for each in records))  # type: ignore[arg-type]


class Recovery:
    """What the lines of a write-ahead log come to. In memory are the open orders alone, as ever.

    Attributes:
        begin: How the present world began; ``None`` where there are no lines.
        at: The last moment that is known, in seconds of the world's clock.
        evicted: The finished orders.
        rules: The faults, in words.
        interrupted: Attempts that were under way; their callers saw the connection break.
    """

    def __init__(self, steps: Iterable[Step]) -> None:
        self.begin: Begin | None = None
        self._forget()
        for step in steps:
            if step.begin is not None:
                self.begin = step.begin
                self._forget()
            self._read(step)
        for draft in self._drafts.values():
            for attempt in draft.attempts.values():
                self._interrupt(attempt)

    def network(self, clock: ManualClock, services: ServiceFactory) -> Network:
        """The world as it is at the moment that `clock` shows, and the network to it."""
        assert self.begin is not None, "an empty write_ahead_log tells of no world"
        world = World(self.begin.settings, clock=clock, ledger=self._ledger)
        network = Network(Services(world, services))
        for service in network.services:
            service.ids_begin_after = len(self._ledger)  # each id has an entry, so this is enough
        world.journal.skip_to(self._attempts)
        network.services.put_back(
            [draft.order_record(order) for order, draft in self._drafts.items()]
        )
        network.rules += [read_rule(words, network.operations) for words in self.rules]
        return network

    def _forget(self) -> None:
        self.at = 0.0
        self.evicted = EvictedOrders()
        self.rules: list[dict[str, Any]] = []
        self.interrupted: list[Attempt] = []
        self._ledger = Ledger()
        self._attempts = 0
        self._drafts: dict[str, _Draft] = defaultdict(_Draft)

    def _read(self, step: Step) -> None:
        self.at = step.at
        self.rules = self.rules if step.rules is None else step.rules
        for order in step.recalled:
            self._draft(self.evicted.take(order))
        self._draft(OrderRecord("", step.attempts, step.entries, step.effects, step.keys))
        for entry in step.entries:
            self._ledger.count(entry)
        self._attempts = max((self._attempts, *(each.number + 1 for each in step.attempts)))
        finished = {order: self._drafts.pop(order, _Draft()) for order in step.finished}
        self.evicted.store(draft.order_record(order) for order, draft in finished.items())

    def _draft(self, news: OrderRecord) -> None:
        nobodys = self._drafts[""]
        for attempt in news.attempts:
            nobodys.attempts.pop(attempt.number, None)
            self._drafts[attempt.order].attempts[attempt.number] = attempt
        for entry in news.entries:
            self._drafts[entry.order].entries[entry.number] = entry
        for effect in news.effects:
            self._drafts[effect.order].effects[effect.id] = effect
        for record in news.keys:
            record.state = KeyState.DONE if record.state is KeyState.RUNNING else record.state
            nobodys.keys.pop((record.operation, record.key), None)
            self._drafts[record.order].keys[record.operation, record.key] = record

    def _interrupt(self, attempt: Attempt) -> None:
        if attempt.outcome is AttemptOutcome.PENDING:
            attempt.outcome, attempt.error, attempt.ended_at = (
                AttemptOutcome.UNKNOWN,
                "fakes_restarted",
                self.at,
            )
            self.interrupted.append(attempt)
