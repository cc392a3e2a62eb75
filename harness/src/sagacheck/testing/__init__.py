"""Sagas in plain tests, of any test runner, or of none.

    from sagacheck.testing import assert_consistent

    def test_my_saga_is_consistent():
        assert_consistent(SAGA, faults=1)

Nothing here needs pytest, whose plugin offers `SagaWorld` as the fixture ``saga_world``. Functions
are synchronous. Called while an event loop runs in the same thread, they play in another thread and
hold up that loop until they return.
"""

from __future__ import annotations

from sagacheck.checks import Verdict
from sagacheck.run import ScenarioResult
from sagacheck.testing.consistency import (
    InconsistentError,
    UnknownVerdictError,
    assert_consistent,
)
from sagacheck.testing.exploring import ExploreResult, FoundViolation, explore
from sagacheck.testing.saga_world import SagaWorld
from sagacheck.testing.scenarios import scenario

__all__ = [
    "ExploreResult",
    "FoundViolation",
    "InconsistentError",
    "SagaWorld",
    "ScenarioResult",
    "UnknownVerdictError",
    "Verdict",
    "assert_consistent",
    "explore",
    "scenario",
]
