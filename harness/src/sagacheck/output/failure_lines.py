"""What is wrong with a result, in lines of text."""

from __future__ import annotations

from sagacheck.checks import Unmet, Violation
from sagacheck.printable import printable
from sagacheck.run import ScenarioResult


def failure_lines(result: ScenarioResult) -> list[str]:
    """All that is wrong with a result, a line each, the violations first."""
    file = result.scenario.file
    lines = [
        *(_violation_line(violation) for violation in result.violations),
        *(_unmet_line(unmet, file) for unmet in result.unmet),
    ]
    return [printable(line) for line in lines]


def _violation_line(violation: Violation) -> str:
    at = "" if violation.at is None else f" at {violation.at:.1f} s"
    return f"{violation.invariant}{at}: {violation.detail}"


def _unmet_line(unmet: Unmet, file: str) -> str:
    place = f"{file}:{unmet.line}: " if unmet.line else ""
    return f"{place}{unmet.detail}"
