"""The nemesis of a run: it kills and restarts processes of the system, at seeded moments."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator

import gevent
from gevent.pool import Group

from sagacheck.load.system.processes import Child, SystemStartError
from sagacheck.load.system.stack import Stack

STOP_SECONDS = 2.0
"""How long the server may take to stop; it would wait for each of its clients."""
DOWN_SECONDS = (0.2, 3.0)
"""How long a process stays down before it is restarted."""
RECOVERY_SECONDS = 60.0
"""How long a restart may take: a worker cannot start while the server is down."""

Note = Callable[..., None]
"""Writes a line to the run's journal: its kind, and facts."""


class Nemesis:
    """Kills processes and restarts them, until it is stopped.

    Targets come in shuffled rounds, so that a short run too has each of them: a worker is killed
    (twice a round), the server stopped, the services killed.

    Args:
        stack: The system under load. Only processes that the run has started are targets.
        seed: Decides targets and moments.
        every: Seconds from one kill to the next on average; each pause is 0.5 to 1.5 times that.
        note: Writes down each kill and each recovery.

    Attributes:
        down: The names of the processes that it has killed and not yet restarted.
        events: Each kill and recovery as a text, with its moment in seconds of Unix time.
    """

    def __init__(self, stack: Stack, seed: int, *, every: float, note: Note) -> None:
        self._stack = stack
        self._chance = random.Random(f"{seed}/chaos")
        self._pause = (every * 0.5, every * 1.5)
        self._note = note
        self.down: set[str] = set()
        self._schedule: gevent.Greenlet[..., None] | None = None
        self._kills: Group = Group()
        self.events: list[tuple[float, str]] = []

    def start(self) -> None:
        """Begin."""
        self._schedule = gevent.spawn(self._kill_again_and_again)

    def stop(self) -> None:
        """Kill no more."""
        if self._schedule is not None:
            self._schedule.kill()

    def recover(self) -> None:
        """Kill no more, and wait until everything that is down is up again.

        Raises:
            SystemStartError: A process failed to restart.
        """
        self.stop()
        self._kills.join(raise_error=True)

    def _kill_again_and_again(self) -> None:
        for child in self._targets():
            gevent.sleep(self._chance.uniform(*self._pause))
            seconds = self._chance.uniform(*DOWN_SECONDS)
            if child.name not in self.down:
                self._kills.spawn(self._kill, child, seconds)

    def _targets(self) -> Iterator[Child]:
        stack = self._stack
        while True:
            targets = [self._chance.choice(stack.workers) for _ in range(2) if stack.workers]
            targets += [each for each in (stack.server, stack.services) if each is not None]
            self._chance.shuffle(targets)
            if not targets:
                return
            yield from targets

    def _kill(self, child: Child, seconds: float) -> None:
        """End a process, and restart it after so many seconds."""
        self.down.add(child.name)
        if child is self._stack.server:
            self._write_down(child, "stopped")
            child.stop(STOP_SECONDS)
        else:
            self._write_down(child, "killed")
            child.kill()
        gevent.sleep(seconds)
        self._restart(child)
        self._write_down(child, "is back")
        self.down.discard(child.name)

    def _restart(self, child: Child) -> None:
        """Restart it until it stays up, as a supervisor of processes does."""
        deadline = time.monotonic() + RECOVERY_SECONDS
        while True:
            try:
                self._stack.restart(child)
            except SystemStartError:
                child.kill()
                if time.monotonic() > deadline:
                    raise
            else:
                return

    def _write_down(self, child: Child, what: str) -> None:
        self.events.append((time.time(), f"{child.name} {what}"))
        self._note("chaos", process=child.name, what=what)
