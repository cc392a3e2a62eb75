"""Where finished orders are kept: on disk, found by any name that a request may use for them.

An SQLite database without a name, which lives in a temporary file and ends with the process: what
must survive the process is in its write-ahead log.
"""

from __future__ import annotations

import sqlite3
import weakref
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from typing import Any

import msgspec

from sagacheck.world import OrderRecord

_AT_A_TIME = 500
_KINDS = ("attempts", "entries", "effects", "keys")
_TABLE = """
    CREATE TABLE records (kind TEXT, owner TEXT, number INTEGER, json BLOB);
    CREATE INDEX by_owner ON records (owner);
    CREATE INDEX by_number ON records (kind, number) WHERE number IS NOT NULL;
    CREATE TABLE names (name TEXT, owner TEXT, PRIMARY KEY (name, owner)) WITHOUT ROWID;
"""


class RawOrderRecord(msgspec.Struct):
    """An `OrderRecord` whose parts are the JSON that they were stored as."""

    order: str
    attempts: list[msgspec.Raw] = []
    entries: list[msgspec.Raw] = []
    effects: list[msgspec.Raw] = []
    keys: list[msgspec.Raw] = []


class EvictedOrders:
    """The records of finished orders.

    Attributes:
        orders: How many there are.
        effects: How many of their effects are in which state: operation, then state.
    """

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        weakref.finalize(self, self._database.close)
        self._database.executescript(f"PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; {_TABLE}")
        self.orders = 0
        self.effects: Counter[tuple[str, str]] = Counter()

    def __contains__(self, order: str) -> bool:
        query = "SELECT 1 FROM names WHERE name = ? AND owner = ?"
        return self._database.execute(query, (order, order)).fetchone() is not None

    def store(self, records: Iterable[OrderRecord]) -> None:
        """Keep these records."""
        self._database.execute("BEGIN")
        for record in records:
            self._count(record, 1)
            self._database.executemany("INSERT INTO records VALUES (?, ?, ?, ?)", _rows(record))
            names = [(name, record.order) for name in record.names]
            self._database.executemany("INSERT INTO names VALUES (?, ?)", names)
        self._database.execute("COMMIT")

    def take(self, order: str) -> OrderRecord:
        """Return the record of `order`, and keep it no longer."""
        record = msgspec.json.decode(msgspec.json.encode(self.raw(order)), type=OrderRecord)
        self._count(record, -1)
        self._database.execute("DELETE FROM records WHERE owner = ?", (order,))
        self._database.execute("DELETE FROM names WHERE owner = ?", (order,))
        return record

    def owners(self, names: Collection[str]) -> list[str]:
        """The orders that have any of these names."""
        if not self.orders or not names:
            return []
        marks = ", ".join("?" * len(names))
        query = f"SELECT DISTINCT owner FROM names WHERE name IN ({marks}) ORDER BY owner"  # noqa: S608 - marks
        return [owner for (owner,) in self._database.execute(query, list(names))]

    def raw(self, order: str) -> RawOrderRecord:
        """The record of `order` to be sent on, which costs no decoding."""
        query = "SELECT kind, json FROM records WHERE owner = ? ORDER BY rowid"
        parts: dict[str, list[msgspec.Raw]] = {kind: [] for kind in _KINDS}
        for kind, json in self._database.execute(query, (order,)):
            parts[kind].append(msgspec.Raw(json))
        return RawOrderRecord(order, **parts)

    def numbered(self, kind: str, after: int) -> Iterator[tuple[int, msgspec.Raw]]:
        """Attempts or entries with higher numbers than `after`, in order, as JSON."""
        query = (
            "SELECT number, json FROM records WHERE kind = ? AND number > ? ORDER BY number LIMIT ?"
        )
        while rows := self._database.execute(query, (kind, after, _AT_A_TIME)).fetchall():
            for number, json in rows:
                yield number, msgspec.Raw(json)
            after = rows[-1][0]

    def _count(self, record: OrderRecord, sign: int) -> None:
        self.orders += sign
        for effect in record.effects:
            self.effects[effect.operation, str(effect.state)] += sign


def _rows(record: OrderRecord) -> Iterator[tuple[Any, ...]]:
    encode = msgspec.json.encode
    order = record.order
    yield from (("attempts", order, each.number, encode(each)) for each in record.attempts)
    yield from (("entries", order, each.number, encode(each)) for each in record.entries)
    yield from (("effects", order, None, encode(each)) for each in record.effects)
    yield from (("keys", order, None, encode(each)) for each in record.keys)
