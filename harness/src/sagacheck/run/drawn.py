"""Values that a saga's code draws: ids, random numbers and times differ from play to play.

So they are no difference between engines. Which they are shows when the scenario is played again
in virtual time with another seed and at another time. Times of the process's own clock, which the
two plays share, look like times.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sagacheck.engines import SimulatedEngine, Trial, quiet_sdk
from sagacheck.inprocess import client_patches
from sagacheck.language import Scenario
from sagacheck.saga import SagaUnderTest
from sagacheck.temporal import EPOCH
from sagacheck.world import LoopClock

_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d|\d{1,2}[./-]\d{1,2}[./-]\d{4})"
    r"([T ]\d\d:\d\d(:\d\d(\.\d+)?)?)?(Z|[+-]\d\d:?\d\d)?"
)
_EPOCH = 1_000_000_000
"""Seconds of Unix time have been more than this since 2001; so are its multiples."""
_OTHER_SEED = 1
_OTHER_TIME = EPOCH + 405 * 86_400 + 5 * 3_600 + 7 * 60 + 13.25
"""When no part of a moment is as it is in the first play: year, month, day, weekday, second …"""


def results_anew(scenario: Scenario, saga: SagaUnderTest) -> dict[str, Any]:
    """The results of a scenario's orders, drawn anew; none where it cannot be played."""
    # A trial has a loop of its own, so it is played in a thread that has none.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(_play, scenario, saga).result()


def _play(scenario: Scenario, saga: SagaUnderTest) -> dict[str, Any]:
    trial = Trial(scenario, saga, LoopClock())
    with client_patches(saga.allow_hosts), quiet_sdk():
        try:
            SimulatedEngine(saga, seed=_OTHER_SEED, epoch=_OTHER_TIME).play_now(trial)
        except Exception:  # noqa: BLE001 - then nothing is known to be drawn
            return {}
    return {order: outcome.ending.result for order, outcome in trial.outcomes.items()}


def same_but_for_drawn(here: Any, there: Any, anew: Any) -> bool:
    """Whether two values are the same where the code does not draw them.

    Args:
        here: What one engine says.
        there: What the other says.
        anew: What the first says with another seed, at another time.
    """
    if here == there or (_is_time(here) and _is_time(there)):
        return True
    if isinstance(here, Mapping) and isinstance(there, Mapping):
        other = anew if isinstance(anew, Mapping) else here
        return here.keys() == there.keys() and all(
            same_but_for_drawn(value, there[name], other.get(name, value))
            for name, value in here.items()
        )
    if isinstance(here, list) and isinstance(there, list):
        others = anew if isinstance(anew, list) and len(anew) == len(here) else here
        return len(here) == len(there) and all(map(same_but_for_drawn, here, there, others))
    return type(here) is type(there) is type(anew) and here != anew


def _is_time(value: Any) -> bool:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value > _EPOCH
    return isinstance(value, str) and _TIME.fullmatch(value) is not None
