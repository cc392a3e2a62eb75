"""SIGINT and SIGTERM while a run starts: what was started is ended, and there is no verdict.

Locust has no handlers before it has begun, so Ctrl-C would end in a traceback, a second one in the
middle of what the first was to end.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class _Handler:
    """Handles the first signal, and no other.

    Attributes:
        end: Ends the run.
        holds: How many parts of the start must not be cut in two now.
    """

    def __init__(self) -> None:
        self.end: Callable[[], None] = lambda: None
        self.holds = 0
        self._has_come = self._has_ended = False

    def __call__(self, number: int, frame: object) -> None:
        self._has_come = True
        self.end_if_asked()

    def end_if_asked(self) -> None:
        """End the run, if a signal has come and it may be ended now."""
        if self._has_come and not self._has_ended and not self.holds:
            self._has_ended = True
            self.end()


_handler = _Handler()


def begin_start_up(end: Callable[[], None]) -> None:
    """Handle the signals from now on.

    Args:
        end: Ends the run. Called again with another one, that one counts.
    """
    _handler.end = end
    for number in _SIGNALS:
        if signal.getsignal(number) not in (signal.SIG_IGN, None):
            signal.signal(number, _handler)


def end_start_up() -> None:
    """Handle them no more: they are Locust's."""
    if signal.getsignal(signal.SIGINT) is _handler:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGTERM) is _handler:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """While open, a signal waits: a process is started and known, or it is not started."""
    _handler.holds += 1
    try:
        yield
    finally:
        _handler.holds -= 1
    _handler.end_if_asked()
