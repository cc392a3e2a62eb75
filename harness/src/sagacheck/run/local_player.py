"""Plays scenarios on the simulated engine in this process, one after another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec

from sagacheck.checks import OrderCount, Unmet, UnmetKind, Violation
from sagacheck.engines import SimulatedEngine, Trial, quiet_sdk
from sagacheck.inprocess import client_patches
from sagacheck.language import Scenario, plain_orders
from sagacheck.run.judging.judge import judge
from sagacheck.run.judging.vacuity import has_effects, why_incomplete
from sagacheck.saga import SagaUnderTest
from sagacheck.world import LoopClock


class TrialResult(msgspec.Struct):
    """The result of one scenario, without the time that it took.

    Attributes:
        trial: The whole trial; ``None`` where the harness itself failed before it began.
        violations: The facts that break an invariant.
        unmet: Expected observations that are missing.
    """

    trial: Trial | None = None
    violations: list[Violation] = msgspec.field(default_factory=list)
    unmet: list[Unmet] = msgspec.field(default_factory=list)

    @property
    def orders(self) -> OrderCount:
        """How many of its orders completed."""
        return OrderCount.of(self.trial.outcomes.values() if self.trial else ())

    @property
    def calls(self) -> int:
        """How many calls the services received."""
        return len(self.trial.world.journal) if self.trial else 0

    @property
    def has_effects(self) -> bool:
        """Whether a call had an effect, if any call can."""
        return self.trial is not None and has_effects(self.trial)


OnTrial = Callable[[Trial], None]
"""Called with a trial before it is played."""


class LocalPlayer:
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
        with client_patches(self.saga.allow_hosts), quiet_sdk():
            yield

    def why_plain_order_fails(self) -> str:
        """Why an order, around which nothing fails, does not complete; empty where it does."""
        played = self.play(plain_orders(1, self.saga.dialect))
        if played.trial is None:
            return "; ".join(unmet.detail for unmet in played.unmet)
        return why_incomplete(played.trial)

    def play(self, scenario: Scenario, on_trial: OnTrial = lambda _trial: None) -> TrialResult:
        """Play a scenario and check it. An error of the harness makes it unknown."""
        result = TrialResult()
        try:
            result.trial = Trial(scenario, self.saga, LoopClock())
            on_trial(result.trial)
            self._engine.play_now(result.trial)
            findings, result.unmet = judge(result.trial)
        except Exception as error:  # noqa: BLE001 - it is about one scenario, not about all
            result.unmet = [Unmet(UnmetKind.RUN, f"{type(error).__name__}: {error}")]
        else:
            result.violations = findings.violations
        return result
