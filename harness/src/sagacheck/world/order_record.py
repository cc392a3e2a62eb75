"""All that a world holds of one order. This is the place that says what belongs to an order.

A record can be evicted from the world when its order has ended, and restored when a request names
the order again, in the same process or in another one that recovers the world.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from sagacheck.world.journal import Attempt
from sagacheck.world.key_record import KeyRecord
from sagacheck.world.ledger import Effect, Entry


class OrderRecord(msgspec.Struct):
    """The records of one order.

    Attributes:
        order: The order's id.
        attempts: Every attempt made for it, in the order in which they were sent.
        entries: The ledger's entries about it, in the order in which they were written.
        effects: What its creates have left in the world.
        keys: What the services know of its idempotency keys.
    """

    order: str
    attempts: list[Attempt] = msgspec.field(default_factory=list)
    entries: list[Entry] = msgspec.field(default_factory=list)
    effects: list[Effect] = msgspec.field(default_factory=list)
    keys: list[KeyRecord] = msgspec.field(default_factory=list)

    @property
    def names(self) -> set[str]:
        """All that a request may name to mean the order: its id, its keys, ids of its effects."""
        keys = {attempt.key for attempt in self.attempts}
        keys |= {record.key for record in self.keys}
        ids = {effect.id for effect in self.effects}
        return ids | {key for key in keys if key} | {self.order}


def records_by_order(
    *,
    attempts: Iterable[Attempt] = (),
    entries: Iterable[Entry] = (),
    effects: Iterable[Effect] = (),
    keys: Iterable[KeyRecord] = (),
) -> dict[str, OrderRecord]:
    """The record of each order that these belong to."""
    records: dict[str, OrderRecord] = {}

    def of(order: str) -> OrderRecord:
        return records.setdefault(order, OrderRecord(order))

    for attempt in attempts:
        of(attempt.order).attempts.append(attempt)
    for entry in entries:
        of(entry.order).entries.append(entry)
    for effect in effects:
        of(effect.order).effects.append(effect)
    for key in keys:
        of(key.order).keys.append(key)
    return records
