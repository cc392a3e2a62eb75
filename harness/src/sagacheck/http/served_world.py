"""The world that is being served, which a reset replaces with a new one."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from sagacheck.http.calls.remote_calls import RemoteCalls
from sagacheck.http.eviction import EvictedOrders
from sagacheck.http.log_steps import Begin, Step
from sagacheck.http.recovery import Recovery
from sagacheck.http.world_store import WorldStore
from sagacheck.http.write_ahead_log import NotWrittenError, WriteAheadLog, WriteAheadLogError
from sagacheck.network import FaultRule, Network
from sagacheck.services import ServiceFactory, Services
from sagacheck.world import ManualClock, ParsingError, Settings, WallClock, World


class ServedWorld:
    """Holds one world at a time.

    Args:
        services: Makes the services of a world.
        settings: What each new world begins with, unless a reset has others.
        clock: Makes the clock of a world.
        journal: The write-ahead log, where there is one. The world in it is recovered.
        now: The real time, in seconds since 1970.

    Attributes:
        settings: What each new world begins with, unless a reset has others.
        began: When the present world began, in seconds since 1970.
        store: The store of the present world.
        calls: The calls of workers elsewhere that are under way.

    Raises:
        WriteAheadLogError: The write-ahead log cannot be read.
        OSError: It cannot be opened.
    """

    def __init__(
        self,
        services: ServiceFactory,
        settings: Settings,
        *,
        clock: Callable[[], ManualClock] = WallClock,
        journal: Path | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._services = services
        self.settings = settings
        self._clock = clock
        self._now = now
        self.calls = RemoteCalls()
        self._log: WriteAheadLog | None = None
        recovery = Recovery()
        if journal is not None:
            self._log, recovery = WriteAheadLog.open(journal)
        self._rules = recovery.rules
        self.began = recovery.begin.at if recovery.begin is not None else now()
        try:
            self.store = self._begun(recovery)
        except BaseException:
            if self._log is not None:
                self._log.close()
            raise

    @property
    def network(self) -> Network:
        """The network of the present world."""
        return self.store.network

    @property
    def world(self) -> World:
        """The present world."""
        return self.network.world

    def ready(self) -> WorldStore:
        """The store of the present world; after a change that could not be written a new one.

        To be called before anything is asked of the world or changed in it. What was under way in
        a world that could not be written is over, as after a kill.

        Raises:
            NotWrittenError: Still nothing can be written.
            WriteAheadLogError: What was written cannot be read.
        """
        if self.store.failed:
            assert self._log is not None, "only a log can fail"
            self._log.append(Step(self.world.clock.now()))  # before all of it is read
            recovery = self._log.recover()
            self._rules = recovery.rules
            self.store = self._recovered(recovery)
        return self.store

    def reset(self, settings: Settings | None = None) -> None:
        """Begin a new world; what is still under way in the old one stays there.

        Raises:
            NotWrittenError: The journal cannot have it; the old world goes on.
        """
        old, began = self.store, self._now()
        self.store = self._new(settings or self.settings, began)
        self.began = began
        self._rules = []
        old.stop_writing()

    def close(self) -> None:
        """Write what has changed, and let other processes have the write-ahead log."""
        with suppress(NotWrittenError):  # the requests that wait for it got no answer
            self.store.commit()
        self.store.stop_writing()
        if self._log is not None:
            self._log.close()

    def add_rule(self, written: dict[str, Any], rule: FaultRule) -> None:
        """Let the network follow `rule` after those it has; `written` is what it was read from."""
        rules = [*self._rules, written]
        self.store.write_rules(rules)
        self._rules = rules
        self.network.rules.append(rule)

    def clear_rules(self) -> None:
        """Let nothing fail any more."""
        self.store.write_rules([])
        self._rules = []
        self.network.rules.clear()

    def settle(self) -> None:
        """Let everything happen that is still to come: the clock jumps to the last of it."""
        clock = self.world.clock
        assert isinstance(clock, ManualClock), "it was made here"
        self.network.services.settle()
        clock.run_all()
        self.network.services.settle()

    def _begun(self, recovery: Recovery) -> WorldStore:
        if recovery.begin is None:
            return self._new(self.settings, self.began)
        return self._recovered(recovery)

    def _new(self, settings: Settings, began: float) -> WorldStore:
        world = World(settings, clock=self._clock())
        network = Network(Services(world, self._services))
        self._write(Step(0.0, begin=Begin(settings, began), entries=world.ledger.entries))
        return WorldStore(network, EvictedOrders(), self._log)

    def _recovered(self, recovery: Recovery) -> WorldStore:
        clock = self._clock()
        clock.advance_to(max(recovery.at, self._now() - self.began))
        try:
            network = recovery.network(clock, self._services)
        except (LookupError, ParsingError) as error:
            msg = f"the journal is one of other services, or of another version: {error}"
            raise WriteAheadLogError(msg) from None
        self._write(Step(recovery.at, attempts=recovery.interrupted))
        return WorldStore(network, recovery.evicted, self._log)

    def _write(self, step: Step) -> None:
        if self._log is not None:
            self._log.append(step)
