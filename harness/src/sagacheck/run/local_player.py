"""Plays scenarios in this process, one after another, as fast as that goes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sagacheck.checks import Unmet, UnmetKind, Violation
from sagacheck.engines import SimulatedEngine, Trial, quiet_sdk
from sagacheck.inprocess import httpx_patch
from sagacheck.language import Scenario
from sagacheck.run.judge import judge
from sagacheck.saga import SagaUnderTest
from sagacheck.world import LoopClock


@dataclass
class Play:
    """A scenario that was played.

    Attributes:
        trial: All that happened; ``None`` where the harness itself failed before anything could.
        violations: What must never be, and was.
        unmet: What was to be seen and was not.
    """

    trial: Trial | None = None
    violations: list[Violation] = field(default_factory=list)
    unmet: list[Unmet] = field(default_factory=list)


Watch = Callable[[Trial], None]
"""Told of a trial before it is played."""


class Player:
    """Plays scenarios on the simulated engine.

    Args:
        saga: The saga under test.
    """

    def __init__(self, saga: SagaUnderTest) -> None:
        self.saga = saga
        self._engine = SimulatedEngine(saga)

    @contextmanager
    def ready(self) -> Iterator[None]:
        """While it is entered, scenarios can be played."""
        with httpx_patch(), quiet_sdk():
            yield

    def play(self, scenario: Scenario, watch: Watch = lambda _trial: None) -> Play:
        """Play a scenario and judge it. What the harness runs into makes it unknown."""
        play = Play()
        try:
            play.trial = Trial(scenario, self.saga, LoopClock())
            watch(play.trial)
            self._engine.play_now(play.trial)
            findings, play.unmet = judge(play.trial)
        except Exception as error:  # noqa: BLE001 - it is about one scenario, not about all
            play.unmet = [Unmet(UnmetKind.RUN, f"{type(error).__name__}: {error}")]
        else:
            play.violations = findings.violations
        return play
