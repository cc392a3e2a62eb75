"""The invariants of a saga, checked from the services' side, and the verdict."""

from sagacheck.checks.check import INVARIANTS, Findings, check_all
from sagacheck.checks.evidence import Evidence, OrderFacts
from sagacheck.checks.failures import describe_failure
from sagacheck.checks.outcome import Ending, Outcome, Status
from sagacheck.checks.streaming import FinishedOrder, StreamingChecks
from sagacheck.checks.verdict import Unmet, UnmetKind, Verdict, Violation

__all__ = [
    "INVARIANTS",
    "Ending",
    "Evidence",
    "Findings",
    "FinishedOrder",
    "OrderFacts",
    "Outcome",
    "Status",
    "StreamingChecks",
    "Unmet",
    "UnmetKind",
    "Verdict",
    "Violation",
    "check_all",
    "describe_failure",
]
