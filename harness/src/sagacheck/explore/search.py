"""The search: every history with at most K choices, each once.

A run is determined by its choices. So the histories form a tree: below a history stand those that
make one choice more, later than its last. Each run says which these are (`Trail.offered`), and no
two paths lead to the same history, since the choices of a history are made in one order only.

The tree is walked level by level, each level depth-first: a search that is stopped has seen the
small histories, the first counterexample is a smallest one, and nothing needs to be remembered but
the path. What that costs is that histories above a level are played again, about one in a hundred.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Self

from sagacheck.explore.choices import History, Menu
from sagacheck.explore.findings import Findings
from sagacheck.explore.player import HistoryPlayer
from sagacheck.language import Scenario
from sagacheck.run import Crew
from sagacheck.saga import SagaUnderTest, load_saga


@dataclass(frozen=True, kw_only=True)
class Search:
    """What is to be searched.

    Attributes:
        base: The scenario that all histories begin with.
        saga_reference: ``module:NAME`` of the saga under test; ``None`` for the one that pyproject.toml names.
        faults: How many choices a history makes at most.
        cancels: Whether clients cancel and submit again.
        crashes: Whether workers die and lose their caches.
        jobs: How many processes play.
        shard: Which part of how many, the first being 1.
        budget: Seconds after which the search stops, with what it has found by then.
        most: So many histories are enough; the search stops soon after them.
        until_found: Whether the first violation ends it.
        only: Words that leave out choices; see `Menu`.
    """

    base: Scenario
    saga_reference: str | None = None
    faults: int = 2
    cancels: bool = True
    crashes: bool = True
    jobs: int = 1
    shard: tuple[int, int] = (1, 1)
    budget: float | None = None
    most: int | None = None
    until_found: bool = False
    only: frozenset[str] = frozenset()

    def load_saga(self) -> SagaUnderTest:
        """The saga under test.

        Raises:
            NotImportableError: It cannot be had.
        """
        return load_saga(self.saga_reference)

    def menu(self, saga: SagaUnderTest) -> Menu:
        """What may be chosen."""
        return Menu(
            operations={operation.name: operation for operation in saga.operations.operations},
            means=saga.means_to_cancel,
            turns=saga.dialect.given.turns,
            cancels=self.cancels,
            crashes=self.crashes,
            schedules=len(self.base.orders) > 1,
            only=self.only,
        )

    def player(self) -> HistoryPlayer:
        """Plays its histories in this process."""
        saga = self.load_saga()
        return HistoryPlayer(saga, self.base, self.menu(saga))

    @contextmanager
    def begin(self) -> Iterator[Callable[[History | None], Findings]]:
        """Make a process ready to play families of histories."""
        player = self.player()
        with player.ready():
            yield partial(play_family, player, most=self.faults, until_found=self.until_found)


@dataclass(frozen=True)
class Progress:
    """How far a search has come.

    Attributes:
        faults: How many choices the histories make that are being played.
        done: How many of these have been played.
        total: How many there are; an estimate where only a shard of them is played.
        findings: What was found so far.
    """

    faults: int
    done: int
    total: int
    findings: Findings


@dataclass
class Exploration:
    """What came of a search.

    Attributes:
        search: What was searched.
        findings: What was found.
        seconds: How long it took.
        levels: How many histories there are with each number of choices, and in how many seconds
            they were played.
        complete: Whether all of it was searched.
    """

    search: Search
    findings: Findings = field(default_factory=Findings)
    seconds: float = 0.0
    levels: list[tuple[int, float]] = field(default_factory=list)
    complete: bool = False


OnProgress = Callable[[Progress], None]


def explore(search: Search, on_progress: OnProgress = lambda _progress: None) -> Exploration:
    """Play every history of `search`; on Ctrl-C, those that there was time for.

    Raises:
        NotImportableError: The saga cannot be had.
    """
    exploration = Exploration(search)
    started = time.perf_counter()
    with ExitStack() as stack:
        try:
            player = search.player()
            stack.enter_context(player.ready())
            workers = stack.enter_context(_Workers(search, player))
            exploration.complete = _levels(exploration, player, workers, on_progress)
        except KeyboardInterrupt:
            exploration.complete = False
    exploration.seconds = time.perf_counter() - started
    return exploration


def _levels(
    exploration: Exploration, player: HistoryPlayer, workers: _Workers, on_progress: OnProgress
) -> bool:
    """Play level by level; whether all was played."""
    search, findings = exploration.search, exploration.findings
    deadline = time.perf_counter() + search.budget if search.budget is not None else None
    mine = _Shard(*search.shard)
    for faults in range(search.faults + 1):
        started = time.perf_counter()
        total, findings.to_come, before = findings.to_come or 1, 0, findings.histories
        parents = mine.of(_parents(player, faults))
        for found in workers.families(parents, total):
            findings.merge(found)
            done = findings.histories - before
            on_progress(Progress(faults, done, max(total, done), findings))
            late = deadline is not None and time.perf_counter() > deadline
            enough = search.most is not None and findings.histories >= search.most
            if late or enough or (search.until_found and findings.violating):
                return False
        exploration.levels.append((findings.histories - before, time.perf_counter() - started))
    return True


def _parents(player: HistoryPlayer, faults: int) -> Iterator[History | None]:
    """The histories below which those with `faults` choices stand; ``None`` stands for the root."""
    if faults == 0:
        yield None
        return
    yield from _histories(player, (), faults - 1)


def _histories(player: HistoryPlayer, above: History, more: int) -> Iterator[History]:
    """The histories that make `more` choices more than the one above."""
    if more == 0:
        yield above
        return
    for choice in player.play(above).offered:
        yield from _histories(player, (*above, choice), more - 1)


def play_family(
    player: HistoryPlayer, parent: History | None, most: int, *, until_found: bool = False
) -> Findings:
    """Play the histories that make one choice more than `parent`.

    Args:
        player: Plays them.
        parent: Their beginning; ``None`` for the history without a choice.
        most: How many choices a history makes at most. What a longer one could do is not asked.
        until_found: Whether the first violation is enough.
    """
    findings = Findings()
    if parent is None:
        findings.add((), player.play(()))
        return findings
    for choice in player.play(parent).offered:
        history = (*parent, choice)
        findings.add(history, player.play(history, offer=len(history) < most))
        if until_found and findings.violating:
            break
    return findings


class _Shard:
    """Every n-th family, counted over all levels, so that the shards together are the whole."""

    def __init__(self, number: int, of: int) -> None:
        self._rest = number - 1
        self._of = of
        self._count = 0

    def of(self, families: Iterable[History | None]) -> Iterator[History | None]:
        for family in families:
            is_mine = self._count % self._of == self._rest
            self._count += 1
            if is_mine:
                yield family


_MANY = 500
"""So many histories are played by the time at which another process has begun."""


class _Workers:
    """Plays families of histories, in other processes where that is worth while.

    Args:
        search: What is searched.
        player: Plays in this process.
    """

    def __init__(self, search: Search, player: HistoryPlayer) -> None:
        self._search = search
        self._player = player
        self._stack = ExitStack()
        self._crew: Crew[History | None, Findings] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def families(self, parents: Iterable[History | None], histories: int) -> Iterator[Findings]:
        """What came of each family, in any order.

        Args:
            parents: The families.
            histories: How many histories they are, about.
        """
        if self._search.jobs == 1 or histories < _MANY:
            most, until_found = self._search.faults, self._search.until_found
            return (
                play_family(self._player, parent, most, until_found=until_found)
                for parent in parents
            )
        if self._crew is None:
            self._crew = self._stack.enter_context(Crew(self._search.begin, self._search.jobs))
        return self._crew.work(parents)
