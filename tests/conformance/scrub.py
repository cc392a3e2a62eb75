"""An event history without what differs from run to run, so that two of them can be compared."""

from __future__ import annotations

import base64
import itertools
import json
import re
from typing import Any

from google.protobuf.json_format import MessageToDict
from temporalio.client import WorkflowHistory

RUN_SPECIFIC = {
    "eventTime",
    "taskId",
    "version",
    "identity",
    "requestId",
    "workflowTaskFailedEventRequestId",
    "historySizeBytes",
    "suggestContinueAsNew",
    "stackTrace",
    "workerVersion",
    "sdkMetadata",
    "meteringMetadata",
    "taskQueue",
    "workerMayIgnore",
    "timeSkippingConfig",
    "eventGroupMarkers",
    "useWorkflowBuildId",
    "updateId",
    "namespaceId",
    "parentWorkflowNamespaceId",
    "binaryChecksum",
    "control",
    "principal",
    "timeSkippingStatePropagation",
    "initialSkippedDuration",
    "prevAutoResetPoints",
}
"""Attributes that are left out: ids, times, sizes, and who did it."""

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def without_ids(value: Any) -> Any:
    """What a client saw, without the ids of runs."""
    return _scrub(value, {}, {})


def scrubbed(
    history: WorkflowHistory, before: WorkflowHistory | None = None
) -> list[dict[str, Any]]:
    """The events with what matters: their order, their kinds, their attributes.

    Args:
        history: The history.
        before: That of the run before it.
    """
    events = [MessageToDict(event) for event in history.events]
    for event in events:
        _scrub_backoff(event, before)
        _scrub_deadline(event)
        _scrub_marker(event)
    kept = [event for event in events if "TIME_SKIPPING" not in event["eventType"]]
    numbers = {event["eventId"]: str(number) for number, event in enumerate(kept, 1)}
    runs: dict[str, str] = {}
    return [_scrub(event, numbers, runs) for event in kept]


def sorted_markers(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The events, where neighbouring markers of local activities are in the order of their ids.

    Args:
        events: As `scrubbed` gives them.
    """
    found: list[dict[str, Any]] = []
    for task, group in itertools.groupby(events, _task_of_local_marker):
        neighbours = [*group]
        found += neighbours if task is None else sorted(neighbours, key=_local_id)
    for number, event in enumerate(found, 1):
        event["eventId"] = str(number)
    return found


def _task_of_local_marker(event: dict[str, Any]) -> str | None:
    """The event that completed the task of a local activity's marker; ``None`` for other events."""
    marker = event.get("markerRecordedEventAttributes", {})
    is_local = marker.get("markerName") == "core_local_activity"
    return str(marker["workflowTaskCompletedEventId"]) if is_local else None


def _local_id(event: dict[str, Any]) -> str:
    details = event["markerRecordedEventAttributes"]["details"]
    return str(details["data"]["payloads"][0]["says"]["activity_id"])


def _scrub_backoff(event: dict[str, Any], before: WorkflowHistory | None) -> None:
    """A run that continues as new within a second has to wait for the rest of that second."""
    started = event.get("workflowExecutionStartedEventAttributes", {})
    if started.get("initiator") == "CONTINUE_AS_NEW_INITIATOR_WORKFLOW":
        assert before is not None, "a run that was continued"
        wait = float(started.pop("firstWorkflowTaskBackoff", "0s").removesuffix("s"))
        first, *_, last = (each.event_time.ToDatetime() for each in before.events)
        rest = max(0.0, 1.0 - (last - first).total_seconds())
        started["waits for the rest"] = abs(wait - rest) < 0.1


def _scrub_deadline(event: dict[str, Any]) -> None:
    """When the time of the whole chain is over is a moment of its own in each run."""
    started = event.get("workflowExecutionStartedEventAttributes", {})
    if "workflowExecutionExpirationTime" in started:
        started["workflowExecutionExpirationTime"] = "a moment"


def _scrub_marker(event: dict[str, Any]) -> None:
    """The marker of a local activity has times in it, and the batch that reported its end."""
    marker = event.get("markerRecordedEventAttributes", {})
    if marker.get("markerName") != "core_local_activity":
        return
    payload = marker["details"]["data"]["payloads"][0]
    data = json.loads(base64.b64decode(payload.pop("data")))
    del data["activation_index"]
    for moment in ("complete_time", "original_schedule_time"):
        data[moment] = data[moment] is not None
    payload["says"] = data


def _scrub(value: Any, numbers: dict[str, str], runs: dict[str, str]) -> Any:
    if isinstance(value, list | tuple):
        return [_scrub(each, numbers, runs) for each in value]
    if isinstance(value, dict):
        return {
            key: numbers.get(each, each)
            if key.endswith(("EventId", "eventId"))
            else _scrub(each, numbers, runs)
            for key, each in value.items()
            if key not in RUN_SPECIFIC
        }
    if isinstance(value, str):
        return UUID.sub(lambda match: runs.setdefault(match[0], f"uuid {len(runs) + 1}"), value)
    return value
