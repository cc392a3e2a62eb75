"""The simulated service does what a real server does, case by case and event by event."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Collection, Iterator
from typing import Any

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner

from tests.conformance import (  # noqa: F401 - they register their cases
    workflows_activities,
    workflows_attributes,
    workflows_broken,
    workflows_chains,
    workflows_children,
    workflows_ends,
    workflows_ids,
    workflows_limits,
    workflows_local,
    workflows_messages,
    workflows_others,
    workflows_requests,
    workflows_time,
    workflows_versions,
)
from tests.conformance.registry import CASES, WORKFLOWS
from tests.conformance.scrub import scrubbed, sorted_markers, without_ids
from tests.conformance.side import Case, Evidence
from tests.conformance.sides import play_real, play_simulated, quiet_sdk

pytestmark = pytest.mark.timeout(900)  # the first test waits for all cases
Results = dict[str, Evidence | BaseException]
OF_THE_CACHE = {
    "breaks-signal",
    "refuses-a-live-id",
    "a-workflow-task-fails-and-is-tried-again",
    "attributes-refused-in-a-later-task",
    "local-activities-run-again-after-a-bug",
    "lengths-of-the-history",
}
"""A task that fails is tried once more where the workflow was in memory, on a server too. Code that
is queried in memory knows of its last task; code that is not is given all there is."""
OF_AN_ANSWER = {
    "a-long-local-activity-beats-the-heart-of-its-task",
    "a-workflow-is-cancelled-while-a-local-activity-runs",
    "ends-come-last-of-all-that-a-task-has-not-seen",
    "a-signal-while-a-long-local-activity-runs",
}
"""A server gives their last task in its answer to the one before, and tells it the size that the
history had without what that one has just written."""
OF_A_RACE = {"local-three-together"}
"""Its local activities run at the same time: which of them the Core hears of first is open."""
NO_CODE = {"a-new-version-takes-over"}
"""Its first half was written by code that is not there any more."""


@pytest.fixture(scope="module", name="simulated")
def _simulated() -> Results:
    """What every case leaves on the simulated service."""
    with quiet_sdk():
        return {name: _played(case) for name, case in CASES.items()}


@pytest.fixture(scope="module", name="real")
def _real() -> Results:
    """What every case leaves on the real server."""
    return asyncio.run(play_real(CASES.values()))


@pytest.fixture(scope="module", name="replayer")
def _replayer() -> Iterator[Any]:
    """Replays a history with the SDK's own replayer; the error, or nothing."""
    replayer = Replayer(workflows=WORKFLOWS, workflow_runner=UnsandboxedWorkflowRunner())

    def replay(history: WorkflowHistory) -> Exception | None:
        found = asyncio.run(replayer.replay_workflow(history, raise_on_replay_failure=False))
        return found.replay_failure

    with quiet_sdk():
        yield replay


def _played(case: Case) -> Evidence | BaseException:
    try:
        return play_simulated(case)
    except Exception as error:  # noqa: BLE001 - it belongs to the test of this case
        return error


def _evidence(results: Results, case: Case) -> Evidence:
    found = results[case.name]
    if isinstance(found, BaseException):
        raise found
    return found


def _histories(evidence: Evidence) -> dict[str, Any]:
    return {
        workflow_id: [scrubbed(*pair) for pair in zip(chain, [None, *chain], strict=False)]
        for workflow_id, chain in evidence.histories.items()
    }


def _with_markers_by_id(histories: dict[str, Any]) -> dict[str, Any]:
    """The histories with the markers of local activities, of each task, by the activities' ids."""
    return {
        workflow_id: [sorted_markers(events) for events in chain]
        for workflow_id, chain in histories.items()
    }


def _all(but: Collection[str] = ()) -> list[Any]:
    return [pytest.param(case, id=name) for name, case in CASES.items() if name not in but]


@pytest.mark.parametrize("case", _all())
def test_clients_see_the_same(case: Case, simulated: Results, real: Results) -> None:
    """Results, failures with all their causes, and answers are those of the server."""
    here, there = _evidence(simulated, case), _evidence(real, case)

    assert without_ids(here.notes) == without_ids(there.notes)


@pytest.mark.parametrize("case", _all())
def test_histories_are_the_same(case: Case, simulated: Results, real: Results) -> None:
    """Event for event, with all that is not run-specific, the server writes the same."""
    here, there = _histories(_evidence(simulated, case)), _histories(_evidence(real, case))
    if case.name in OF_A_RACE:
        here, there = _with_markers_by_id(here), _with_markers_by_id(there)

    assert here == there


@pytest.mark.parametrize("case", _all(but=NO_CODE))
def test_the_replayer_accepts_each_history(case: Case, simulated: Results, replayer: Any) -> None:
    """What the simulation writes is a history to the SDK's own replayer."""
    for chain in _evidence(simulated, case).histories.values():
        for history in chain:
            assert replayer(history) is None


@pytest.mark.parametrize("case", _all(but=OF_THE_CACHE))
def test_nothing_depends_on_the_cache(case: Case, simulated: Results) -> None:
    """A worker that forgets each workflow after each task, and replays it, makes no difference."""
    with quiet_sdk():
        forgetful = play_simulated(case, cached=False)
    usual = _evidence(simulated, case)

    assert without_ids(forgetful.notes) == without_ids(usual.notes)
    assert _histories(forgetful) == _histories(usual)


CORRUPTIONS = {
    "activity_task_scheduled_event_attributes": ("a-saga-that-undoes", "activity_type"),
    "start_child_workflow_execution_initiated_event_attributes": ("child-returns", "workflow_type"),
}


@pytest.mark.parametrize("kind", CORRUPTIONS)
def test_the_replayer_refuses_a_corrupted_history(
    kind: str, simulated: Results, replayer: Any
) -> None:
    """One other name in a history is enough for the replayer to refuse it."""
    name, field = CORRUPTIONS[kind]
    [history] = _evidence(simulated, CASES[name]).histories[name]
    events = [_copy(event) for event in history.events]
    broken = next(event for event in events if event.WhichOneof("attributes") == kind)
    getattr(getattr(broken, kind), field).name = "something_else"

    refusal = replayer(WorkflowHistory(history.workflow_id, events))

    assert "TMPRL1100" in str(refusal)


def _copy(event: HistoryEvent) -> HistoryEvent:
    copy = HistoryEvent()
    copy.CopyFrom(event)
    return copy


def test_differences_are_noticed(simulated: Results) -> None:
    """Two cases that differ in one activity are not called the same."""
    returns, fails = (
        _histories(_evidence(simulated, CASES[name]))[name]
        for name in ("activity-returns", "activity-default-policy")
    )

    assert returns != fails


@pytest.mark.parametrize("case", _all(but=OF_AN_ANSWER))
def test_histories_are_about_as_large(case: Case, simulated: Results, real: Results) -> None:
    """The size that the code sees is at most twice, and at least half, of the server's."""
    here, there = _evidence(simulated, case), _evidence(real, case)

    for workflow_id, chain in here.histories.items():
        for ours, theirs in zip(chain, there.histories[workflow_id], strict=True):
            assert _told_bytes(ours) <= 2 * _told_bytes(theirs) <= 4 * _told_bytes(ours)


def _told_bytes(history: WorkflowHistory) -> int:
    """The size of the history at its last task, without what only a server that skips time adds."""
    started = [
        event.workflow_task_started_event_attributes
        for event in history.events
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED
    ]
    skips = [
        event for event in history.events if "TIME_SKIPPING" in EventType.Name(event.event_type)
    ]
    return (started[-1].history_size_bytes if started else 0) - sum(
        map(HistoryEvent.ByteSize, skips)
    )


def test_only_the_order_of_a_race_is_left_open(simulated: Results) -> None:
    """Markers may change places; what they say, and where other events stand, may not."""
    [[events]] = _histories(_evidence(simulated, CASES["local-three-together"])).values()
    markers = [at for at, event in enumerate(events) if "markerRecordedEventAttributes" in event]
    swapped, moved, other = (copy.deepcopy(events) for _ in range(3))
    _swap(swapped, markers[1], markers[2])
    _swap(moved, markers[2], markers[2] + 1)
    other[markers[1]] = copy.deepcopy(other[markers[0]])

    assert swapped != events
    assert sorted_markers(swapped) == sorted_markers(events)
    assert sorted_markers(moved) != sorted_markers(events)
    assert sorted_markers(other) != sorted_markers(events)


def _swap(events: list[dict[str, Any]], one: int, other: int) -> None:
    events[one], events[other] = events[other], events[one]
    for at in (one, other):
        events[at]["eventId"] = str(at + 1)
