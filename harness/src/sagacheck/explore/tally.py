"""What a search has found: counts, and the smallest history of each distinct violation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from sagacheck.checks import NO_ORDERS, OrderCount, Violation
from sagacheck.explore.choices import Choice, History
from sagacheck.explore.history_player import HistoryResult

Fact = tuple[str, str]
"""What is broken: the invariant, and the operation whose effect it is about."""
Label = tuple[str, str]
"""A choice without its exact moment: the step, and what happens there."""


def label(choice: Choice) -> Label:
    """The choice without its exact moment."""
    return choice.where, choice.what


@dataclass
class Counterexample:
    """A history that breaks an invariant, for all that break it with the same choices.

    Attributes:
        history: Its choices.
        violation: The fact that breaks the invariant.
        operation: The operation whose effect it is about; empty where it is about no single one.
        times: How many histories with these choices, wherever they were made, break the invariant.
    """

    history: History
    violation: Violation
    times: int = 1
    operation: str = ""

    @property
    def fact(self) -> Fact:
        """The invariant, and the operation."""
        return self.violation.invariant, self.operation

    @property
    def story(self) -> str:
        """What fails in the history, in words."""
        return ", then ".join(map(str, self.history)) or "nothing fails"

    @property
    def labels(self) -> tuple[Label, ...]:
        """Its choices without their exact moments."""
        return tuple(label(choice) for choice in self.history)


@dataclass
class Tally:
    """The results of some histories; tallies of several processes add up.

    Attributes:
        histories: How many were played.
        violating: How many of them broke an invariant.
        to_come: How many histories have one choice more than these.
        choices: In how many histories each choice was made, by step, choice and number of the call.
        counterexamples: The distinct violations so far, by what is broken and by choices.
        unknown: Observations that were expected and are missing, the first history for each.
        orders: How many orders completed.
        calls: How many calls the services received.
        effects: How many histories had an effect, if any can.
    """

    histories: int = 0
    violating: int = 0
    to_come: int = 0
    choices: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    counterexamples: dict[tuple[Fact, tuple[Label, ...]], Counterexample] = field(
        default_factory=dict
    )
    unknown: dict[str, History] = field(default_factory=dict)
    orders: OrderCount = NO_ORDERS
    calls: int = 0
    effects: int = 0

    def add(self, history: History, result: HistoryResult) -> None:
        """Count the result of one history."""
        self.histories += 1
        self.violating += bool(result.violations)
        self.to_come += len(result.offered)
        self.choices.update((*label(choice), choice.number) for choice in history)
        first: dict[Fact, Counterexample] = {}
        for violation in result.violations:
            operation = result.operations.get(violation, "")
            found = Counterexample(history, violation, operation=operation)
            first.setdefault(found.fact, found)
        for found in first.values():
            self._keep(found)
        for detail in result.unknown:
            self.unknown.setdefault(detail, history)
        self.orders += result.orders
        self.calls += result.calls
        self.effects += result.has_effects

    def merge(self, later: Tally) -> None:
        """Add what another process has found, among histories that are no shorter."""
        self.histories += later.histories
        self.violating += later.violating
        self.to_come += later.to_come
        self.choices.update(later.choices)
        for found in later.counterexamples.values():
            self._keep(found)
        for detail, history in later.unknown.items():
            self.unknown.setdefault(detail, history)
        self.orders += later.orders
        self.calls += later.calls
        self.effects += later.effects

    def smallest_first(self) -> list[Counterexample]:
        """The distinct violations that no smaller one explains; of the same size, by invariant."""
        return sorted(
            self.counterexamples.values(),
            key=lambda each: (len(each.history), int(each.violation.invariant.removeprefix("I"))),
        )

    def _keep(self, found: Counterexample) -> None:
        key = (found.fact, found.labels)
        known = self.counterexamples.get(key)
        if known is not None:
            known.times += found.times
        elif not any(self._is_explained(key[0], part) for part in _parts(found.labels)):
            self.counterexamples[key] = found

    def _is_explained(self, fact: Fact, labels: tuple[Label, ...]) -> bool:
        return (fact, labels) in self.counterexamples


def _parts(labels: tuple[Label, ...]) -> Iterator[tuple[Label, ...]]:
    """Every proper part of `labels`, in its order; there are few, as histories are short."""
    for mask in range(2 ** len(labels) - 1):
        yield tuple(each for bit, each in enumerate(labels) if mask >> bit & 1)
