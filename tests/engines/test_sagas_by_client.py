"""Whatever client an activity uses, the same comes of its order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from sagacheck.engines.simulated.engine import SimulatedEngine
from sagacheck.run import ScenarioResult, run_all
from tests.engines.conftest import Play
from tests.engines.test_synchronous_activities import FAULTS, SCENARIO
from tests.sagas.clients import (
    ACTIVITIES,
    by_aiohttp,
    by_httpx,
    by_requests,
    by_requests_in_an_executor,
    saga_of,
)
from tests.shop import load_text

MORE = ["malformed", "truncated", "empty", "crash_before", "crash_after", "409"]
TEXTS = [SCENARIO.format(fault=fault) for fault in (*FAULTS.values(), *MORE)]


def ends(results: Sequence[ScenarioResult]) -> list[Any]:
    """How the orders ended, and what their services have seen."""
    found = []
    for each in results:
        (order,) = each.trial.outcomes.values()
        calls = [(a.error, str(a.outcome), len(a.arrivals)) for a in each.trial.world.journal]
        fault = str(each.trial.faults[0].rule.fault)
        found.append((fault, str(each.verdict), order.status, calls))
    return found


def times(results: Sequence[ScenarioResult]) -> list[Any]:
    """When the orders ended."""
    return [each.trial.outcomes["o1"].ended_at for each in results]


async def simulate(activity: Callable[..., Any]) -> Sequence[ScenarioResult]:
    """Play all scenarios in virtual time."""
    saga = saga_of(activity)
    scenarios = [load_text(text, f"{n}.yaml", saga.dialect) for n, text in enumerate(TEXTS)]
    async with SimulatedEngine(saga) as engine:
        return await run_all(scenarios, engine, saga, at_once=1)


@pytest.mark.asyncio
@pytest.mark.parametrize("activity", ACTIVITIES)
async def test_all_clients_come_to_the_same_end_in_virtual_time(
    activity: Callable[..., Any],
) -> None:
    """At the same moment, after the same calls."""
    played, expected = await simulate(activity), await simulate(by_httpx)

    assert ends(played) == ends(expected)
    assert times(played) == times(expected)


@pytest.mark.asyncio
async def test_all_clients_come_to_the_same_end_on_a_server(play: Play) -> None:
    """After the same calls, too."""
    simulated = ends(await simulate(by_httpx))
    for activity in (by_aiohttp, by_requests, by_requests_in_an_executor):
        assert ends(await play(*TEXTS, saga=saga_of(activity))) == simulated
