"""The journal: every attempt at every call, as the network saw it from both ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Seen(StrEnum):
    """What the caller of an attempt knows about it.

    The vocabulary is Jepsen's ok, fail and info: an attempt that is *unknown* may have had its
    effect, may not have had it, or may have it later.
    """

    PENDING = "pending"
    OK = "ok"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(slots=True)
class Delivery:
    """One arrival of a request at its service; a duplicated request has several.

    Attributes:
        at: When it arrived, in seconds of the world's clock.
        status: The HTTP status with which the service answered.
        code: The service's ``error`` code, empty for a success.
        entries: The numbers of the books' entries that it caused; none where it changed nothing.
    """

    at: float
    status: int
    code: str = ""
    entries: tuple[int, ...] = ()


@dataclass(slots=True)
class Attempt:
    """One request that a caller sent.

    Attributes:
        number: Its place in the journal.
        order: The order it was made for.
        operation: What was asked.
        call: The how-manieth call of this operation for this order, from 1.
        key: The idempotency key that it carried.
        sent_at: When the caller sent it, in seconds of the world's clock.
        body: What it carried.
        activity: The activity that made it, where the caller is one.
        fault: The fault that the network added, empty for none.
        deliveries: Each arrival at the service, in order; empty for a request that was lost.
        ended_at: When the caller had its answer or gave up.
        seen: What the caller knows.
        status: The HTTP status that the caller saw, ``None`` where it saw none.
        error: The error code, or the kind of transport failure, that the caller saw.
    """

    number: int
    order: str
    operation: str
    call: int
    key: str | None
    sent_at: float
    body: Mapping[str, Any] = field(default_factory=dict)
    activity: str = ""
    fault: str = ""
    deliveries: list[Delivery] = field(default_factory=list)
    ended_at: float | None = None
    seen: Seen = Seen.PENDING
    status: int | None = None
    error: str = ""

    @property
    def entries(self) -> list[int]:
        """The numbers of the books' entries that this attempt caused."""
        return [number for delivery in self.deliveries for number in delivery.entries]

    @property
    def took_effect(self) -> bool:
        """Whether it changed anything at the service, at once or late."""
        return bool(self.entries)


class Journal:
    """All attempts, in the order in which they were sent."""

    def __init__(self) -> None:
        self.attempts: list[Attempt] = []
        self._calls: dict[tuple[str, str], int] = {}
        self._orders: dict[tuple[str, str], str] = {}

    def __iter__(self) -> Iterator[Attempt]:
        return iter(self.attempts)

    def __len__(self) -> int:
        return len(self.attempts)

    def open(  # noqa: PLR0913 - an attempt has that many facts, and they are all named
        self,
        *,
        order: str,
        operation: str,
        key: str | None,
        sent_at: float,
        body: Mapping[str, Any],
        activity: str = "",
    ) -> Attempt:
        """Begin an attempt: count the call and write it down."""
        call = self._calls[order, operation] = self._calls.get((order, operation), 0) + 1
        attempt = Attempt(
            number=len(self.attempts),
            order=order,
            operation=operation,
            call=call,
            key=key,
            sent_at=sent_at,
            body=body,
            activity=activity,
        )
        self.attempts.append(attempt)
        if key is not None and order:
            self._orders.setdefault((operation, key), order)
        return attempt

    def calls(self, order: str, operation: str) -> int:
        """How many calls of `operation` were made for `order`."""
        return self._calls.get((order, operation), 0)

    def order_of_key(self, operation: str, key: str) -> str:
        """The order for which `operation` was first called with `key`, empty if it never was."""
        return self._orders.get((operation, key), "")
