"""Load shapes: how many of the users are active at each moment of a run.

Where there is a rate of orders, it rises and falls with the users.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

SPIKE_BEGINS, SPIKE_ENDS = 0.4, 0.6
SOAK_RAMP = 0.1

LoadShape = Callable[[float], float]
"""The fraction of users that are active, by the fraction of the run that is over; both 0 to 1."""


def _spike(elapsed: float) -> float:
    return 1.0 if SPIKE_BEGINS <= elapsed < SPIKE_ENDS else 0.25


SHAPES: Mapping[str, LoadShape] = {
    "steady": lambda _: 1.0,
    "ramp": lambda elapsed: elapsed,
    "spike": _spike,
    "soak": lambda elapsed: min(1.0, elapsed / SOAK_RAMP),
}
"""Every shape by its name: constant; from none to all users; a quarter, and all of them in the
middle fifth; and all of them, after a slow start that lets caches fill."""


@dataclass(frozen=True, slots=True)
class LoadProfile:
    """A shape, over a run of a given length and for a given number of users.

    Attributes:
        shape: Which fraction of the users is active when.
        users: All of them.
        spawn_rate: How many users may start or stop per second.
        seconds: How long the run takes.
    """

    shape: LoadShape
    users: int
    spawn_rate: float
    seconds: float

    def at(self, seconds: float) -> tuple[int, float] | None:
        """Users and spawn rate so many seconds into the run; ``None`` once it is over."""
        elapsed = seconds / self.seconds
        if elapsed >= 1:
            return None
        return max(1, round(self.users * self.shape(elapsed))), self.spawn_rate
