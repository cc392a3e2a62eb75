"""What is to be searched."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Self

from sagacheck.explore.choice_space import ChoiceSpace
from sagacheck.explore.choices import History
from sagacheck.explore.families import play_family
from sagacheck.explore.history_player import HistoryPlayer
from sagacheck.explore.tally import Tally
from sagacheck.language import Scenario
from sagacheck.saga import SagaUnderTest, load_saga


@dataclass(frozen=True, kw_only=True)
class Search:
    """What is to be searched.

    Attributes:
        base: The scenario that all histories begin with.
        saga_reference: The value of ``--saga``; ``None`` for the saga named in pyproject.toml.
        saga: The saga itself, for this process; without it, it is loaded by its name.
        faults: How many choices a history makes at most.
        cancels: Whether clients cancel and submit again.
        crashes: Whether workers die and lose their caches.
        jobs: How many processes play.
        shard: Which part of how many, the first being 1.
        budget: Seconds after which the search stops, with what it has found by then.
        most: So many histories are enough; the search stops soon after them.
        until_found: Whether the first violation ends it.
        known: The names of findings that are known: they make no verdict invalid.
        only: Words that leave out choices; see `ChoiceSpace`.
    """

    base: Scenario
    saga_reference: str | None = None
    saga: SagaUnderTest | None = None
    faults: int = 2
    cancels: bool = True
    crashes: bool = True
    jobs: int = 1
    shard: tuple[int, int] = (1, 1)
    budget: float | None = None
    most: int | None = None
    until_found: bool = False
    known: frozenset[str] = frozenset()
    only: frozenset[str] = frozenset()

    @property
    def stops_at_any(self) -> bool:
        """Whether any violation ends it, even a part of it: none of them can be known."""
        return self.until_found and not self.known

    def load_saga(self) -> SagaUnderTest:
        """The saga under test.

        Raises:
            NotImportableError: It cannot be had.
        """
        return self.saga or load_saga(self.saga_reference)

    @property
    def for_processes(self) -> Self:
        """The same for other processes, which load the saga by its name: it cannot be pickled."""
        return replace(self, saga=None)

    def space(self, saga: SagaUnderTest) -> ChoiceSpace:
        """The choices that can be made."""
        return ChoiceSpace(
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
        return HistoryPlayer(saga, self.base, self.space(saga))

    @contextmanager
    def set_up(self) -> Iterator[Callable[[History | None], Tally]]:
        """Make a process ready to play families of histories."""
        player = self.player()
        with player.ready():
            yield partial(play_family, player, most=self.faults, until_found=self.stops_at_any)
