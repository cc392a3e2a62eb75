"""The search: every history with at most K choices, each once.

A run is determined by its choices. So the histories form a tree: below a history stand those that
make one choice more, later than its last. Each run says which these are (`ChoicePoints.offered`),
and no two paths lead to the same history, since choices are made in one order only.

The tree is walked level by level, each level depth-first: a search that is stopped has seen the
small histories, the first counterexample is a smallest one, and nothing needs to be remembered but
the path. What that costs is that histories above a level are played again, about one in a hundred.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from types import TracebackType
from typing import Self

from sagacheck.checks import Verdict
from sagacheck.explore.choices import History
from sagacheck.explore.families import Shard, parents, play_family
from sagacheck.explore.findings import Finding, findings_in
from sagacheck.explore.history_player import HistoryPlayer
from sagacheck.explore.search_spec import Search
from sagacheck.explore.tally import Tally
from sagacheck.interrupts import playing
from sagacheck.run import ProcessKilledError, ProcessPool, expects_failure, why_vacuous


@dataclass(frozen=True)
class Progress:
    """How far a search has come.

    Attributes:
        faults: How many choices the histories make that are being played.
        done: How many of these have been played.
        total: How many there are; an estimate where only a shard of them is played.
        tally: What was found so far.
    """

    faults: int
    done: int
    total: int
    tally: Tally


@dataclass
class Exploration:
    """The result of a search.

    Attributes:
        search: What was searched.
        tally: What was found.
        seconds: Real time that it took.
        levels: How many histories there are with each number of choices, and in how many seconds
            they were played.
        complete: Whether all of it was searched.
        stopped: What has stopped it, where that is neither its budget nor a finding; else empty.
        plain: Why the plain order, around which nothing fails, does not complete; empty where it
            does.
    """

    search: Search
    tally: Tally = field(default_factory=Tally)
    seconds: float = 0.0
    levels: list[tuple[int, float]] = field(default_factory=list)
    complete: bool = False
    stopped: str = ""
    plain: str = ""

    @cached_property
    def findings(self) -> list[Finding]:
        """What breaks an invariant, by its cause, the smallest counterexample first."""
        return findings_in(self.tally.smallest_first())

    @property
    def new(self) -> list[Finding]:
        """The findings that are not known."""
        return [each for each in self.findings if not each.is_among(self.search.known)]

    @property
    def gone(self) -> list[str]:
        """The names that are known, and no finding has any more; none before all was searched."""
        if not self.complete:
            return []
        named = {name for name in self.search.known for f in self.findings if f.is_among({name})}
        return sorted(self.search.known - named)

    @property
    def why_vacuous(self) -> str:
        """Why the search shows nothing, whatever it has found; empty where it shows something."""
        fails = expects_failure(self.search.base)
        found = self.tally
        return why_vacuous(found.orders, found.calls, found.effects, self.plain, fails=fails)

    @property
    def verdict(self) -> Verdict:
        """The verdict of the search: one that was not finished can only prove an error."""
        if self.new:
            return Verdict.INVALID
        sure = self.complete and not self.tally.unknown and not self.why_vacuous
        return Verdict.VALID if sure else Verdict.UNKNOWN


INTERRUPTED = "interrupted"
"""What has stopped a search that Ctrl-C or SIGTERM ended."""
OnProgress = Callable[[Progress], None]


def explore(search: Search, on_progress: OnProgress = lambda _progress: None) -> Exploration:
    """Play every history of `search`; on Ctrl-C, those that there was time for.

    The same where one of its processes is killed.

    Raises:
        NotImportableError: The saga cannot be had.
    """
    with playing():
        return _explore(search, on_progress)


def _explore(search: Search, on_progress: OnProgress) -> Exploration:
    exploration = Exploration(search)
    started = time.perf_counter()
    try:
        # Ctrl-C passes the pool, which then does not wait for the families under way.
        with ExitStack() as stack:
            player = search.player()
            stack.enter_context(player.ready())
            pool = stack.enter_context(_FamilyPool(search, player))
            exploration.plain = player.why_plain_order_fails()
            exploration.complete = _levels(exploration, player, pool, on_progress)
    except KeyboardInterrupt:
        exploration.stopped = INTERRUPTED
    except ProcessKilledError as error:
        exploration.stopped = str(error)
    exploration.seconds = time.perf_counter() - started
    return exploration


def _levels(
    exploration: Exploration, player: HistoryPlayer, pool: _FamilyPool, on_progress: OnProgress
) -> bool:
    """Play level by level; whether all was played."""
    search, tally = exploration.search, exploration.tally
    deadline = time.perf_counter() + search.budget if search.budget is not None else None
    shard = Shard(*search.shard)
    for faults in range(search.faults + 1):
        started = time.perf_counter()
        total, tally.to_come, before = tally.to_come or 1, 0, tally.histories
        for found in pool.tallies(shard.select(parents(player, faults)), total):
            tally.merge(found)
            done = tally.histories - before
            on_progress(Progress(faults, done, max(total, done), tally))
            late = deadline is not None and time.perf_counter() > deadline
            if late or _is_enough(search, tally):
                return False
        exploration.levels.append((tally.histories - before, time.perf_counter() - started))
    return True


def _is_enough(search: Search, tally: Tally) -> bool:
    is_long = search.most is not None and tally.histories >= search.most
    return is_long or (search.until_found and _has_news(search, tally))


def _has_news(search: Search, tally: Tally) -> bool:
    """Whether something was found that is not known."""
    found = findings_in(tally.counterexamples.values())
    return any(not finding.is_among(search.known) for finding in found)


_MANY = 500
"""So many histories are played by the time at which another process has begun."""


class _FamilyPool:
    """Plays families of histories, in other processes where that is worth while.

    Args:
        search: What is searched.
        player: Plays in this process.
    """

    def __init__(self, search: Search, player: HistoryPlayer) -> None:
        self._search = search
        self._player = player
        self._stack = ExitStack()
        self._processes: ProcessPool[History | None, Tally] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def tallies(self, families: Iterable[History | None], histories: int) -> Iterator[Tally]:
        """The result of each family, in any order.

        Args:
            families: Their parents.
            histories: How many histories they are, about.
        """
        if self._search.jobs == 1 or histories < _MANY:
            most, until_found = self._search.faults, self._search.stops_at_any
            return (
                play_family(self._player, parent, most, until_found=until_found)
                for parent in families
            )
        if self._processes is None:
            pool = ProcessPool(self._search.for_processes.set_up, self._search.jobs)
            self._processes = self._stack.enter_context(pool)
        return self._processes.map_unordered(families)
