"""Plays the scenario of a seed, and shrinks it if it fails."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sagacheck.checks import NO_ORDERS, OrderCount, UnmetKind, Verdict, Violation
from sagacheck.engines import Trial
from sagacheck.language import Scenario
from sagacheck.run import LocalPlayer, TrialResult
from sagacheck.simulate.generator import ScenarioGenerator
from sagacheck.simulate.shrink import shrink


@dataclass(frozen=True)
class SeedResult:
    """What became of one seed.

    Attributes:
        seed: The seed.
        verdict: Its verdict.
        calls: How many calls the services received.
        faults: How many of them had a fault.
        violations: The facts that break an invariant, in the smallest scenario.
        scenario: The smallest scenario that fails, or the one that was generated if the swarm does
            not shrink; ``None`` where nothing is wrong.
        unknown: Observations that were expected and are missing.
        orders: How many of its orders completed.
        has_effects: Whether a call had an effect, if any call can.
    """

    seed: int
    verdict: Verdict
    calls: int = 0
    faults: int = 0
    violations: tuple[Violation, ...] = ()
    scenario: Scenario | None = None
    unknown: tuple[str, ...] = ()
    orders: OrderCount = NO_ORDERS
    has_effects: bool = False


class SeedRunner:
    """Plays seeds in this process.

    Args:
        player: Plays scenarios.
        orders: How many orders each scenario has.
        shrinks: Whether a scenario that fails is shrunk.
    """

    def __init__(self, player: LocalPlayer, orders: int, *, shrinks: bool) -> None:
        self.player = player
        self._shrinks = shrinks
        saga = player.saga
        self._generator = ScenarioGenerator(
            operations=saga.operations.operations,
            means=saga.means_to_cancel,
            orders=orders,
            dialect=saga.dialect,
        )

    def run(self, seed: int) -> SeedResult:
        """Generate the scenario of a seed, play it, and shrink it if it fails."""
        scenario = self._generator.generate(seed)
        played = self.player.play(scenario)
        if played.trial is None:
            return SeedResult(seed, Verdict.UNKNOWN, unknown=_unknown(played))
        result = _counted(seed, played, played.trial)
        if not played.violations:
            return result
        if self._shrinks:
            return self._smallest(result, played, played.trial)
        violations = tuple(played.violations)
        return replace(result, verdict=Verdict.INVALID, violations=violations, scenario=scenario)

    def _smallest(self, result: SeedResult, played: TrialResult, trial: Trial) -> SeedResult:
        wanted = played.violations[0].invariant

        def fails(scenario: Scenario) -> bool:
            violations = self.player.play(scenario).violations
            return any(each.invariant == wanted for each in violations)

        happened = what_happened(trial)
        smallest = shrink(
            happened if fails(happened) else trial.scenario, fails, self.player.saga.dialect.orders
        )
        violations = tuple(self.player.play(smallest).violations)
        return replace(result, verdict=Verdict.INVALID, violations=violations, scenario=smallest)


def what_happened(trial: Trial) -> Scenario:
    """The scenario of `trial` without faults that never fired and events that never happened."""
    return replace(
        trial.scenario,
        faults=tuple(
            spec
            for spec, planned in zip(trial.scenario.faults, trial.faults, strict=True)
            if planned.rule.fired
        ),
        events=tuple(planned.event for planned in trial.events if planned.answer is not None),
    )


def _counted(seed: int, played: TrialResult, trial: Trial) -> SeedResult:
    """The result of a trial in which nothing is wrong so far."""
    journal, unknown = trial.world.journal, _unknown(played)
    return SeedResult(
        seed,
        Verdict.UNKNOWN if unknown else Verdict.VALID,
        calls=len(journal),
        faults=sum(bool(attempt.fault) for attempt in journal),
        unknown=unknown,
        orders=played.orders,
        has_effects=played.has_effects,
    )


def _unknown(played: TrialResult) -> tuple[str, ...]:
    """Why a trial could not be judged. A fault that never fired is no such thing here."""
    kinds = (UnmetKind.RUN, UnmetKind.CHECK)
    return tuple(each.detail for each in played.unmet if each.kind in kinds)
