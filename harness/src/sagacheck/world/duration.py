"""Durations as people write them: ``500ms``, ``45s``, ``10m``, ``2h``, ``1d``, ``1h30m``."""

from __future__ import annotations

import math
import re

_FORM = re.compile(
    r"(?=[0-9])([0-9]{1,9}d)?([0-9]{1,9}h)?([0-9]{1,9}m)?([0-9]{1,9}s)?([0-9]{1,9}ms)?"
)
_MILLISECONDS = (86_400_000, 3_600_000, 60_000, 1000, 1)
_UNITS = ("d", "h", "m", "s", "ms")


def parse_duration(text: str) -> float:
    """The seconds that `text` means.

    Raises:
        ValueError: `text` is not a duration.
    """
    form = _FORM.fullmatch(text)
    if form is None:
        msg = f"{text[:80]!r} is not a duration: write a number and its unit, such as 30s or 1h30m"
        raise ValueError(msg)
    counts = [int(part.rstrip("dhms")) if part else 0 for part in form.groups()]
    # Whole milliseconds until the end, so that equal durations are equal floats.
    return sum(n * unit for n, unit in zip(counts, _MILLISECONDS, strict=True)) / 1000


def duration_text(seconds: float) -> str:
    """How `seconds` are written for `parse_duration`, with days from the third on: ``36h``, ``3d``.

    Raises:
        ValueError: No text means exactly that: it is negative, infinite, or finer than 1 ms.
    """
    left = round(seconds * 1000) if math.isfinite(seconds) else -1
    written = ""
    for unit, size in zip(_UNITS, _MILLISECONDS, strict=True):
        if unit != "d" or left >= 3 * size:
            count, left = divmod(left, size)
            written += f"{count}{unit}" if count else ""
    written = written or "0s"
    if _FORM.fullmatch(written) is None or parse_duration(written) != seconds:
        msg = f"{seconds!r} s cannot be written: a duration is a whole number of milliseconds"
        raise ValueError(msg)
    return written
