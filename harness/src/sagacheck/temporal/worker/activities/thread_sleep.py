"""``time.sleep`` in the thread of an activity takes virtual time.

A function that sleeps before its call still works when its order is cancelled, on a server in real
time; so it has to here. The name is replaced where the process and the activity's module have it,
while a simulated worker has threads. In every other thread it sleeps as it always has. In that one
``time.time`` and ``time.monotonic`` show that time has passed, so that a loop which sleeps until
some moment comes to its end.

Limitations: known are the threads of the worker, and those in which a coroutine runs a function by
``asyncio.to_thread`` or ``run_in_executor``, but none that a function starts by itself; what waits
for a lock, a queue or an event takes real time.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

Sleep = Callable[[float], None]

_real_sleep, _real_time, _real_monotonic = time.sleep, time.time, time.monotonic
_here: ContextVar[_ThreadClock] = ContextVar("here")
_thread = threading.local()
"""The same for a function that a coroutine runs in a thread, in a context of its own."""
_lock = threading.Lock()
_users = 0
_replaced: list[tuple[dict[str, Any], str, Any]] = []


class _ThreadClock:
    """How a thread sleeps, and how long it has slept.

    Attributes:
        slept: Seconds.
    """

    def __init__(self, sleep: Sleep) -> None:
        self._sleep = sleep
        self.slept = 0.0

    def sleep(self, seconds: float) -> None:
        """Sleep."""
        self._sleep(seconds)
        self.slept += seconds


def _sleep(seconds: float) -> None:
    """Sleep as the present thread does."""
    here = _clock()
    (_real_sleep if here is None or seconds <= 0 else here.sleep)(seconds)


def _clock() -> _ThreadClock | None:
    return _here.get(None) or getattr(_thread, "here", None)


def _time() -> float:
    """The time, as much later as the present thread has slept."""
    return _real_time() + _slept()


def _monotonic() -> float:
    """The same of the clock that never goes back."""
    return _real_monotonic() + _slept()


def _slept() -> float:
    """How long the present thread has slept; what it asks of the loop has its context, too."""
    here = _clock()
    if here is None or asyncio._get_running_loop() is not None:  # noqa: SLF001 - raises no error
        return 0.0
    return here.slept


_REPLACEMENTS = ((_real_sleep, _sleep), (_real_time, _time), (_real_monotonic, _monotonic))


def replace_sleep() -> None:
    """Replace ``time.sleep`` and the clocks until `restore_sleep` was called as often."""
    global _users  # noqa: PLW0603 - it is one name for the whole process
    with _lock:
        _users += 1
        _replace_in(vars(time))


def restore_sleep() -> None:
    """Give ``time.sleep`` and the clocks back to all that had it."""
    global _users  # noqa: PLW0603 - as above
    with _lock:
        _users -= 1
        while _replaced and not _users:
            names, name, real = _replaced.pop()
            names[name] = real


def sleeping(call: Callable[[], Any], sleep: Sleep) -> Callable[[], Any]:
    """`call`, for a thread of its own in which ``time.sleep`` is `sleep`."""

    def in_thread() -> Any:
        _here.set(_ThreadClock(sleep))
        return call()

    return in_thread


def sleeping_in_pool(call: Callable[[], Any], sleep: Sleep) -> Callable[[], Any]:
    """The same for a thread of a pool, which runs other functions after this one."""

    def in_thread() -> Any:
        _thread.here = _ThreadClock(sleep)
        try:
            return call()
        finally:
            del _thread.here

    return in_thread


def replace_sleep_in(function: Callable[..., Any]) -> None:
    """Replace the names in the module of `function`, which may have imported it by itself."""
    with _lock:
        if _users:
            _replace_in(getattr(function, "__globals__", {}))


def _replace_in(names: dict[str, Any]) -> None:
    if names is globals():
        return
    for name, value in [*names.items()]:
        for real, replacement in _REPLACEMENTS:
            if value is real:
                names[name] = replacement
                _replaced.append((names, name, real))
