"""Where finished orders are kept: on disk, to be found again by anything a request may name.

An SQLite database without a name, which lives in a temporary file and is gone with the process:
what must survive a process is in its write_ahead_log.
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
_TABLE = """
    CREATE TABLE records (kind TEXT, owner TEXT, number INTEGER, json BLOB);
    CREATE INDEX by_owner ON records (owner);
    CREATE INDEX by_number ON records (kind, number) WHERE number IS NOT NULL;
    CREATE TABLE names (name TEXT, owner TEXT, PRIMARY KEY (name, owner)) WITHOUT ROWID;
"""


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

    def store(self, order_records: Iterable[OrderRecord]) -> None:
        """Keep these order_records."""
        self._database.execute("BEGIN")
        for order_record in order_records:
            self._count(order_record, 1)
            self._database.executemany(
                "INSERT INTO records VALUES (?, ?, ?, ?)", _rows(order_record)
            )
            names = [(name, order_record.order) for name in order_record.names]
            self._database.executemany("INSERT INTO names VALUES (?, ?)", names)
        self._database.execute("COMMIT")

    def take(self, order: str) -> OrderRecord:
        """Hand the records of `order` over, and keep it no longer."""
        order_record = msgspec.json.decode(self.line(order), type=OrderRecord)
        self._count(order_record, -1)
        self._database.execute("DELETE FROM records WHERE owner = ?", (order,))
        self._database.execute("DELETE FROM names WHERE owner = ?", (order,))
        return order_record

    def owners(self, names: Collection[str]) -> list[str]:
        """The orders which any of these names belongs to."""
        if not self.orders or not names:
            return []
        marks = ", ".join("?" * len(names))
        query = f"SELECT DISTINCT owner FROM names WHERE name IN ({marks}) ORDER BY owner"  # noqa: S608 - marks
        return [owner for (owner,) in self._database.execute(query, list(names))]

    def line(self, order: str) -> bytes:
        """The record of `order` as JSON, without the labour of reading it."""
        query = "SELECT kind, json FROM records WHERE owner = ? ORDER BY rowid"
        parts: dict[str, list[bytes]] = {kind: [] for kind in _KINDS}
        for kind, json in self._database.execute(query, (order,)):
            parts[kind].append(json)
        lists = (b'"%s":[%s]' % (kind.encode(), b",".join(parts[kind])) for kind in _KINDS)
        return b'{"order":%s,%s}' % (msgspec.json.encode(order), b",".join(lists))

    def numbered(self, kind: str, after: int) -> Iterator[tuple[int, bytes]]:
        """Attempts or entries with higher numbers than `after`, in order, as JSON."""
        query = (
            "SELECT number, json FROM records WHERE kind = ? AND number > ? ORDER BY number LIMIT ?"
        )
        while rows := self._database.execute(query, (kind, after, _AT_A_TIME)).fetchall():
            yield from rows
            after = rows[-1][0]

    def _count(self, order_record: OrderRecord, sign: int) -> None:
        self.orders += sign
        for effect in order_record.effects:
            self.effects[effect.operation, str(effect.state)] += sign


_KINDS = ("attempts", "entries", "effects", "keys")


def _rows(order_record: OrderRecord) -> Iterator[tuple[Any, ...]]:
    encode = msgspec.json.encode
    order = order_record.order
    yield from (("attempts", order, each.number, encode(each)) for each in order_record.attempts)
    yield from (("entries", order, each.number, encode(each)) for each in order_record.entries)
    yield from (("effects", order, None, encode(each)) for each in order_record.effects)
    yield from (("keys", order, None, encode(each)) for each in order_record.keys)
