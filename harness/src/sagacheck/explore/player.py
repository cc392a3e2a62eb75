"""Plays a history, and says what it offered and what was wrong with it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace

from sagacheck.checks import Violation
from sagacheck.engines import Trial
from sagacheck.explore.choices import Choice, History, Menu, apply
from sagacheck.explore.trail import Trail
from sagacheck.language import Expectations, Scenario
from sagacheck.run import Player
from sagacheck.saga import SagaUnderTest


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


class HistoryPlayer:
    """Plays histories in this process, one after another.

    Args:
        saga: The saga under test.
        base: The scenario that all of them begin with; what it expects is not looked at.
        menu: What may be chosen.
    """

    def __init__(self, saga: SagaUnderTest, base: Scenario, menu: Menu) -> None:
        self._player = Player(saga)
        self._base = replace(base, expect=Expectations())
        self._menu = menu

    def ready(self) -> AbstractContextManager[None]:
        """While it is entered, histories can be played."""
        return self._player.ready()

    def play(self, history: History, *, offer: bool = True) -> Played:
        """Play a history.

        Args:
            history: Its choices.
            offer: Whether to say what could have been chosen besides.
        """
        trails: list[Trail] = []

        def watch(trial: Trial) -> None:
            trails.append(Trail(trial, history, self._menu))

        scenario = apply(history, self._base)
        play = self._player.play(scenario, watch) if offer else self._player.play(scenario)
        return Played(
            offered=[choice for trail in trails for choice in trail.offered()],
            violations=play.violations,
            unknown=[f"{each.kind}: {each.detail}" for each in play.unmet],
        )
