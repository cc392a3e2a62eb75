"""What looks for bugs, each in its own way.

The table `FINDERS` names them; whatever else looks for failures is one more line in it.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from scenarios.explore.base import plain_orders
from scenarios.explore.search import Exploration, Search, explore
from scenarios.mutants.catalogue import catalogue, found_in, name_of, troubles_of
from scenarios.mutants.catalogue import play as play_scenarios
from scenarios.saga import SagaUnderTest

EXPLORE_SECONDS = 15.0
"""So long a saga is explored at the most; every single fault takes a second or two."""


@dataclass
class Finding:
    """What a finder has found with one saga.

    Attributes:
        runs: How many runs it has looked at.
        broken: In how many of them each invariant was broken, ``expect`` being one of them.
        where: The runs in which something was found, by their names, in the order of the search.
        detail: What was found first, in words.
        first_seconds: Real time until then; ``None`` where nothing was found.
        troubles: What kept runs from being judged.
    """

    runs: int = 0
    broken: Counter[str] = field(default_factory=Counter)
    where: list[str] = field(default_factory=list)
    detail: str = ""
    first_seconds: float | None = None
    troubles: list[str] = field(default_factory=list)

    def add(self, where: str, found: dict[str, str], seconds: float, times: int = 1) -> None:
        """Note what was `found`, a sentence for each invariant; nothing where nothing was."""
        if not found:
            return
        self.broken.update(dict.fromkeys(found, times))
        self.where.append(where)
        if self.first_seconds is None:
            self.first_seconds = seconds
            self.detail = next(iter(found.values()))


Finder = Callable[[SagaUnderTest], Finding]


def by_catalogue(saga: SagaUnderTest, until: frozenset[str] | None = None) -> Finding:
    """Plays the scenarios of the catalogue; finds what they expect and does not come, too.

    Args:
        saga: The saga.
        until: Stop once all of this was seen broken; play all scenarios by default.
    """
    finding = Finding()
    started = time.perf_counter()
    for result in play_scenarios(catalogue(), saga):
        finding.runs += 1
        finding.troubles += troubles_of(result)
        where = name_of(result.scenario)
        finding.add(where, found_in(result), time.perf_counter() - started)
        if until is not None and until <= finding.broken.keys():
            break
    return finding


def by_explore(saga: SagaUnderTest) -> Finding:
    """Tries every single fault with one order and with two, then pairs; stops at its first find."""
    finding = Finding()
    started = time.perf_counter()
    for orders, faults in ((1, 1), (2, 1), (1, 2)):
        search = _SearchOf(
            saga=saga,
            base=plain_orders(orders),
            faults=faults,
            until_found=True,
            budget=EXPLORE_SECONDS - (time.perf_counter() - started),
        )
        exploration = explore(search)
        finding.runs += exploration.findings.histories
        finding.troubles += exploration.findings.unknown
        _add_counterexamples(finding, exploration, time.perf_counter() - started)
        if finding.where:
            break
    return finding


def _add_counterexamples(finding: Finding, exploration: Exploration, seconds: float) -> None:
    for found in exploration.findings.smallest_first():
        where = ", ".join(str(choice) for choice in found.history) or "nothing goes wrong"
        violation = found.violation
        detail = f"{violation.invariant}: {violation.detail}"
        finding.add(where, {violation.invariant: detail}, seconds, found.times)


@dataclass(frozen=True, kw_only=True)
class _SearchOf(Search):
    """A search of a saga that is at hand, in this process."""

    saga: SagaUnderTest

    def load_saga(self) -> SagaUnderTest:
        return self.saga


FINDERS: dict[str, Finder] = {"catalogue": by_catalogue, "explore": by_explore}
"""Every finder, by name."""
