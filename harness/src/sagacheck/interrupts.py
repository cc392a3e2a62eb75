"""SIGINT and SIGTERM: they end a command with what it has found so far, and the rest unknown.

A command starts, plays, and ends with what it has found. While it starts there is nothing to lose,
and the signal ends the process. While it plays, the signal is a KeyboardInterrupt, once. After that
a signal is ignored for a moment, or a second Ctrl-C would lose what the first was to save.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

_Result = TypeVar("_Result")

UNKNOWN = 3
"""The exit code of a command that has no verdict."""
ENDING_SECONDS = 5.0
"""An end takes less than a second. A signal after this time ends the process, whatever it does."""

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class _Handler:
    """Handles the signals of a command."""

    def __init__(self) -> None:
        self.depth = 0
        self.has_played = False
        self.act: Callable[[], object] | None = None
        self._first_at: float | None = None

    @property
    def has_come(self) -> bool:
        """Whether there was a signal."""
        return self._first_at is not None

    def __call__(self, number: int, frame: object) -> None:
        now = time.monotonic()
        if self._first_at is not None and now - self._first_at < ENDING_SECONDS:
            return
        if self._first_at is not None or not (self.depth or self.has_played):
            os.write(2, b"interrupted\n")
            os._exit(UNKNOWN)
        self._first_at = now
        if self.depth:
            self.interrupt()

    def interrupt(self) -> None:
        """End what is being played.

        Raises:
            KeyboardInterrupt: It has no other way.
        """
        if self.act is None:
            raise KeyboardInterrupt
        self.act()


_handler: _Handler | None = None


def handle_signals() -> None:
    """Handle the signals of this process, which is a command of its own; to be called first."""
    global _handler  # noqa: PLW0603 - signals belong to the process
    _handler = _Handler()
    for number in _SIGNALS:
        signal.signal(number, _handler)


@contextmanager
def playing() -> Iterator[None]:
    """While open, a signal is a KeyboardInterrupt: what was found is to be kept.

    Who catches it inside of another `playing` gets another one at the end: that one ends too.
    """
    if _handler is None:
        yield
        return
    _handler.depth += 1
    try:
        yield
    finally:
        _handler.has_played = True
        _handler.depth -= 1
    if _handler.has_come and _handler.depth:
        raise KeyboardInterrupt


@contextmanager
def interrupted_by(act: Callable[[], object]) -> Iterator[None]:
    """While open, a signal calls `act`: a KeyboardInterrupt might be caught by code under test.

    In another thread than the main one it changes nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
    elif _handler is not None:
        before, _handler.act = _handler.act, act
        try:
            yield
        finally:
            _handler.act = before
    elif signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        with _instead_of_default(act):
            yield
    else:
        yield


@contextmanager
def _instead_of_default(act: Callable[[], object]) -> Iterator[None]:
    """The same for Ctrl-C alone, where this process is not a command; a second one ends it."""

    def interrupt(*_: object) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        act()

    signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def run(main: Coroutine[Any, Any, _Result], runner: asyncio.Runner | None = None) -> _Result:
    """Run a coroutine as `asyncio.run` does, which knows no other handler than Python's own.

    Args:
        main: The coroutine.
        runner: Runs it; without one, it has an event loop of its own.

    Raises:
        KeyboardInterrupt: A signal came, and the coroutine was cancelled.
    """
    if runner is None:
        with asyncio.Runner() as own:
            return run(main, own)
    if _handler is None:
        return runner.run(main)
    loop = runner.get_loop()
    task: asyncio.Task[_Result] | None = None

    async def begin() -> _Result:
        nonlocal task
        task = asyncio.ensure_future(main)
        return await task

    def cancel() -> None:
        if task is None:
            raise KeyboardInterrupt
        task.cancel()  # in the thread of the loop, as asyncio's own handler does

    with interrupted_by(cancel), _woken_by_signals(loop):
        try:
            return runner.run(begin())
        except asyncio.CancelledError:
            raise KeyboardInterrupt from None


@contextmanager
def _woken_by_signals(loop: asyncio.AbstractEventLoop) -> Iterator[None]:
    """Let each signal wake the loop: one that comes just before it waits would end no wait."""
    read, write = socket.socketpair()
    with read, write:
        read.setblocking(False)
        write.setblocking(False)
        loop.add_reader(read, read.recv, 4096)
        before = signal.set_wakeup_fd(write.fileno(), warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(before)
            loop.remove_reader(read)
