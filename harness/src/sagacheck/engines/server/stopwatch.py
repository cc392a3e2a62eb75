"""How long the code of an attempt has waited, whatever the machine does beside it."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

_SCHEDULING = Path("/proc/thread-self/schedstat")
"""On Linux: for how many nanoseconds this thread ran, and for how many it could have run."""


class Stopwatch:
    """Measures the time in which the thread of the event loop was idle.

    An attempt that sleeps leaves it idle, and one that waits for the processor does not. What is
    computed takes no time, as on the simulated engine. Where the system does not tell how long the
    thread has waited for a processor, that counts as sleep.
    """

    def __init__(self) -> None:
        self._began = _idle_until_now()

    @property
    def seconds(self) -> float:
        """Seconds of idle time since it was made; to be read in the same thread."""
        return max(0.0, _idle_until_now() - self._began)


def _idle_until_now() -> float:
    return time.monotonic() - time.thread_time() - _waited_for_processor()


def _waited_for_processor() -> float:
    with suppress(OSError, ValueError, IndexError):
        return int(_SCHEDULING.read_text(encoding="ascii").split()[1]) / 1e9
    return 0.0
