"""The result of a run."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import msgspec

from sagacheck.checks import NO_ORDERS, OrderCount, Verdict
from sagacheck.run.engine_diff import engine_diff
from sagacheck.run.run_spec import RunSpec
from sagacheck.run.scenario_result import ScenarioResult


class RunResult(msgspec.Struct, frozen=True, dict=True):
    """The result of a run.

    Attributes:
        spec: What was run.
        by_engine: The results of each engine, in the scenarios' order.
        seconds: Real time that it took.
        interrupted: Whether Ctrl-C ended it; then results are missing.
    """

    spec: RunSpec
    by_engine: Sequence[Sequence[ScenarioResult]]
    seconds: float
    interrupted: bool = False

    @cached_property
    def results(self) -> list[ScenarioResult]:
        """All results, engine by engine."""
        return [result for results in self.by_engine for result in results]

    @cached_property
    def not_valid(self) -> list[ScenarioResult]:
        """The results that are invalid or unknown."""
        return [result for result in self.results if result.verdict is not Verdict.VALID]

    @cached_property
    def engine_diff(self) -> list[str]:
        """Where two engines disagree, a line each."""
        if len(self.by_engine) < 2 or self.interrupted:
            return []
        return engine_diff(*self.by_engine)

    @property
    def orders(self) -> OrderCount:
        """How many orders completed."""
        return sum((result.orders for result in self.results), NO_ORDERS)

    @property
    def missing(self) -> int:
        """How many scenarios the last engine did not play."""
        return len(self.spec.scenarios) - len(self.by_engine[-1])

    @property
    def verdict(self) -> Verdict:
        """The verdict over all: nothing is known of what was not played."""
        whole = Verdict.UNKNOWN if self.engine_diff or self.interrupted else Verdict.VALID
        return Verdict.merge([whole, *(result.verdict for result in self.results)])
