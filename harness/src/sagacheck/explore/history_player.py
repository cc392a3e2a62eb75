"""Plays a history: which choices it offers next, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace

from sagacheck.checks import NO_ORDERS, OrderCount, Violation
from sagacheck.engines import Trial
from sagacheck.explore.choice_points import ChoicePoints
from sagacheck.explore.choice_space import ChoiceSpace
from sagacheck.explore.choices import Choice, History, apply
from sagacheck.language import Expectations, Scenario
from sagacheck.run import LocalPlayer
from sagacheck.saga import SagaUnderTest


@dataclass(frozen=True)
class HistoryResult:
    """The result of a history.

    Attributes:
        offered: The choices that could have been made after its last.
        violations: The facts that break an invariant.
        unknown: Observations that were expected and are missing.
        orders: How many orders completed in it.
        calls: How many calls the services received.
        has_effects: Whether a call had an effect, if any call can.
        operations: The operation whose effect each violation is about, where there is one.
    """

    offered: list[Choice]
    violations: list[Violation] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    orders: OrderCount = NO_ORDERS
    calls: int = 0
    has_effects: bool = False
    operations: Mapping[Violation, str] = field(default_factory=dict)


class HistoryPlayer:
    """Plays histories in this process, one after another.

    Args:
        saga: The saga under test.
        base: The scenario that all of them begin with; its expectations are not checked.
        space: The choices that can be made.
    """

    def __init__(self, saga: SagaUnderTest, base: Scenario, space: ChoiceSpace) -> None:
        self._player = LocalPlayer(saga)
        self._base = replace(base, expect=Expectations())
        self._space = space

    def ready(self) -> AbstractContextManager[None]:
        """While it is entered, histories can be played."""
        return self._player.ready()

    def why_plain_order_fails(self) -> str:
        """Why an order, around which nothing fails, does not complete; empty where it does."""
        return self._player.why_plain_order_fails()

    def play(self, history: History, *, offer: bool = True) -> HistoryResult:
        """Play a history.

        Args:
            history: Its choices.
            offer: Whether to find out what could have been chosen besides.
        """
        points: list[ChoicePoints] = []

        def watch(trial: Trial) -> None:
            points.append(ChoicePoints(trial, history, self._space))

        scenario = apply(history, self._base)
        result = self._player.play(scenario, watch) if offer else self._player.play(scenario)
        return HistoryResult(
            offered=[choice for each in points for choice in each.offered()],
            violations=result.violations,
            unknown=[f"{each.kind}: {each.detail}" for each in result.unmet],
            orders=result.orders,
            calls=result.calls,
            has_effects=result.has_effects,
            operations={
                violation: _operation_of(violation, result.trial)
                for violation in result.violations
                if result.trial is not None
            },
        )


def _operation_of(violation: Violation, trial: Trial) -> str:
    """The create whose effect a violation is about: by its entry, or as its text names it."""
    operations = trial.network.operations
    for entry in trial.world.ledger.entries if violation.entry is not None else ():
        if entry.number == violation.entry and entry.operation in operations:
            return operations[entry.operation].undoes or entry.operation
    named = [word.strip(":,()") for word in violation.detail.split()]
    first = next((word for word in named if word in operations), "")
    return (operations[first].undoes or first) if first else ""
