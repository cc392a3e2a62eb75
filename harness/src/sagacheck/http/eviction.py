"""Where finished orders are kept: on disk, to be found again by anything a request may name.

An SQLite database without a name, which lives in a temporary file and is gone with the process:
what must survive a process is in its logbook.
"""

from __future__ import annotations

import sqlite3
import weakref
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from typing import Any

import msgspec

from sagacheck.world import Dossier

_AT_A_TIME = 500
_TABLE = """
    CREATE TABLE records (kind TEXT, owner TEXT, number INTEGER, json BLOB);
    CREATE INDEX by_owner ON records (owner);
    CREATE INDEX by_number ON records (kind, number) WHERE number IS NOT NULL;
    CREATE TABLE names (name TEXT, owner TEXT, PRIMARY KEY (name, owner)) WITHOUT ROWID;
"""


class Archive:
    """The dossiers of finished orders.

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

    def store(self, dossiers: Iterable[Dossier]) -> None:
        """Keep these dossiers."""
        self._database.execute("BEGIN")
        for dossier in dossiers:
            self._count(dossier, 1)
            self._database.executemany("INSERT INTO records VALUES (?, ?, ?, ?)", _rows(dossier))
            names = [(name, dossier.order) for name in dossier.names]
            self._database.executemany("INSERT INTO names VALUES (?, ?)", names)
        self._database.execute("COMMIT")

    def take(self, order: str) -> Dossier:
        """Hand the dossier of `order` over, and keep it no longer."""
        dossier = msgspec.json.decode(self.line(order), type=Dossier)
        self._count(dossier, -1)
        self._database.execute("DELETE FROM records WHERE owner = ?", (order,))
        self._database.execute("DELETE FROM names WHERE owner = ?", (order,))
        return dossier

    def owners(self, names: Collection[str]) -> list[str]:
        """The orders which any of these names belongs to."""
        if not self.orders or not names:
            return []
        marks = ", ".join("?" * len(names))
        query = f"SELECT DISTINCT owner FROM names WHERE name IN ({marks}) ORDER BY owner"  # noqa: S608 - marks
        return [owner for (owner,) in self._database.execute(query, list(names))]

    def line(self, order: str) -> bytes:
        """The dossier of `order` as JSON, without the labour of reading it."""
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

    def _count(self, dossier: Dossier, sign: int) -> None:
        self.orders += sign
        for effect in dossier.effects:
            self.effects[effect.operation, str(effect.state)] += sign


_KINDS = ("attempts", "entries", "effects", "keys")


def _rows(dossier: Dossier) -> Iterator[tuple[Any, ...]]:
    encode = msgspec.json.encode
    order = dossier.order
    yield from (("attempts", order, each.number, encode(each)) for each in dossier.attempts)
    yield from (("entries", order, each.number, encode(each)) for each in dossier.entries)
    yield from (("effects", order, None, encode(each)) for each in dossier.effects)
    yield from (("keys", order, None, encode(each)) for each in dossier.keys)
