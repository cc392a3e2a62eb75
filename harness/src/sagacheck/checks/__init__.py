"""The invariants of a saga, checked from the services' side, and the verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sagacheck.checks.check import INVARIANTS, Findings, check_all
from sagacheck.checks.evidence import Evidence, OrderTerms, is_live
from sagacheck.checks.failures import describe_failure
from sagacheck.checks.invariants import BrokenFact, Facts, Invariant, invariant
from sagacheck.checks.order_count import NO_ORDERS, OrderCount
from sagacheck.checks.outcome import NOT_UNDERSTOOD, Ending, OrderOutcome, OrderStatus
from sagacheck.checks.silent_ends import holds_nothing
from sagacheck.checks.verdict import Unmet, UnmetKind, Verdict, Violation
from sagacheck.on_demand import on_demand

if TYPE_CHECKING:
    from sagacheck.checks.streaming import FinishedOrder, StreamingChecks

__all__ = [
    "INVARIANTS",
    "NOT_UNDERSTOOD",
    "NO_ORDERS",
    "BrokenFact",
    "Ending",
    "Evidence",
    "Facts",
    "Findings",
    "FinishedOrder",
    "Invariant",
    "OrderCount",
    "OrderOutcome",
    "OrderStatus",
    "OrderTerms",
    "StreamingChecks",
    "Unmet",
    "UnmetKind",
    "Verdict",
    "Violation",
    "check_all",
    "describe_failure",
    "holds_nothing",
    "invariant",
    "is_live",
]

# Only the audit of a load run needs it, and SQLite for it.
__getattr__ = on_demand(__name__, {"streaming": ("FinishedOrder", "StreamingChecks")})
