"""Durations as the service takes them: not negative, and at most a hundred years.

The limit is the server's ``maxAllowedDuration`` (``common/primitives/timestamp/duration.go``).
"""

from __future__ import annotations

from google.protobuf.duration_pb2 import Duration

LONGEST_SECONDS = 100 * 365 * 24 * 3600
NEGATIVE = "negative duration"
"""How the server names the rule that such a duration breaks."""
_LONGEST = Duration(seconds=LONGEST_SECONDS)


def capped(duration: Duration) -> Duration:
    """The duration, at most the longest that the service keeps; to be copied, not changed."""
    return _LONGEST if duration.seconds >= LONGEST_SECONDS else duration


def is_any_negative(*durations: Duration) -> bool:
    """Whether one of them is negative, which the service refuses."""
    for each in durations:  # noqa: SIM110 - a generator takes longer than the few comparisons
        if each.seconds < 0 or each.nanos < 0:
            return True
    return False


def seconds(duration: Duration) -> float:
    """A duration in seconds."""
    return duration.seconds + duration.nanos / 1e9


def within(duration: Duration, limit: Duration) -> Duration:
    """The duration, or the limit where the duration is zero or longer than the limit."""
    return duration if 0 < seconds(duration) <= seconds(limit) else limit
