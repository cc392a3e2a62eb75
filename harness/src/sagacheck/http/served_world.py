"""The world that is being served, which can be exchanged for a new one."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from sagacheck.http.eviction import EvictedOrders
from sagacheck.http.recovery import Recovery
from sagacheck.http.world_store import WorldStore
from sagacheck.http.write_ahead_log import Begin, Step, WriteAheadLog
from sagacheck.network import FaultRule, Network
from sagacheck.services import ServiceFactory, Services
from sagacheck.world import ManualClock, Settings, World


class ServedWorld:
    """Holds one world at a time.

    Args:
        settings: What each new world begins with, unless it is told otherwise.
        clock: Makes the clock of a world.
        services: Makes the services of a world.
        write_ahead_log: Where changes are written down; the world that it tells of is gone on with.
        now: The real time, in seconds since 1970.

    Attributes:
        store: The store of the present world.
        began: When that world began, in seconds since 1970.

    Raises:
        WriteAheadLogError: The write-ahead log cannot be read.
    """

    store: WorldStore
    began: float

    def __init__(
        self,
        settings: Settings,
        clock: Callable[[], ManualClock],
        services: ServiceFactory,
        write_ahead_log: WriteAheadLog | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.settings = settings
        self._now = now
        self._clock = clock
        self._services = services
        self._log = write_ahead_log
        self._rules: list[dict[str, Any]] = []
        recovery = Recovery(write_ahead_log.steps() if write_ahead_log else ())
        if recovery.begin is None:
            self.reset()
        else:
            self._go_on(recovery, recovery.begin)

    @property
    def network(self) -> Network:
        """The network of the present world."""
        return self.store.network

    @property
    def world(self) -> World:
        """The present world."""
        return self.network.world

    def reset(self, settings: Settings | None = None) -> None:
        """Begin a new world; what is still under way in the old one stays there."""
        chosen = settings or self.settings
        if hasattr(self, "store"):
            self.store.retire()
        world = World(chosen, clock=self._clock())
        network = Network(Services(world, self._services))
        self.began = self._now()
        self._rules = []
        self._write(Step(0.0, begin=Begin(chosen, self.began), entries=world.ledger.entries))
        self.store = WorldStore(network, EvictedOrders(), self._log)

    def add_rule(self, words: dict[str, Any], rule: FaultRule) -> None:
        """Let the network follow `rule` after those it has; `words` is how to say it."""
        self.network.rules.append(rule)
        self._rules.append(words)
        self.store.write_rules(self._rules)

    def clear_rules(self) -> None:
        """Let nothing fail any more."""
        self.network.rules.clear()
        self._rules = []
        self.store.write_rules(self._rules)

    def settle(self) -> None:
        """Let all happen that is still to come: the clock jumps to the last of it."""
        clock = self.world.clock
        assert isinstance(clock, ManualClock), "the served made it"
        self.network.services.settle()
        clock.run_all()
        self.network.services.settle()

    def _go_on(self, recovery: Recovery, begin: Begin) -> None:
        clock = self._clock()
        clock.advance_to(max(recovery.at, self._now() - begin.at))
        network = recovery.network(clock, self._services)
        self.began = begin.at
        self._rules = recovery.rules
        self._write(Step(recovery.at, attempts=recovery.interrupted))
        self.store = WorldStore(network, recovery.evicted, self._log)

    def _write(self, step: Step) -> None:
        if self._log is not None:
            self._log.append(step)
