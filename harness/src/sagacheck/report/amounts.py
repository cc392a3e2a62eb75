"""Times and amounts as people write them."""

from __future__ import annotations

from sagacheck.world import amount_text

MINUTES_FROM = 600.0
"""From ten minutes on seconds alone are hard to read."""


def clock(seconds: float) -> str:
    """A time of the world's clock: ``94.1 s``, ``2h 00m 33s``."""
    if seconds < MINUTES_FROM:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h {minutes:02}m {rest:02}s" if hours else f"{minutes}m {rest:02}s"


def decimal(minor: int, currency: str) -> str:
    """An amount of money, given in minor units, without its currency."""
    return amount_text(minor, currency).replace("-", "\N{MINUS SIGN}")


def money(minor: int, currency: str) -> str:
    """An amount of money with its currency."""
    return f"{decimal(minor, currency)} {currency}"
