"""The activities of a bank, whatever client they get."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from temporalio import activity


@dataclass
class Transfer:
    """What is to be moved."""

    reference: str
    source: str
    target: str
    cents: int


class BankClient(Protocol):
    """What the activities need of a bank."""

    async def move(self, account: str, cents: int, reference: str) -> None:
        """Change an account, once for a reference."""


class MemoryBank:
    """A bank for tests."""

    def __init__(self) -> None:
        self.balances = {"alice": 1000, "bob": 0}
        self._seen: set[str] = set()

    async def move(self, account: str, cents: int, reference: str) -> None:
        """Change an account, once for a reference."""
        if reference not in self._seen:
            self._seen.add(reference)
            self.balances[account] += cents


class BankingActivities:
    """The steps of a transfer.

    Args:
        client: Talks to the bank.
    """

    def __init__(self, client: BankClient) -> None:
        self.client = client

    @activity.defn
    async def withdraw(self, transfer: Transfer) -> None:
        """Take the money from the source."""
        await self.client.move(transfer.source, -transfer.cents, f"w-{transfer.reference}")

    @activity.defn
    async def deposit(self, transfer: Transfer) -> None:
        """Give the money to the target."""
        await self.client.move(transfer.target, transfer.cents, f"d-{transfer.reference}")

    @activity.defn
    async def refund(self, transfer: Transfer) -> None:
        """Give the money back to the source."""
        await self.client.move(transfer.source, transfer.cents, f"r-{transfer.reference}")
