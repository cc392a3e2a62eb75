"""Durations as people write them: ``500ms``, ``45s``, ``10m``, ``2h``, ``1d``, ``1h30m``."""

from __future__ import annotations

import re

_FORM = re.compile(
    r"(?=[0-9])([0-9]{1,9}d)?([0-9]{1,9}h)?([0-9]{1,9}m)?([0-9]{1,9}s)?([0-9]{1,9}ms)?"
)
_MILLISECONDS = (86_400_000, 3_600_000, 60_000, 1000, 1)


def parse_duration(text: str) -> float:
    """The seconds that `text` means.

    Raises:
        ValueError: When `text` is no duration.
    """
    form = _FORM.fullmatch(text)
    if form is None:
        msg = f"{text!r} is no duration: write a number and its unit, such as 30s or 1h30m"
        raise ValueError(msg)
    counts = [int(part.rstrip("dhms")) if part else 0 for part in form.groups()]
    # Whole milliseconds until the end, so that equal durations are equal floats.
    return sum(n * unit for n, unit in zip(counts, _MILLISECONDS, strict=True)) / 1000
