"""Long answers a line at a time: the journal, the ledger's entries, the records of orders."""

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

_encode_lines = msgspec.json.Encoder().encode_lines

Page = list[tuple[int, Attempt | Entry | msgspec.Raw]]
Pages = Callable[[WorldStore, int], Page]
"""The next page after a number, from memory and from disk; an empty one at the end."""


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


def ndjson(store: WorldStore, pages: Pages, after: int) -> NdjsonResponse:
    """All pages after a number."""
    return NdjsonResponse(_chunks(store, pages, after))


async def _chunks(store: WorldStore, pages: Pages, after: int) -> AsyncIterator[bytes]:
    while page := _written(pages, store, after):
        yield _encode_lines(line for _, line in page)
        after = page[-1][0]


def _written(pages: Pages, store: WorldStore, after: int) -> Page:
    """The next page, once all of it is in the log."""
    store.commit()
    return pages(store, after)


async def order_records(store: WorldStore, orders: Iterable[str]) -> AsyncIterator[bytes]:
    """The records of finished orders, and in the last line the names of those still open."""
    waiting = []
    for order in orders:
        if order in store.evicted:
            yield _encode_lines([store.evicted.raw(order)])
        else:
            waiting.append(order)
    yield _encode_lines([{"waiting": waiting}])


def _page(kind: str, store: WorldStore, live: list[Attempt] | list[Entry], after: int) -> Page:
    in_memory = ((each.number, each) for each in _after(live, after))
    merged = heapq.merge(store.evicted.numbered(kind, after), in_memory, key=itemgetter(0))
    return list(islice(merged, PAGE))


def _after(live: list[Attempt] | list[Entry], number: int) -> Iterable[Attempt | Entry]:
    start = bisect_right(live, number, key=attrgetter("number"))
    return islice(live, start, None)
