"""The catalogue on both engines: what the simulation says is what the server says."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from sagacheck.checks import OrderOutcome
from sagacheck.engines import SimulatedEngine
from sagacheck.engines.server.engine import ServerEngine
from sagacheck.language import Scenario
from sagacheck.run import ScenarioResult, run_all
from sagacheck.run.engine_diff import courses, differences, has_races
from scenarios import SAGA
from tests.shop import load

SCENARIOS = load([])
AT_ONCE = 6
"""Few, since real time passes in the world of each: the more there are, the slower is each step."""

OF_THE_HARNESS = frozenset(
    {
        "WORKFLOW_EXECUTION_TIME_SKIPPING_TRANSITIONED",
        "WORKFLOW_EXECUTION_OPTIONS_UPDATED",
        "ACTIVITY_PROPERTIES_MODIFIED_EXTERNALLY",
    }
)
"""Events of a server that skips time, which the simulation has no need to do."""

Pair = tuple[ScenarioResult, ScenarioResult]


@pytest.fixture(scope="module", name="pairs")
def _pairs() -> dict[str, Pair]:
    """Each scenario's results on the simulation and on the server, by its name."""
    return asyncio.run(_on_both())


async def _on_both() -> dict[str, Pair]:
    saga = SAGA
    async with SimulatedEngine(saga) as simulated:
        ours = await run_all(SCENARIOS, simulated, saga, at_once=AT_ONCE)
    async with ServerEngine(saga) as server:
        theirs = await run_all(SCENARIOS, server, saga, at_once=AT_ONCE)
    return {each.scenario.name: (each, other) for each, other in zip(ours, theirs, strict=True)}


def _id(scenario: Scenario) -> str:
    return scenario.name


CALM = [scenario for scenario in SCENARIOS if not has_races(scenario)]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=_id)
def test_both_engines_agree(scenario: Scenario, pairs: dict[str, Pair]) -> None:
    """Verdict, ends, results and effects in their order are the same on both, but for races."""
    ours, theirs = pairs[scenario.name]
    assert list(differences(ours, theirs)) == [], [*ours.unmet, *theirs.unmet]


@pytest.mark.parametrize("scenario", CALM, ids=_id)
def test_both_engines_write_the_same_history(scenario: Scenario, pairs: dict[str, Pair]) -> None:
    """Event for event, the histories tell the same, but for times, identities and sizes."""
    ours, theirs = pairs[scenario.name]

    assert _histories(ours) == _histories(theirs)


def test_histories_of_orders_are_about_as_large(pairs: dict[str, Pair]) -> None:
    """The size that the code sees is within an eighth of the server's."""
    ratios = [
        max(ours) / max(theirs)
        for scenario in CALM
        for ours, theirs in zip(*map(_told_bytes, pairs[scenario.name]), strict=True)
        if len(ours) == len(theirs)  # a server that skips time has events and tasks of its own
    ]

    assert len(ratios) > 10
    assert min(ratios) > 7 / 8
    assert max(ratios) < 8 / 7


def _told_bytes(result: ScenarioResult) -> list[list[int]]:
    """For each order the sizes that its workflow tasks were told, and a zero for other events.

    Stack traces do not count: their length depends on the folders that the code is in.
    """
    return [
        _told_to_tasks(json.loads(outcome.history)["events"])
        for outcome in result.trial.outcomes.values()
    ]


def _told_to_tasks(events: Sequence[Any]) -> list[int]:
    sizes, traces = [], 0
    for event in events:
        told = int(event.get("workflowTaskStartedEventAttributes", {}).get("historySizeBytes", 0))
        sizes.append(max(0, told - traces))
        traces += _bytes_of_traces(event)
    return sizes


def _bytes_of_traces(value: Any) -> int:
    if isinstance(value, list):
        return sum(map(_bytes_of_traces, value))
    if isinstance(value, dict):
        return len(value.get("stackTrace", "")) + sum(map(_bytes_of_traces, value.values()))
    return 0


def test_differences_are_noticed(pairs: dict[str, Pair]) -> None:
    """Two scenarios that went differently are not called the same."""
    completed, failed = (
        next(r for r, _ in pairs.values() if r.scenario in CALM and _statuses(r) == [status])
        for status in ("completed", "failed")
    )

    assert _histories(completed) != _histories(failed)
    assert [line.partition(":")[0] for line in differences(completed, failed)] == [
        "orders",
        "results",
        "effects",
    ]


@pytest.mark.parametrize(
    ("one", "other", "what"),
    [
        ("right-after-reserving", "right-after-the-charge", ["orders", "effects"]),
        ("ten-buyers-of-five", "nobody-can-pay", ["orders"]),
    ],
)
def test_races_hide_no_other_difference(
    one: str, other: str, what: list[str], pairs: dict[str, Pair]
) -> None:
    """Where clients or orders race, all is compared that does not hang on who was first."""
    by_file = {Path(r.scenario.file).stem: r for r, _ in pairs.values()}
    here, there = by_file[one], by_file[other]

    assert has_races(here.scenario)
    assert [line.partition(":")[0] for line in differences(here, there)] == what


def _statuses(result: ScenarioResult) -> list[str]:
    return [status for status, _ in courses(result)]


def _histories(result: ScenarioResult) -> dict[str, list[object]]:
    return {order: _scrubbed(out) for order, out in result.trial.outcomes.items()}


def _scrubbed(outcome: OrderOutcome) -> list[object]:
    """The events without what differs from run to run, and numbered anew."""
    events = [
        event
        for event in json.loads(outcome.history)["events"]
        if _type(event) not in OF_THE_HARNESS
    ]
    numbers = {event["eventId"]: str(number) for number, event in enumerate(events, start=1)}
    return [_without_accidents(event, numbers) for event in events]


ACCIDENTAL = frozenset(
    {
        "eventId",
        "eventTime",
        "taskId",
        "identity",
        "requestId",
        "historySizeBytes",
        "taskQueue",
        "workerVersion",
        "sdkMetadata",
        "meteringMetadata",
        "stackTrace",
        "originalExecutionRunId",
        "firstExecutionRunId",
        "workflowId",
        "timeSkippingConfig",
        "workerMayIgnore",
        "useWorkflowBuildId",
        "priority",
        "header",
        "encodedAttributes",
        "source",
    }
)
"""What differs from run to run, or says who did it and not what was done."""


def _without_accidents(value: object, numbers: dict[str, str]) -> object:
    if isinstance(value, list):
        return [_without_accidents(each, numbers) for each in value]
    if isinstance(value, str):
        return _without_leaks(value)
    if not isinstance(value, dict):
        return value
    return {
        key: numbers.get(each, each)
        if key.endswith("EventId") and isinstance(each, str)
        else "a moment"
        if key == "workflowExecutionExpirationTime"
        else _without_accidents(each, numbers)
        for key, each in value.items()
        if key not in ACCIDENTAL
    }


def _without_leaks(text: str) -> str:
    """A duration of hours, in steps of five minutes.

    Where it is what remains of a limit, the server has seen real milliseconds pass, and has not
    seen the minutes for which callers waited: in a trial those pass for the world only.
    """
    found = re.fullmatch(r"(\d+)(\.\d+)?s", text)
    if found is None or int(found[1]) < 3600:
        return text
    return f"{5 * round(float(text[:-1]) / 300)} min"


def _type(event: dict[str, str]) -> str:
    return event["eventType"].removeprefix("EVENT_TYPE_")
