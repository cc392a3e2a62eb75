"""The steps of a transfer: plain Python on SQLite, as it runs in production."""

from __future__ import annotations

import sqlite3
import threading
from dataclasses import dataclass

from temporalio import activity
from temporalio.exceptions import ApplicationError


@dataclass
class Transfer:
    """What is to be moved, in cents, and the id of the transfer."""

    reference: str
    source: str
    target: str
    cents: int


class Bank:
    """A bank. What it is asked for twice with one reference moves once.

    What it was asked to refund it does not withdraw later.

    Args:
        path: The file of its database.
    """

    def __init__(self, path: str = ":memory:") -> None:
        self._lock = threading.RLock()
        self._database = sqlite3.connect(path, check_same_thread=False)
        self._database.execute("CREATE TABLE IF NOT EXISTS account (name PRIMARY KEY, cents)")
        self._database.execute("CREATE TABLE IF NOT EXISTS movement (reference PRIMARY KEY)")

    def open(self, **accounts: int) -> None:
        """Begin anew with these accounts and what is on them, in cents."""
        with self._lock, self._database:
            self._database.execute("DELETE FROM account")
            self._database.execute("DELETE FROM movement")
            self._database.executemany("INSERT INTO account VALUES (?, ?)", accounts.items())

    def balances(self) -> dict[str, int]:
        """What is on each account, in cents."""
        with self._lock:
            return dict(self._database.execute("SELECT name, cents FROM account"))

    @activity.defn
    def withdraw(self, transfer: Transfer) -> None:
        """Take the money from the source, unless it was to be refunded before."""
        with self._lock:
            if self._knows(f"refund {transfer.reference}"):
                msg = f"{transfer.reference} was to be refunded"
                raise ApplicationError(msg, type="Refused", non_retryable=True)
            self._move(f"withdraw {transfer.reference}", transfer.source, -transfer.cents)

    @activity.defn
    def deposit(self, transfer: Transfer) -> None:
        """Give the money to the target."""
        self._move(f"deposit {transfer.reference}", transfer.target, transfer.cents)

    @activity.defn
    def refund(self, transfer: Transfer) -> None:
        """Give the money back to the source; if it was not taken, refuse to take it later."""
        with self._lock:
            was_taken = self._knows(f"withdraw {transfer.reference}")
            cents = transfer.cents if was_taken else 0
            self._move(f"refund {transfer.reference}", transfer.source, cents)

    def _knows(self, reference: str) -> bool:
        known = "SELECT 1 FROM movement WHERE reference = ?"
        return self._database.execute(known, (reference,)).fetchone() is not None

    def _move(self, reference: str, account: str, cents: int) -> None:
        with self._lock, self._database:
            if self._knows(reference):
                return
            change = "UPDATE account SET cents = cents + :c WHERE name = :n AND cents + :c >= 0"
            found = self._database.execute(change, {"c": cents, "n": account})
            if cents and not found.rowcount:
                msg = f"{account} is no account with {-cents} cents"
                raise ApplicationError(msg, type="Refused", non_retryable=True)
            self._database.execute("INSERT INTO movement VALUES (?)", (reference,))
