"""The steps of a subscription, by a library that blocks."""

from __future__ import annotations

import asyncio
import time

from temporalio import activity


class BillingLibrary:
    """A client of another team: each call blocks its thread."""

    def __init__(self) -> None:
        self._paid: dict[str, int] = {}

    def charge(self, key: str, cents: int) -> str:
        """Charge the customer, once for a key."""
        time.sleep(0.1)
        self._paid.setdefault(key, cents)
        return f"receipt-{key}"

    def refund(self, key: str) -> None:
        """Give back what was charged with this key."""
        time.sleep(0.1)
        self._paid.pop(key, None)


billing = BillingLibrary()


@activity.defn
async def charge(key: str, cents: int) -> str:
    """Charge the customer."""
    return await asyncio.to_thread(billing.charge, key, cents)


@activity.defn
async def refund(key: str) -> None:
    """Give the money back."""
    await asyncio.to_thread(billing.refund, key)


@activity.defn
async def open_account(customer: str) -> None:
    """Open the account; it is opened once, however often it is asked for."""
    await asyncio.to_thread(time.sleep, 0.1)
