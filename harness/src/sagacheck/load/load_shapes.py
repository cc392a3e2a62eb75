"""How load goes up and down over a run. Where there is a rate, it goes with the users."""

from __future__ import annotations

from locust import LoadTestShape

from sagacheck.load.curves import Course


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
