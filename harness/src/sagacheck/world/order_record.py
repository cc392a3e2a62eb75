"""All that a world holds of one order. This is the place that says what belongs to an order.

A order_record can be taken out of the world when its order has ended and put back when somebody asks for
the order again, in the same process or in another one that began with the same files.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sagacheck.world.journal import Attempt
from sagacheck.world.key_record import KeyRecord
from sagacheck.world.ledger import Effect, Entry


@dataclass(slots=True)
class OrderRecord:
    """The records of one order.

    Attributes:
        order: The order's id.
        attempts: Every attempt made for it, in the order in which they were sent.
        entries: What the ledger say of it, in the order in which it happened.
        effects: What its creates have left in the world.
        keys: What the services know of its idempotency keys.
    """

    order: str
    attempts: list[Attempt] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    keys: list[KeyRecord] = field(default_factory=list)

    @property
    def names(self) -> set[str]:
        """What a request may call the order, or something of it, by."""
        keys = {attempt.key for attempt in self.attempts}
        keys |= {record.key for record in self.keys}
        ids = {effect.id for effect in self.effects}
        return ids | {key for key in keys if key} | {self.order}


def order_records_of(records: OrderRecord) -> dict[str, OrderRecord]:
    """The records of several orders, sorted by order."""
    sorted_out: dict[str, OrderRecord] = {}

    def of(order: str) -> OrderRecord:
        return sorted_out.setdefault(order, OrderRecord(order))

    for attempt in records.attempts:
        of(attempt.order).attempts.append(attempt)
    for entry in records.entries:
        of(entry.order).entries.append(entry)
    for effect in records.effects:
        of(effect.order).effects.append(effect)
    for key in records.keys:
        of(key.order).keys.append(key)
    return sorted_out
