"""Plays drawn scenarios, and makes each one that fails as small as it gets."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from sagacheck.checks import UnmetKind, Verdict, Violation
from sagacheck.engines import Trial
from sagacheck.language import Scenario
from sagacheck.run import Crew, Play, Player
from sagacheck.saga import SagaUnderTest, load_saga
from sagacheck.simulate.draw import Drawer
from sagacheck.simulate.shrink import shrink

CONFIDENCE = 0.95
"""How sure the bound on the rate of failures is."""


@dataclass(frozen=True, kw_only=True)
class Swarm:
    """What is to be run.

    Attributes:
        seed: The seed of the first run; each other has the next.
        runs: How many runs.
        orders: How many orders each has.
        saga_reference: ``module:NAME`` of the saga under test; ``None`` for the one that pyproject.toml names.
        jobs: How many processes play.
        budget: Seconds after which no more runs begin.
        shrinks: Whether a run that fails is made as small as it gets.
    """

    seed: int
    runs: int = 100
    orders: int = 10
    saga_reference: str | None = None
    jobs: int = 1
    budget: float | None = None
    shrinks: bool = True

    def load_saga(self) -> SagaUnderTest:
        """The saga under test.

        Raises:
            NotImportableError: It cannot be had.
        """
        return load_saga(self.saga_reference)

    @contextmanager
    def begin(self) -> Iterator[Callable[[int], Run]]:
        """Make a process ready to run seeds."""
        runner = _Runner(Player(self.load_saga()), self.orders, shrinks=self.shrinks)
        with runner.player.ready():
            yield runner.run


@dataclass(frozen=True)
class Run:
    """What became of one seed.

    Attributes:
        seed: The seed.
        verdict: What it comes to.
        calls: How many calls the services saw.
        faults: How many of them suffered a fault.
        violations: What is wrong, in the smallest scenario.
        scenario: The smallest scenario in which it is, or the one that was drawn if the swarm does
            not shrink; ``None`` where nothing is wrong.
        unknown: What was to be seen and was not.
    """

    seed: int
    verdict: Verdict
    calls: int = 0
    faults: int = 0
    violations: tuple[Violation, ...] = ()
    scenario: Scenario | None = None
    unknown: tuple[str, ...] = ()


@dataclass
class Simulation:
    """What came of a swarm.

    Attributes:
        swarm: What was run.
        runs: What became of each seed that was run, in the order of seeds.
        seconds: How long it took.
        interrupted: Whether somebody stopped it before its end.
    """

    swarm: Swarm
    runs: list[Run] = field(default_factory=list)
    seconds: float = 0.0
    interrupted: bool = False

    @property
    def verdict(self) -> Verdict:
        """What it comes to; a swarm that was stopped may have found something, or proves nothing.

        One that ends with its budget has done what was asked of it.
        """
        stopped = [Verdict.UNKNOWN] if self.interrupted or not self.runs else []
        return Verdict.merge([*stopped, *(run.verdict for run in self.runs)])

    @property
    def failed(self) -> list[Run]:
        """The runs that broke an invariant."""
        return [run for run in self.runs if run.verdict is Verdict.INVALID]

    def distinct(self) -> list[Run]:
        """The failed runs that show something new: an invariant, with other faults and events."""
        by_shape: dict[object, Run] = {}
        for run in self.failed:
            by_shape.setdefault(_shape(run), run)
        return list(by_shape.values())

    @property
    def rate_below(self) -> float:
        """The rate of failures that is not exceeded, at `CONFIDENCE`, when none was seen.

        With n clean runs it is the rate at which that many would all be clean with a probability
        of 1 - `CONFIDENCE`; about 3/n (Hanley and Lippman-Hand, JAMA 1983).
        """
        return 1.0 - math.pow(1.0 - CONFIDENCE, 1.0 / len(self.runs)) if self.runs else 1.0


OnRun = Callable[[Run], None]


def simulate(swarm: Swarm, on_run: OnRun = lambda _run: None) -> Simulation:
    """Play every run of `swarm`; on Ctrl-C, those that there was time for.

    Raises:
        NotImportableError: The saga cannot be had.
    """
    simulation = Simulation(swarm)
    started = time.perf_counter()
    try:
        for run in _runs(swarm):
            simulation.runs.append(run)
            on_run(run)
            if swarm.budget is not None and time.perf_counter() - started > swarm.budget:
                break
    except KeyboardInterrupt:
        simulation.interrupted = True
    simulation.runs.sort(key=lambda run: run.seed)
    simulation.seconds = time.perf_counter() - started
    return simulation


class _Runner:
    """Plays seeds in this process."""

    def __init__(self, player: Player, orders: int, *, shrinks: bool) -> None:
        self.player = player
        self._shrinks = shrinks
        saga = player.saga
        self._drawer = Drawer(
            operations=saga.operations.operations,
            means=saga.means_to_cancel,
            orders=orders,
            dialect=saga.dialect,
        )

    def run(self, seed: int) -> Run:
        """Draw the scenario of a seed, play it, and shrink it if it fails."""
        scenario = self._drawer.draw(seed)
        play = self.player.play(scenario)
        unknown = tuple(
            each.detail for each in play.unmet if each.kind in (UnmetKind.RUN, UnmetKind.CHECK)
        )
        if play.trial is None:
            return Run(seed, Verdict.UNKNOWN, unknown=unknown)
        journal = play.trial.world.journal
        run = Run(
            seed,
            Verdict.UNKNOWN if unknown else Verdict.VALID,
            calls=len(journal),
            faults=sum(bool(attempt.fault) for attempt in journal),
            unknown=unknown,
        )
        if not play.violations:
            return run
        if self._shrinks:
            return self._smallest(run, play, play.trial)
        found = tuple(play.violations)
        return replace(run, verdict=Verdict.INVALID, violations=found, scenario=scenario)

    def _smallest(self, run: Run, play: Play, trial: Trial) -> Run:
        wanted = play.violations[0].invariant

        def fails(scenario: Scenario) -> bool:
            violations = self.player.play(scenario).violations
            return any(each.invariant == wanted for each in violations)

        happened = what_happened(trial)
        smallest = shrink(
            happened if fails(happened) else trial.scenario, fails, self.player.saga.dialect.orders
        )
        violations = tuple(self.player.play(smallest).violations)
        return replace(run, verdict=Verdict.INVALID, violations=violations, scenario=smallest)


def what_happened(trial: Trial) -> Scenario:
    """The scenario of `trial` without the faults that never struck and events that never came."""
    return replace(
        trial.scenario,
        faults=tuple(
            spec
            for spec, planned in zip(trial.scenario.faults, trial.faults, strict=True)
            if planned.rule.fired
        ),
        events=tuple(planned.event for planned in trial.events if planned.answer is not None),
    )


def _shape(run: Run) -> object:
    """What a failed run has in common with others that show the same."""
    assert run.scenario is not None, "a failed run has been shrunk"
    faults = (f"{spec.fault.name} on {spec.on}" for spec in run.scenario.faults)
    events = (f"{event.kind} {event.when.operation}" for event in run.scenario.events)
    return run.violations[0].invariant, frozenset((*faults, *events))


def _runs(swarm: Swarm) -> Iterator[Run]:
    seeds = range(swarm.seed, swarm.seed + swarm.runs)
    if swarm.jobs == 1 or swarm.runs == 1:
        with swarm.begin() as run:
            yield from map(run, seeds)
        return
    with Crew(swarm.begin, swarm.jobs) as crew:
        yield from crew.work(seeds)
