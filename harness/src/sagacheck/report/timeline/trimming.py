"""Leaves out the middle of a timeline that is too long to be read, and says how much."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from sagacheck.plural import count
from sagacheck.report.timeline.model import ArrivalRow, CallEndRow, Row, SkipRow

MAX_ROWS = 90
"""So many moments of one timeline are shown."""
HEAD, TAIL, AROUND = 40, 16, 2
"""Kept at the beginning, at the end, and on each side of a moment at which an invariant broke."""


def trimmed(rows: Sequence[Row]) -> tuple[Row, ...]:
    """The rows, with a note in place of those that are left out."""
    if len(rows) <= MAX_ROWS:
        return tuple(rows)
    kept = _kept(rows)
    result: list[Row] = []
    for is_kept, group in groupby(rows, key=lambda row: row.number in kept):
        some = list(group)
        result += some if is_kept else [_skip(some[0].at, len(some))]
    return tuple(result)


def _kept(rows: Sequence[Row]) -> set[int]:
    kept = {*range(HEAD), *range(len(rows) - TAIL, len(rows))}
    for index, row in enumerate(rows):
        if row.broken and len(kept) < MAX_ROWS:
            kept.update(range(max(index - AROUND, 0), min(index + AROUND + 1, len(rows))))
    # What a call leads to is worth little without the call.
    for index in tuple(kept):
        row = rows[index]
        if isinstance(row, CallEndRow | ArrivalRow):
            kept.add(row.call)
    return kept


def _skip(at: float, moments: int) -> SkipRow:
    words = f"{count(moments, 'moment')} left out here."
    return SkipRow(at=at, order="", words=words, count=moments)
