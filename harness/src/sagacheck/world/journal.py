"""The journal: every attempt at every call, as the network saw it from both ends."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from enum import StrEnum
from operator import attrgetter
from typing import Any

import msgspec


class AttemptOutcome(StrEnum):
    """The outcome of an attempt for its caller.

    The vocabulary is Jepsen's ok, fail and info: an attempt that is *unknown* may have had its
    effect, may not have had it, or may have it later.
    """

    PENDING = "pending"
    OK = "ok"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class Arrival(msgspec.Struct):
    """One arrival of a request at its service; a duplicated request has several.

    Attributes:
        at: When it arrived, in seconds of the world's clock.
        status: The HTTP status with which the service answered.
        code: The service's ``error`` code, empty for a success.
        entries: The numbers of the ledger's entries that it caused; none where it changed nothing.
    """

    at: float
    status: int
    code: str = ""
    entries: tuple[int, ...] = ()


class Attempt(msgspec.Struct):
    """One request that a caller sent.

    Attributes:
        number: Its place in the journal.
        order: The order it was made for.
        operation: What it asks for.
        call: 1-based number of this call of this operation for this order.
        key: The idempotency key that it carried.
        sent_at: When the caller sent it, in seconds of the world's clock.
        body: What it carried.
        activity: The activity that made it, where the caller is one.
        execution: The workflow, the number of its run, and the id of the activity that made it;
            empty where that is unknown, as over HTTP.
        retry: Which attempt of that activity made it, from 1; 0 where that is unknown.
        unread_key: The header that looks like an idempotency key and was not read, empty for none.
        fault: The fault that the network added, empty for none.
        arrivals: Each arrival at the service, in order; empty for a request that was lost.
        ended_at: When the caller got its answer or timed out; ``None`` until then.
        outcome: The outcome for the caller.
        status: The HTTP status that the caller saw, ``None`` where it saw none.
        error: The error code, or the kind of transport failure, that the caller saw.
    """

    number: int
    order: str
    operation: str
    call: int
    key: str | None
    sent_at: float
    body: Mapping[str, Any] = {}
    activity: str = ""
    execution: str = ""
    retry: int = 0
    unread_key: str = ""
    fault: str = ""
    arrivals: list[Arrival] = []
    ended_at: float | None = None
    outcome: AttemptOutcome = AttemptOutcome.PENDING
    status: int | None = None
    error: str = ""

    @property
    def entries(self) -> list[int]:
        """The numbers of the ledger's entries that this attempt caused."""
        return [number for arrival in self.arrivals for number in arrival.entries]

    @property
    def took_effect(self) -> bool:
        """Whether it changed anything at the service, at once or late."""
        return bool(self.entries)


class Journal:
    """All attempts, in the order in which they were sent.

    Attributes:
        attempts: The attempts, except those that were evicted.
        on_change: Called with each attempt that has begun, arrived, or ended.
    """

    def __init__(self) -> None:
        self.attempts: list[Attempt] = []
        self.on_change: Callable[[Attempt], None] | None = None
        self._next_number = 0
        self._under_way: defaultdict[int, int] = defaultdict(int)
        self._calls: dict[tuple[str, str], int] = {}
        self._orders: dict[tuple[str, str], str] = {}

    def __iter__(self) -> Iterator[Attempt]:
        return iter(self.attempts)

    def __len__(self) -> int:
        return self._next_number

    def open(  # noqa: PLR0913 - an attempt has that many facts, and they are all named
        self,
        *,
        order: str,
        operation: str,
        key: str | None,
        sent_at: float,
        body: Mapping[str, Any],
        activity: str = "",
        execution: str = "",
        retry: int = 0,
        unread_key: str = "",
    ) -> Attempt:
        """Begin a new attempt, and count the call."""
        attempt = Attempt(
            number=self._next_number,
            order=order,
            operation=operation,
            call=self.calls(order, operation) + 1,
            key=key,
            sent_at=sent_at,
            body=body,
            activity=activity,
            execution=execution,
            retry=retry,
            unread_key=unread_key,
        )
        self._add(attempt)
        self.begin(attempt)
        return attempt

    def begin(self, attempt: Attempt) -> None:
        """Something of `attempt` is under way: its caller waits, or a request is yet to arrive."""
        self._under_way[attempt.number] += 1
        self._changed(attempt)

    def arrive(self, attempt: Attempt, arrival: Arrival) -> None:
        """Add an arrival."""
        attempt.arrivals.append(arrival)
        self._changed(attempt)

    def end(self, attempt: Attempt) -> None:
        """What had begun with `begin` is over."""
        self._under_way[attempt.number] -= 1
        if not self._under_way[attempt.number]:
            del self._under_way[attempt.number]
        self._changed(attempt)

    def calls(self, order: str, operation: str) -> int:
        """How many calls of `operation` were made for `order`."""
        return self._calls.get((order, operation), 0)

    def order_of_key(self, operation: str, key: str) -> str:
        """The order for which `operation` was first called with `key`, empty if it never was."""
        return self._orders.get((operation, key), "")

    # -- eviction of orders -------------------------------------------------------------------

    def orders_under_way(self) -> set[str]:
        """The orders of which something is still to come."""
        return {each.order for each in self.attempts if each.number in self._under_way}

    def assign_orders(self, owners: Mapping[str, str]) -> None:
        """Assign each attempt without an order to the order that owns its key."""
        for attempt in self.attempts:
            owner = owners.get(attempt.key or "")
            if owner and not attempt.order:
                attempt.order, attempt.call = owner, self.calls(owner, attempt.operation) + 1
                self._index(attempt)
                self._changed(attempt)

    def evict(self, orders: Collection[str]) -> list[Attempt]:
        """Remove the attempts of these orders, and return them."""
        evicted = [attempt for attempt in self.attempts if attempt.order in orders]
        self.attempts = [attempt for attempt in self.attempts if attempt.order not in orders]
        for attempt in evicted:
            self._calls.pop((attempt.order, attempt.operation), None)
            self._orders.pop((attempt.operation, attempt.key or ""), None)
        return evicted

    def restore(self, attempts: Iterable[Attempt]) -> None:
        """Add attempts that were evicted, or were made in another process."""
        for attempt in attempts:
            self._add(attempt)
        self.attempts.sort(key=attrgetter("number"))

    def skip_to(self, number: int) -> None:
        """Number new attempts from this number on, at least."""
        self._next_number = max(self._next_number, number)

    def _add(self, attempt: Attempt) -> None:
        self.attempts.append(attempt)
        self.skip_to(attempt.number + 1)
        self._index(attempt)

    def _index(self, attempt: Attempt) -> None:
        call = attempt.order, attempt.operation
        self._calls[call] = max(attempt.call, self._calls.get(call, 0))
        if attempt.key is not None and attempt.order:
            self._orders.setdefault((attempt.operation, attempt.key), attempt.order)

    def _changed(self, attempt: Attempt) -> None:
        if self.on_change is not None:
            self.on_change(attempt)
