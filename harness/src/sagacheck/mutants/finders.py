"""Finders: ways to look for a bug. Another one is one more line in the table `FINDERS`."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from sagacheck.checks import Verdict
from sagacheck.explore import Search, explore
from sagacheck.language import Scenario, plain_orders
from sagacheck.mutants.catalogue import catalogue, found_in, name_of, troubles_in
from sagacheck.run import LocalPlayer
from sagacheck.saga import SagaUnderTest
from sagacheck.simulate import Swarm

SWARM_ORDERS = 10
"""How many orders each run of a swarm has."""


@dataclass(frozen=True)
class Effort:
    """The effort of the finders, in counts and not in time: so a machine's load changes nothing.

    Attributes:
        searches: What `explore` tries one after another: how many orders, and how many faults.
        histories: So many histories of a search are enough.
        runs: How many runs `simulate` plays.
        until_found: Whether the first scenario of the catalogue that shows a bug is enough.
    """

    searches: tuple[tuple[int, int], ...]
    histories: int
    runs: int
    until_found: bool


THOROUGH = Effort(searches=((1, 1), (2, 1), (1, 2)), histories=1000, runs=50, until_found=False)
"""Every single fault with one order and with two, then some pairs; a large swarm."""
QUICK = Effort(searches=((1, 1),), histories=1000, runs=5, until_found=True)
"""Every single fault, and a small swarm."""


@dataclass
class FinderResult:
    """What a finder has found in one saga.

    Attributes:
        runs: How many runs it has checked.
        broken: In how many of them each invariant was broken, ``expect`` being one of them.
        where: The runs in which something was found, by their names, in the order of the search.
        detail: What was found first, in words.
        first_seconds: Real time until then; ``None`` where nothing was found.
        troubles: Why runs could not be judged.
    """

    runs: int = 0
    broken: Counter[str] = field(default_factory=Counter)
    where: list[str] = field(default_factory=list)
    detail: str = ""
    first_seconds: float | None = None
    troubles: list[str] = field(default_factory=list)

    def add(self, where: str, found: dict[str, str], seconds: float, times: int = 1) -> None:
        """Add what was `found`: a sentence for each invariant, empty where nothing was."""
        if not found:
            return
        self.broken.update(dict.fromkeys(found, times))
        if where not in self.where:
            self.where.append(where)
        if self.first_seconds is None:
            self.first_seconds = seconds
            self.detail = next(iter(found.values()))


Finder = Callable[[SagaUnderTest, Effort], FinderResult]


def by_catalogue(
    saga: SagaUnderTest,
    effort: Effort = THOROUGH,
    *,
    among: Iterable[Scenario] | None = None,
    until: frozenset[str] | None = None,
) -> FinderResult:
    """Plays the scenarios of the catalogue; finds what they expect and is missing, too.

    Args:
        saga: The saga.
        effort: Whether it ends with the first scenario that shows something.
        among: Play these scenarios; all of the catalogue by default.
        until: Stop once all of this was seen broken; play all scenarios by default.
    """
    result = FinderResult()
    started = time.perf_counter()
    player = LocalPlayer(saga)
    with player.ready():
        for scenario in catalogue() if among is None else among:
            played = player.play(scenario)
            result.runs += 1
            result.troubles += (f"{name_of(scenario)}: {each}" for each in troubles_in(played))
            result.add(name_of(scenario), found_in(played), time.perf_counter() - started)
            if until is not None and until <= result.broken.keys():
                break
            if effort.until_found and result.broken:
                break
    return result


def by_explore(saga: SagaUnderTest, effort: Effort = THOROUGH) -> FinderResult:
    """Tries every fault, alone and then with another, up to its first find."""
    result = FinderResult()
    started = time.perf_counter()
    for orders, faults in effort.searches:
        base, most = plain_orders(orders, saga.dialect), effort.histories
        exploration = explore(
            _SearchOf(saga=saga, base=base, faults=faults, until_found=True, most=most)
        )
        result.runs += exploration.tally.histories
        result.troubles += exploration.tally.unknown
        seconds = time.perf_counter() - started
        for found in exploration.tally.smallest_first():
            where = ", ".join(map(str, found.history)) or "nothing goes wrong"
            detail = f"{found.violation.invariant}: {found.violation.detail}"
            result.add(where, {found.violation.invariant: detail}, seconds, found.times)
        if result.where:
            break
    return result


def by_simulate(saga: SagaUnderTest, effort: Effort = THOROUGH) -> FinderResult:
    """Plays swarms of orders with faults drawn from a seed, up to its first find."""
    result = FinderResult()
    started = time.perf_counter()
    swarm = _SwarmOf(saga=saga, seed=0, runs=effort.runs, orders=SWARM_ORDERS, shrinks=False)
    with swarm.set_up() as run_seed:
        for seed in range(effort.runs):
            run = run_seed(seed)
            result.runs += 1
            result.troubles += (f"seed {seed}: {each}" for each in run.unknown)
            if run.verdict is Verdict.INVALID:
                found: dict[str, str] = {}
                for violation in run.violations:
                    detail = f"{violation.invariant}: {violation.detail}"
                    found.setdefault(violation.invariant, detail)
                result.add(f"seed {seed}", found, time.perf_counter() - started)
                break
    return result


@dataclass(frozen=True, kw_only=True)
class _SearchOf(Search):
    """A search of a saga that no reference names, in this process."""

    saga: SagaUnderTest

    def load_saga(self) -> SagaUnderTest:
        return self.saga


@dataclass(frozen=True, kw_only=True)
class _SwarmOf(Swarm):
    """A swarm of a saga that no reference names, in this process."""

    saga: SagaUnderTest

    def load_saga(self) -> SagaUnderTest:
        return self.saga


FINDERS: dict[str, Finder] = {
    "catalogue": by_catalogue,
    "explore": by_explore,
    "simulate": by_simulate,
}
"""Every finder, by name."""
