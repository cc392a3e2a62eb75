"""Where things stand in the drawing of a timeline; all lengths are pixels."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sagacheck.report.timeline.model import ArrivalRow, CallRow, Row

TIME_X, CLIENT_X, WORKFLOW_X, NETWORK_X = 72, 104, 182, 496
BOX_X, BOX_WIDTH = 222, 176
NETWORK_HALF = 68
FIRST_SERVICE_X, SERVICE_STEP = 600, 98
BOX_END = BOX_X + BOX_WIDTH
HEADER, FOOT = 34, 16
CALL_HEIGHT, OTHER_HEIGHT, BROKEN_HEIGHT = 44, 28, 22
REQUEST_Y, REPLY_Y = 14, 30
"""Where, below a row's top, a request and its reply are drawn."""
TRACKS = 6
"""So many calls can wait beside each other before their lines meet."""


@dataclass(frozen=True)
class PlacedRow:
    """A row and its place.

    Attributes:
        row: The row.
        top: Its upper edge.
        pause: Seconds since the row before it.
        height: Its height.
    """

    row: Row
    top: float
    pause: float
    height: float

    @property
    def middle(self) -> float:
        """The middle of its first line."""
        return self.top + OTHER_HEIGHT / 2


def lanes_width(services: int) -> int:
    """How wide the drawing is with so many services."""
    return FIRST_SERVICE_X + SERVICE_STEP * max(services - 1, 0) + 60


def stack(rows: Sequence[Row]) -> Iterator[PlacedRow]:
    """Each row below the one before it; the more time has passed, the further."""
    top, before = float(HEADER), 0.0
    for row in rows:
        pause = max(row.at - before, 0.0)
        top += 4 + (12 + 7 * math.log10(1 + pause) if pause > 0 else 0)
        height = CALL_HEIGHT if isinstance(row, CallRow) else OTHER_HEIGHT
        height += BROKEN_HEIGHT if row.broken else 0
        yield PlacedRow(row, top, pause, height)
        top += height
        before = row.at


def late_x(row: ArrivalRow) -> float:
    """Where in the network's lane a late request waits."""
    return NETWORK_X + 2 + (row.call % TRACKS) * 3
