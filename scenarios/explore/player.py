"""Plays one history in this process, and says what it offered and what was wrong with it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from fakes import LoopClock, httpx_to_fakes
from scenarios.engines.quiet import quiet_sdk
from scenarios.engines.simulated import SimulatedEngine
from scenarios.explore.choices import Choice, History, Menu, apply
from scenarios.explore.trail import Trail
from scenarios.runner import judge
from scenarios.saga import SagaUnderTest
from scenarios.scenario import Expectations, Scenario
from scenarios.trial import Trial
from scenarios.verdict import Violation


@dataclass(frozen=True)
class Played:
    """What became of a history.

    Attributes:
        offered: The choices that could have been made after its last.
        violations: What must never be, and was.
        unknown: What was to be seen and was not.
    """

    offered: list[Choice]
    violations: list[Violation] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


class Player:
    """Plays histories on the simulated engine, one after another.

    Args:
        saga: The saga under test.
        base: The scenario that all of them begin with; what it expects is not looked at.
        menu: What may be chosen.
    """

    def __init__(self, saga: SagaUnderTest, base: Scenario, menu: Menu) -> None:
        self._saga = saga
        self._base = replace(base, expect=Expectations())
        self._engine = SimulatedEngine(saga)
        self.menu = menu

    @contextmanager
    def ready(self) -> Iterator[None]:
        """While it is entered, histories can be played."""
        with httpx_to_fakes(), quiet_sdk():
            yield

    def scenario(self, history: History) -> Scenario:
        """The history as a scenario."""
        return apply(history, self._base)

    def play(self, history: History) -> Played:
        """Play a history. What the harness itself runs into makes it unknown."""
        try:
            trial = Trial(self.scenario(history), self._saga, LoopClock())
            trail = Trail(trial, history, self.menu)
            self._engine.play_now(trial)
            findings, unmet = judge(trial)
        except Exception as error:  # noqa: BLE001 - it is about one history, not about all
            return Played([], unknown=[f"{type(error).__name__}: {error}"])
        return Played(
            trail.offered(), findings.violations, [f"{each.kind}: {each.detail}" for each in unmet]
        )
