"""The world that is being served, which can be exchanged for a new one."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from sagacheck.http.eviction import Archive
from sagacheck.http.recovery import Remains
from sagacheck.http.world_store import Keeper
from sagacheck.http.write_ahead_log import Begin, Logbook, Step
from sagacheck.network import FaultRule
from sagacheck.world import ManualClock, ServiceFactory, Settings, World


class Stage:
    """Holds one world at a time.

    Args:
        settings: What each new world begins with, unless it is told otherwise.
        clock: Makes the clock of a world.
        services: Makes the services of a world.
        logbook: Where changes are written down; the world that it tells of is gone on with.
        now: The real time, in seconds since 1970.

    Attributes:
        keeper: The keeper of the present world.
        began: When that world began, in seconds since 1970.

    Raises:
        LogbookError: The logbook cannot be read.
    """

    keeper: Keeper
    began: float

    def __init__(
        self,
        settings: Settings,
        clock: Callable[[], ManualClock],
        services: ServiceFactory,
        logbook: Logbook | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.settings = settings
        self._now = now
        self._clock = clock
        self._services = services
        self._logbook = logbook
        self._rules: list[dict[str, Any]] = []
        remains = Remains(logbook.steps() if logbook else ())
        if remains.begin is None:
            self.reset()
        else:
            self._go_on(remains, remains.begin)

    @property
    def world(self) -> World:
        """The present world."""
        return self.keeper.world

    def reset(self, settings: Settings | None = None) -> None:
        """Begin a new world; what is still under way in the old one stays there."""
        chosen = settings or self.settings
        if hasattr(self, "keeper"):
            self.keeper.retire()
        world = World(chosen, clock=self._clock(), services=self._services)
        self.began = self._now()
        self._rules = []
        self._write(Step(0.0, begin=Begin(chosen, self.began), entries=world.books().entries))
        self.keeper = Keeper(world, Archive(), self._logbook)

    def add_rule(self, words: dict[str, Any], rule: FaultRule) -> None:
        """Let the network follow `rule` after those it has; `words` is how to say it."""
        self.world.network.rules.append(rule)
        self._rules.append(words)
        self.keeper.write_rules(self._rules)

    def clear_rules(self) -> None:
        """Let nothing fail any more."""
        self.world.network.rules.clear()
        self._rules = []
        self.keeper.write_rules(self._rules)

    def settle(self) -> None:
        """Let all happen that is still to come: the clock jumps to the last of it."""
        clock = self.world.clock
        assert isinstance(clock, ManualClock), "the stage made it"
        self.world.settle()
        clock.run_all()
        self.world.settle()

    def _go_on(self, remains: Remains, begin: Begin) -> None:
        clock = self._clock()
        clock.advance_to(max(remains.at, self._now() - begin.at))
        world = remains.world(clock, self._services)
        self.began = begin.at
        self._rules = remains.rules
        self._write(Step(remains.at, attempts=remains.interrupted))
        self.keeper = Keeper(world, remains.archive, self._logbook)

    def _write(self, step: Step) -> None:
        if self._logbook is not None:
            self._logbook.append(step)
