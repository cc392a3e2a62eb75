"""Hypothesis profiles, and the engine on which scenarios are played.

``HYPOTHESIS_PROFILE`` chooses how hard to look: *dev* (a little, other examples each time), *ci*
(the same examples each time) or *nightly* (for hours, other examples each time).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from sagacheck.engines import SimulatedEngine, quiet_sdk
from sagacheck.inprocess import httpx_patch
from scenarios import SAGA

PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "dev")

# Time is virtual but the computer is shared: how long an example takes says nothing.
settings.register_profile("any", deadline=None, suppress_health_check=[HealthCheck.too_slow])
ANY = settings.get_profile("any")
settings.register_profile("dev", ANY, max_examples=30, stateful_step_count=30)
settings.register_profile(
    "ci", ANY, max_examples=60, stateful_step_count=30, derandomize=True, database=None
)
settings.register_profile("nightly", ANY, max_examples=10_000, stateful_step_count=60)
settings.load_profile(PROFILE)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A property takes as long as its examples do, and in the night that is for hours."""
    limit = pytest.mark.timeout(0 if PROFILE == "nightly" else 600)
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(limit)


@pytest.fixture(scope="module")
def engine() -> Iterator[SimulatedEngine]:
    """An engine for our saga; each scenario that it plays has a world of its own."""
    engine = SimulatedEngine(SAGA)
    with httpx_patch(), quiet_sdk():
        yield engine
