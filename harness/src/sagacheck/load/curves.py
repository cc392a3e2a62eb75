"""The shapes of load, as plain functions: how many of all users are there when."""

from __future__ import annotations

from collections.abc import Callable, Mapping

SPIKE_BEGINS, SPIKE_ENDS = 0.4, 0.6
SOAK_RISES = 0.1

Course = Callable[[float], float]
"""The part of all users that are there, by the part of the run that is over; both from 0 to 1."""


def _spike(part: float) -> float:
    return 1.0 if SPIKE_BEGINS <= part < SPIKE_ENDS else 0.25


COURSES: Mapping[str, Course] = {
    "steady": lambda _: 1.0,
    "ramp": lambda part: part,
    "spike": _spike,
    "soak": lambda part: min(1.0, part / SOAK_RISES),
}
"""Every shape by its name: all the time the same; from nothing to all; a quarter, and in the middle
all at once; and all, after a slow beginning that lets caches fill."""
