"""Chaos: processes that a run has started are killed and started again, at seeded moments."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator

import gevent
from gevent.pool import Group
from temporalio.service import RPCError

from sagacheck.load.processes import Child, StackError
from sagacheck.load.stack import Stack

STOP_SECONDS = 2.0
"""How long the server may take to stop by itself; it would wait for each of its clients."""
DOWN_SECONDS = (0.2, 3.0)
"""How long a process stays away before it is started again."""
RECOVERY_SECONDS = 60.0
"""How long it may take to be there again: a worker cannot start while the server is down."""
NURSE_EVERY_SECONDS = 3.0
GRACE_SECONDS = 5.0
"""An attempt that goes on for so much longer than a call can take has nobody who works on it."""

Note = Callable[..., None]
"""Writes a line into the run's journal: its kind, and facts."""
GiveUp = Callable[[float], Callable[[], None]]
"""Has the server give up attempts that began so many seconds ago; returns how to take it back."""


class Chaos:
    """Deals blows until it is stopped.

    A dealer with a shuffled deck, so that in a short run too each kind of blow is dealt: a worker
    killed (twice as often), the server stopped, the services killed. And a nurse: a server misses a
    dead worker only when the start-to-close time of its attempts is over, which takes minutes; she
    has it give up those that must be dead.

    Args:
        stack: Whose processes are struck. What runs elsewhere is left alone.
        seed: Decides the blows and their moments.
        every: Seconds from one blow to the next, on average; it may be half as long again, or half.
        note: Writes each blow down.
        give_up: Has the server give up attempts.
        call_seconds: How long a call to a service can take.

    Attributes:
        blows: Each blow, with its moment in seconds of Unix time.
    """

    def __init__(  # noqa: PLR0913 - made in one place, from what that place has
        self,
        stack: Stack,
        seed: int,
        *,
        every: float,
        note: Note,
        give_up: GiveUp,
        call_seconds: float,
    ) -> None:
        self._stack = stack
        self._chance = random.Random(f"{seed}/chaos")
        self._pause = (every * 0.5, every * 1.5)
        self._note = note
        self._give_up = give_up
        self._dead_after = call_seconds + GRACE_SECONDS
        self._down: set[str] = set()
        self._people: Group = Group()
        self._blows: Group = Group()
        self.blows: list[tuple[float, str]] = []

    def start(self) -> None:
        """Begin."""
        self._dealer = self._people.spawn(self._deal)
        self._people.spawn(self._nurse)

    def calm_down(self) -> None:
        """Deal no more blows, and wait until all is up again that is down.

        Raises:
            StackError: Something did not come back.
        """
        if self._people:
            self._dealer.kill()
        self._blows.join(raise_error=True)

    def end(self) -> None:
        """Send everybody home."""
        self._people.kill()

    def _deal(self) -> None:
        for child in self._deck():
            gevent.sleep(self._chance.uniform(*self._pause))
            down = self._chance.uniform(*DOWN_SECONDS)
            if child.name not in self._down:
                self._blows.spawn(self._blow, child, down)

    def _deck(self) -> Iterator[Child]:
        stack = self._stack
        while True:
            cards = [self._chance.choice(stack.workers) for _ in range(2) if stack.workers]
            cards += [each for each in (stack.server, stack.services) if each is not None]
            self._chance.shuffle(cards)
            if not cards:
                return
            yield from cards

    def _blow(self, child: Child, down: float) -> None:
        self._down.add(child.name)
        if child is self._stack.server:
            self._tell(child, "stopped")
            child.stop(STOP_SECONDS)
        else:
            self._tell(child, "killed")
            child.kill()
        gevent.sleep(down)
        self._bring_back(child)
        self._tell(child, "is back")
        self._down.discard(child.name)

    def _bring_back(self, child: Child) -> None:
        """Start it again and again, as whatever watches over processes would."""
        deadline = time.monotonic() + RECOVERY_SECONDS
        while True:
            try:
                self._stack.restart(child)
            except StackError:
                child.kill()
                if time.monotonic() > deadline:
                    raise
            else:
                return

    def _tell(self, child: Child, what: str) -> None:
        self.blows.append((time.time(), f"{child.name} {what}"))
        self._note("chaos", process=child.name, what=what)

    def _nurse(self) -> None:
        while True:
            gevent.sleep(NURSE_EVERY_SECONDS)
            try:
                take_back = self._give_up(self._dead_after)
                gevent.sleep(NURSE_EVERY_SECONDS)
                take_back()
            except RPCError:  # the server is one of the patients
                continue
