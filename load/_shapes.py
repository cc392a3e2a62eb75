"""How load goes up and down over a run. Where there is a rate, it goes with the users."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from locust import LoadTestShape

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


class Profile(LoadTestShape):
    """One of the shapes, over ``-t`` and up to ``-u``.

    Args:
        course: How many users there are when.
        users: All of them.
        spawn_rate: How many may come or go in a second.
        seconds: How long it all takes.
    """

    abstract = True  # or Locust would take it for every run, as soon as it is imported

    def __init__(self, course: Course, users: int, spawn_rate: float, seconds: float) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._course = course
        self._users = users
        self._spawn_rate = spawn_rate
        self._seconds = seconds

    def tick(self) -> tuple[int, float] | None:
        """How many users there are to be now; ``None`` at the end."""
        part = self.get_run_time() / self._seconds  # type: ignore[no-untyped-call]
        if part >= 1:
            return None
        return max(1, round(self._users * self._course(part))), self._spawn_rate
