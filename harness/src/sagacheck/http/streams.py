"""Long answers a line at a time: the journal, the entries of the ledger, the records of orders."""

from __future__ import annotations

import heapq
from bisect import bisect_right
from collections.abc import AsyncIterator, Callable, Iterable
from itertools import islice
from operator import attrgetter, itemgetter

import msgspec
from starlette.responses import StreamingResponse

from sagacheck.http.world_store import WorldStore
from sagacheck.world import Attempt, Entry

PAGE = 500
"""Lines that are in memory at a time."""

Page = list[tuple[int, bytes]]
Numbered = Callable[[WorldStore, int], Page]
"""The next page of lines after a number, from memory and evicted; an empty one at the end."""


class NdjsonResponse(StreamingResponse):
    """One JSON object a line."""

    media_type = "application/x-ndjson"

    def __init__(self, chunks: AsyncIterator[bytes]) -> None:
        super().__init__(chunks)


def attempts(store: WorldStore, after: int) -> Page:
    """Attempts with higher numbers than `after`."""
    return _page("attempts", store, store.world.journal.attempts, after)


def entries(store: WorldStore, after: int) -> Page:
    """Entries with higher numbers than `after`."""
    return _page("entries", store, store.world.ledger.entries, after)


def ndjson(store: WorldStore, numbered: Numbered, after: int) -> NdjsonResponse:
    """Everything that is numbered after a number."""
    return NdjsonResponse(_pages(store, numbered, after))


async def _pages(store: WorldStore, numbered: Numbered, after: int) -> AsyncIterator[bytes]:
    while page := numbered(store, after):
        yield b"\n".join([json for _, json in page]) + b"\n"
        after = page[-1][0]


async def order_records(store: WorldStore, orders: Iterable[str]) -> AsyncIterator[bytes]:
    """The records of finished orders, and at last the names of those that are open."""
    waiting = []
    for order in orders:
        if order in store.evicted:
            yield store.evicted.line(order) + b"\n"
        else:
            waiting.append(order)
    yield msgspec.json.encode({"waiting": waiting}) + b"\n"


def _page(kind: str, store: WorldStore, live: list[Attempt] | list[Entry], after: int) -> Page:
    in_memory = ((each.number, msgspec.json.encode(each)) for each in _after(live, after))
    merged = heapq.merge(store.evicted.numbered(kind, after), in_memory, key=itemgetter(0))
    return list(islice(merged, PAGE))


def _after(live: list[Attempt] | list[Entry], number: int) -> Iterable[Attempt | Entry]:
    start = bisect_right(live, number, key=attrgetter("number"))
    return islice(live, start, None)
