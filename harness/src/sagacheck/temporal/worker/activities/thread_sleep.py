"""``time.sleep`` in the thread of an activity takes virtual time.

A function that sleeps before its call still works when its order is cancelled, on a server in real
time; so it has to here. The name is replaced where the process and the activity's module have it,
while a simulated worker has threads. In every other thread it sleeps as it always has.

Limitations: only the thread that the worker has made is known, and none that the function starts;
what waits for a lock, a queue or an event takes real time.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

Sleep = Callable[[float], None]

_real_sleep = time.sleep
_sleep_here: ContextVar[Sleep] = ContextVar("sleep_here")
_lock = threading.Lock()
_users = 0
_replaced: list[tuple[dict[str, Any], str]] = []


def _sleep(seconds: float) -> None:
    """Sleep as the present thread does."""
    sleep = _sleep_here.get(_real_sleep)
    (sleep if seconds > 0 else _real_sleep)(seconds)


def replace_sleep() -> None:
    """Replace ``time.sleep`` until `restore_sleep` was called as often."""
    global _users  # noqa: PLW0603 - it is one name for the whole process
    with _lock:
        _users += 1
        _replace_in(vars(time))


def restore_sleep() -> None:
    """Give ``time.sleep`` back to all that had it."""
    global _users  # noqa: PLW0603 - as above
    with _lock:
        _users -= 1
        while _replaced and not _users:
            names, name = _replaced.pop()
            names[name] = _real_sleep


def sleeping(call: Callable[[], Any], sleep: Sleep) -> Callable[[], Any]:
    """`call`, for a thread of its own in which ``time.sleep`` is `sleep`."""

    def in_thread() -> Any:
        _sleep_here.set(sleep)
        return call()

    return in_thread


def replace_sleep_in(function: Callable[..., Any]) -> None:
    """Replace the name in the module of `function`, which may have imported it by itself."""
    with _lock:
        if _users:
            _replace_in(getattr(function, "__globals__", {}))


def _replace_in(names: dict[str, Any]) -> None:
    for name in [name for name, value in names.items() if value is _real_sleep]:
        if names is not globals():
            names[name] = _sleep
            _replaced.append((names, name))
