"""Interrupts workflow code that spins.

A worker of the SDK runs workflow code in a thread and fails the workflow task of code that does not
yield within two seconds. Here the code runs in the thread of the simulation, which would spin with
it: so a thread beside it looks at the processor's time, and raises an exception in the other one.
"""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

_T = TypeVar("_T")

LIMIT_SECONDS = 2
"""As in the SDK, but of processor time: a busy machine makes nobody a spinner."""
_LOOK_SECONDS = 0.25


class SpinningCodeError(RuntimeError):
    """Workflow code does not yield."""


class _Interrupt(BaseException):
    """Raised in the midst of code that spins; no `except Exception` stops it."""


@dataclass
class _Watch:
    """Code that is running.

    Attributes:
        since: The processor's time at which it began.
        interrupted: Whether it has been running for too long.
    """

    since: float
    interrupted: bool = False


_watches: dict[int, _Watch] = {}
"""What runs now, by the thread it runs in."""
_lock = threading.Lock()
"""Held while code ends, so that nobody is interrupted after the end."""
_watcher: threading.Thread | None = None


def guarded(act: Callable[[], _T]) -> _T:
    """What `act` returns.

    Raises:
        SpinningCodeError: It was interrupted, having run for `LIMIT_SECONDS` of processor time.
    """
    _start_watcher()
    watch = _Watch(time.process_time())
    _watches[threading.get_ident()] = watch
    try:
        try:
            result = act()
        finally:
            _end()
    except _Interrupt:
        _end()  # it may have struck at the very end
    if watch.interrupted:
        msg = (
            "[TMPRL1101] Potential deadlock detected: "
            f"workflow didn't yield within {LIMIT_SECONDS} second(s)."
        )
        raise SpinningCodeError(msg)
    return result


def _end() -> None:
    with _lock:
        _watches.pop(threading.get_ident(), None)


def _start_watcher() -> None:
    global _watcher  # noqa: PLW0603 - one for the process
    if _watcher is None:
        _watcher = threading.Thread(target=_watch_for_ever, name="deadlock-watcher", daemon=True)
        _watcher.start()


def _watch_for_ever() -> None:
    while True:
        time.sleep(_LOOK_SECONDS)
        now = time.process_time()
        for thread, watch in list(_watches.items()):
            if now - watch.since > LIMIT_SECONDS:
                # Again and again: one that strikes within a `__del__` is only printed.
                _interrupt(thread, watch)


def _interrupt(thread: int, watch: _Watch) -> None:
    with _lock:
        if _watches.get(thread) is watch:
            watch.interrupted = True
            kind = ctypes.py_object(_Interrupt)
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), kind)
