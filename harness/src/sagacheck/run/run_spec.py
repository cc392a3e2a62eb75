"""What is to be run, and how."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from sagacheck.engines import Engine, open_engine
from sagacheck.language import Expectations, Scenario
from sagacheck.saga import SagaUnderTest


@dataclass(frozen=True, kw_only=True)
class RunSpec:
    """A run of scenarios on one engine or on several.

    Attributes:
        scenarios: What is played.
        saga: The saga under test.
        saga_reference: The value of ``--saga``; ``None`` for the saga named in pyproject.toml.
        engines: The names of the engines, in the order in which they play.
        address: For the server engine, a server that is there already.
        skips_time: Whether that server skips time; by default it does not.
        at_once: The number of scenarios that run at the same time.
        evict_always: Whether each workflow is evicted after each of its tasks.
        rerun_percent: How much of the scenarios runs a second time, to compare. In virtual time
            only, as a server's time is never the same.
        invariants_only: Whether what the scenarios expect is not checked, but for what terminated
            orders may leave behind: that invariants are judged by.
        root: The folder in which the second run starts; the current one by default.
    """

    scenarios: Sequence[Scenario]
    saga: SagaUnderTest
    saga_reference: str | None = None
    engines: tuple[str, ...] = ("simulated",)
    address: str | None = None
    skips_time: bool | None = None
    at_once: int = 12
    evict_always: bool = False
    rerun_percent: float = 0.0
    invariants_only: bool = False
    root: Path | None = None

    def __post_init__(self) -> None:
        """Leave out what is not checked."""
        if self.invariants_only:
            scenarios = [_without_expectations(scenario) for scenario in self.scenarios]
            object.__setattr__(self, "scenarios", scenarios)

    @cached_property
    def rerun(self) -> Sequence[Scenario]:
        """The scenarios that run a second time."""
        return sample(self.scenarios, self.rerun_percent)

    def open_engine(self, name: str) -> AbstractAsyncContextManager[Engine]:
        """The engine called `name`, to be entered with ``async with``."""
        return open_engine(
            name,
            self.saga,
            address=self.address,
            skips_time=self.skips_time,
            evict_always=self.evict_always,
        )


def sample(scenarios: Iterable[Scenario], percent: float) -> list[Scenario]:
    """About `percent` of the scenarios, at least one; their names decide, in every run alike."""
    every = list(scenarios)
    chosen = [scenario for scenario in every if _share(scenario.name) < percent]
    if percent and every and not chosen:
        return [min(every, key=lambda scenario: _share(scenario.name))]
    return chosen


def _share(name: str) -> float:
    digest = hashlib.sha256(name.encode()).digest()
    return 100 * int.from_bytes(digest[:8]) / 2**64


def _without_expectations(scenario: Scenario) -> Scenario:
    return replace(scenario, expect=Expectations(orphans=scenario.expect.orphans))
