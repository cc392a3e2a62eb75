"""Durations as the service takes them: none is negative, none is longer than a hundred years."""

from __future__ import annotations

from google.protobuf.duration_pb2 import Duration

LONGEST_SECONDS = 100 * 365 * 24 * 3600
NEGATIVE = "negative duration"
"""The service's word for one that it refuses."""
_LONGEST = Duration(seconds=LONGEST_SECONDS)


def capped(duration: Duration) -> Duration:
    """The duration, or the longest that the service keeps; to be copied, not to be changed."""
    return _LONGEST if duration.seconds >= LONGEST_SECONDS else duration


def is_any_negative(*durations: Duration) -> bool:
    """Whether the service refuses one of them."""
    for each in durations:  # noqa: SIM110 - a generator takes longer than all that it looks at
        if each.seconds < 0 or each.nanos < 0:
            return True
    return False


def seconds(duration: Duration) -> float:
    """A duration as a number."""
    return duration.seconds + duration.nanos / 1e9


def within(duration: Duration, limit: Duration) -> Duration:
    """The duration, or the limit where there is none, or where it is longer."""
    return duration if 0 < seconds(duration) <= seconds(limit) else limit
