"""Dead attempts: the server is made to retry what a killed worker was working on."""

from __future__ import annotations

from collections.abc import Callable

import gevent
from temporalio.service import RPCError

EVERY_SECONDS = 3.0
GRACE_SECONDS = 5.0
"""An attempt that has run for so much longer than a call can take has lost its worker."""

TimeOut = Callable[[float], Callable[[], None]]
"""Lets attempts time out that began so many seconds ago; returns how to undo that."""


class DeadAttemptReaper:
    """Lets the server time out the attempts of workers that were killed, until it is stopped.

    A server notices that a worker is dead only by the start-to-close timeout of its attempts, which
    takes minutes in most sagas.

    Args:
        time_out: Lets old attempts time out.
        call_seconds: How long a call to a service can take.
    """

    def __init__(self, time_out: TimeOut, *, call_seconds: float) -> None:
        self._time_out = time_out
        self._dead_after = call_seconds + GRACE_SECONDS
        self._greenlet: gevent.Greenlet[..., None] | None = None

    def start(self) -> None:
        """Begin."""
        self._greenlet = gevent.spawn(self._reap_again_and_again)

    def stop(self) -> None:
        """Leave attempts alone from now on."""
        if self._greenlet is not None:
            self._greenlet.kill()

    def _reap_again_and_again(self) -> None:
        while True:
            gevent.sleep(EVERY_SECONDS)
            try:
                undo = self._time_out(self._dead_after)
                gevent.sleep(EVERY_SECONDS)
                undo()
            except RPCError:  # the nemesis stops the server too
                continue
