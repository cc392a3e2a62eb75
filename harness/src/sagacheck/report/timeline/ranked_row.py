"""A row of a timeline with what decides about its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sagacheck.report.timeline.model import Row
from sagacheck.world import Attempt

# Within one moment: what came before the first call, what belongs to a call.
FIRST = -1.0
BEFORE, ARRIVAL, END, AFTER, CLOSED = -0.2, 0.2, 0.4, 0.6, 0.8
"""Added to the number of the call that a row belongs to."""


@dataclass(frozen=True)
class RankedRow:
    """A row and what decides about its place.

    Attributes:
        at: Its time, in seconds of the world's clock.
        rank: Its place among the rows of the same time.
        row: The row.
        attempt: The number of the attempt that it belongs to, if it belongs to one.
    """

    at: float
    rank: float
    row: Row
    attempt: int | None = None


def rank_at(journal: Sequence[Attempt], at: float, entries: Sequence[int]) -> float:
    """The rank of a row for which no caller waits: where the ledger put its entries.

    Args:
        journal: All attempts of the trial.
        at: The time of the row.
        entries: The numbers of its entries in the ledger.
    """
    after = [
        each.number
        for each in journal
        if each.sent_at < at
        or (each.sent_at == at and entries and each.entries and each.entries[0] < entries[0])
    ]
    return max(after, default=FIRST) + ARRIVAL
