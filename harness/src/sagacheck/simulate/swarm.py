"""A swarm: many seeds, each a generated scenario, in several processes."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field

from sagacheck.checks import NO_ORDERS, OrderCount, Verdict
from sagacheck.interrupts import playing
from sagacheck.run import LocalPlayer, ProcessKilledError, ProcessPool, why_vacuous
from sagacheck.saga import SagaUnderTest, load_saga
from sagacheck.simulate.seed_runner import SeedResult, SeedRunner

CONFIDENCE = 0.95
"""How sure the bound on the rate of failures is."""


@dataclass(frozen=True, kw_only=True)
class Swarm:
    """What is to be simulated.

    Attributes:
        seed: The first seed; each other run has the next.
        runs: How many runs.
        orders: How many orders each has.
        saga_reference: The value of ``--saga``; ``None`` for the saga named in pyproject.toml.
        jobs: How many processes play.
        budget: Seconds after which no more runs begin.
        shrinks: Whether the scenario of a run that fails is shrunk.
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
    def set_up(self) -> Iterator[Callable[[int], SeedResult]]:
        """Make a process ready to play seeds."""
        runner = SeedRunner(LocalPlayer(self.load_saga()), self.orders, shrinks=self.shrinks)
        with runner.player.ready():
            yield runner.run


@dataclass
class Simulation:
    """The result of a swarm.

    Attributes:
        swarm: What was simulated.
        results: The result of each seed that was played, in the order of seeds.
        seconds: Real time that it took.
        stopped: What has stopped it, where that is not its budget; else empty.
        plain: Why the plain order, around which nothing fails, does not complete; empty where it
            does.
    """

    swarm: Swarm
    results: list[SeedResult] = field(default_factory=list)
    seconds: float = 0.0
    stopped: str = ""
    plain: str = ""

    @property
    def orders(self) -> OrderCount:
        """How many orders completed."""
        return sum((result.orders for result in self.results), NO_ORDERS)

    @property
    def why_vacuous(self) -> str:
        """Why the swarm shows nothing, whatever it has found; empty where it shows something."""
        if not self.results:
            return ""
        calls = sum(each.calls for each in self.results)
        effects = sum(each.has_effects for each in self.results)
        return why_vacuous(self.orders, calls, effects, self.plain)

    @property
    def verdict(self) -> Verdict:
        """The verdict over all; a swarm that was stopped can prove an error, and nothing else.

        One that ends with its budget has done what was asked of it.
        """
        is_open = self.stopped or not self.results or self.why_vacuous
        stopped = [Verdict.UNKNOWN] if is_open else []
        return Verdict.merge([*stopped, *(result.verdict for result in self.results)])

    @property
    def failed(self) -> list[SeedResult]:
        """The seeds that broke an invariant."""
        return [result for result in self.results if result.verdict is Verdict.INVALID]

    def distinct(self) -> list[SeedResult]:
        """The failed seeds that show something new: an invariant, with other faults and events."""
        by_shape: dict[object, SeedResult] = {}
        for result in self.failed:
            by_shape.setdefault(_shape(result), result)
        return list(by_shape.values())

    @property
    def rate_below(self) -> float:
        """The rate of failures that is not exceeded, at `CONFIDENCE`, when none was seen.

        With n clean runs it is the rate at which that many would all be clean with a probability
        of 1 - `CONFIDENCE`; about 3/n (Hanley and Lippman-Hand, JAMA 1983).
        """
        return 1.0 - math.pow(1.0 - CONFIDENCE, 1.0 / len(self.results)) if self.results else 1.0


OnSeed = Callable[[SeedResult], None]


def simulate(swarm: Swarm, on_seed: OnSeed = lambda _result: None) -> Simulation:
    """Play every seed of `swarm`; on Ctrl-C or without a process, those that there was time for.

    Raises:
        NotImportableError: The saga cannot be had.
    """
    with playing():
        return _simulate(swarm, on_seed)


def _simulate(swarm: Swarm, on_seed: OnSeed) -> Simulation:
    simulation = Simulation(swarm)
    started = time.perf_counter()
    try:
        with closing(_results(swarm)) as found:
            player = LocalPlayer(swarm.load_saga())
            with player.ready():
                simulation.plain = player.why_plain_order_fails()
            for result in found:
                simulation.results.append(result)
                on_seed(result)
                if swarm.budget is not None and time.perf_counter() - started > swarm.budget:
                    break
    except KeyboardInterrupt:
        simulation.stopped = "interrupted"
    except ProcessKilledError as error:
        simulation.stopped = str(error)
    simulation.results.sort(key=lambda result: result.seed)
    simulation.seconds = time.perf_counter() - started
    return simulation


def _shape(result: SeedResult) -> object:
    """What a failed seed has in common with others that show the same."""
    assert result.scenario is not None, "a failed seed has its scenario"
    faults = (f"{spec.fault.name} on {spec.on}" for spec in result.scenario.faults)
    events = (f"{event.kind} {event.when.operation}" for event in result.scenario.events)
    return result.violations[0].invariant, frozenset((*faults, *events))


def _results(swarm: Swarm) -> Generator[SeedResult]:
    seeds = range(swarm.seed, swarm.seed + swarm.runs)
    if swarm.jobs == 1 or swarm.runs == 1:
        with swarm.set_up() as run:
            yield from map(run, seeds)
        return
    with ProcessPool(swarm.set_up, swarm.jobs) as pool:
        yield from pool.map_unordered(seeds)
