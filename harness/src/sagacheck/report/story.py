"""The story of a trial: its moments as sentences."""

from __future__ import annotations

from sagacheck.engines import Trial
from sagacheck.printable import printable
from sagacheck.report.timeline import rows_of

MOST = 40
"""A story of more sentences is shown without its middle."""


def story_of(trial: Trial) -> list[str]:
    """What happened in a trial that has been played, a line for each moment, with its time."""
    lines = [printable(f"{row.at:9.2f} s  {row.words}") for row in rows_of(trial)]
    left_out = len(lines) - MOST
    if left_out <= 0:
        return lines
    half = MOST // 2
    return [*lines[:half], f"           … {left_out} moments left out …", *lines[-half:]]
