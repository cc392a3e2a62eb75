"""What concerns all orders of a run at once, kept in small: the log of the ledger, and the keys."""

from __future__ import annotations

import sqlite3
import weakref
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from itertools import groupby
from operator import itemgetter

import msgspec

from sagacheck.checks.check import INVARIANTS, Findings, check_all
from sagacheck.checks.evidence import Evidence
from sagacheck.checks.families.goods import Shelves, stock_is_conserved
from sagacheck.checks.families.requests import keys_keep_their_payload
from sagacheck.checks.invariants import Facts
from sagacheck.services import OperationTable
from sagacheck.world import AccountKind, Attempt, Entry, Journal, Ledger

ENTRY_BY_ENTRY = tuple(each for each in INVARIANTS.values() if each.entry_by_entry)
"""What is checked entry by entry, in the order of the log."""


class Log:
    """The ledger's entries, read once: what is wrong with them, and which creates hold what.

    Attributes:
        found: What is wrong.
        facts: How many facts were checked.
        stock: The creates whose effects hold pieces of stock.
        money: The creates whose effects are payments.
    """

    def __init__(self, operations: OperationTable) -> None:
        self.found = Findings()
        self.facts: Counter[str] = Counter()
        self.stock: set[str] = set()
        self.money: set[str] = set()
        self._operations = operations
        self._shelves = Shelves()
        # The stock is carried on from one batch of entries to the next.
        of_this_log = {stock_is_conserved.id: replace(stock_is_conserved, check=self._stock)}
        self._invariants = [of_this_log.get(each.id, each) for each in ENTRY_BY_ENTRY]
        self._next = 0

    def read(self, entries: list[Entry]) -> None:
        """Take the next entries.

        Raises:
            ValueError: An entry is not the next one.
        """
        for entry in entries:
            if entry.number != self._next:
                raise ValueError(f"entry {self._next} of the log is due, not {entry.number}")
            self._next += 1
            self._note_kinds(entry)
        ledger = Ledger()
        ledger.entries = entries
        evidence = Evidence(self._operations, ledger, Journal(), {}, {}, ())
        found = check_all(evidence, self._invariants)
        self.found.violations += found.violations
        self.found.open += found.open
        self.facts.update(found.facts)

    def _note_kinds(self, entry: Entry) -> None:
        if entry.operation in self._operations and self._operations[entry.operation].is_create:
            kinds = {posting.account.kind for posting in entry.postings}
            self.stock |= {entry.operation} if AccountKind.STOCK in kinds else set()
            self.money |= {entry.operation} if AccountKind.MONEY in kinds else set()

    def _stock(self, evidence: Evidence) -> Facts:
        for entry in evidence.ledger.entries:
            yield from self._shelves.facts_of(entry)


class Requests:
    """Every request that had a key, on disk, where two orders that share a key come together."""

    def __init__(self, operations: OperationTable) -> None:
        self._operations = operations
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        weakref.finalize(self, self._database.close)
        self._database.executescript(
            "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;"
            "CREATE TABLE requests (number INTEGER PRIMARY KEY, operation, key, json)"
        )

    def note(self, attempts: Iterable[Attempt]) -> None:
        """Keep these."""
        rows = [
            (each.number, each.operation, each.key, msgspec.json.encode(each))
            for each in attempts
            if each.key is not None
        ]
        self._database.execute("BEGIN")
        self._database.executemany("INSERT OR REPLACE INTO requests VALUES (?, ?, ?, ?)", rows)
        self._database.execute("COMMIT")

    def facts(self) -> Facts:
        """Whether each key stood for one request."""
        rows = self._database.execute("SELECT * FROM requests ORDER BY operation, key, number")
        for _, same in groupby(rows, key=itemgetter(1, 2)):
            decode = msgspec.json.Decoder(Attempt).decode
            attempts = (decode(json) for *_, json in same)
            yield from keys_keep_their_payload(attempts, self._operations)
