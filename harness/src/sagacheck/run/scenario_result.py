"""The result of one scenario."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from sagacheck.checks import OrderCount, Unmet, Verdict, Violation
from sagacheck.engines import Trial
from sagacheck.language import Scenario


@dataclass(frozen=True)
class ScenarioResult:
    """The result of one scenario on one engine.

    Attributes:
        scenario: The scenario.
        engine: The engine that played it.
        verdict: The verdict over all that was found.
        seconds: Real time from start to verdict.
        violations: The facts that break an invariant.
        unmet: Expected observations that are missing.
        trial: The whole trial: world, journal, outcomes.
        facts: How many facts each invariant checked.
    """

    scenario: Scenario
    engine: str
    verdict: Verdict
    seconds: float
    violations: tuple[Violation, ...]
    unmet: tuple[Unmet, ...]
    trial: Trial
    facts: Mapping[str, int] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """Where its scenario stands: ``file:line``."""
        return f"{self.scenario.file}:{self.scenario.place.line}"

    @property
    def theme(self) -> str:
        """The name of the folder of its scenario."""
        return PurePath(self.scenario.file).parent.name

    @property
    def endings(self) -> str:
        """How its orders ended: ``failed``, or ``2 completed, failed``."""
        counts = Counter(str(outcome.status) for outcome in self.trial.outcomes.values())
        return ", ".join(f"{n} {status}" if n > 1 else status for status, n in counts.items())

    @property
    def orders(self) -> OrderCount:
        """How many of its orders completed."""
        return OrderCount.of(self.trial.outcomes.values())

    def as_json(self) -> dict[str, Any]:
        """The result as ``--json`` writes it."""
        return {
            "scenario": self.scenario.name,
            "file": self.scenario.file,
            "engine": self.engine,
            "verdict": str(self.verdict),
            "seconds": round(self.seconds, 3),
            "violations": [violation.as_json() for violation in self.violations],
            "unmet": [unmet.as_json() for unmet in self.unmet],
        }
