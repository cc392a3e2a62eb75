"""What a workflow task asks the service for, command by command."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import temporalio.bridge.proto.workflow_commands as commands_pb
from temporalio.api.common.v1 import (
    ActivityType,
    Header,
    Payload,
    Payloads,
    Priority,
    SearchAttributes,
)
from temporalio.api.enums.v1 import WorkflowExecutionStatus
from temporalio.api.update.v1 import Outcome

from sagacheck.temporal.activity_info import ScheduledActivity
from sagacheck.temporal.activity_task import ActivityTask
from sagacheck.temporal.activity_timeouts import activity_timeouts
from sagacheck.temporal.backoff import with_defaults
from sagacheck.temporal.children import apply_start_child
from sagacheck.temporal.core import Job, Outgoing
from sagacheck.temporal.durations import capped, seconds
from sagacheck.temporal.endings import cancel, complete, continue_as_new, fail
from sagacheck.temporal.errors import UnsupportedError
from sagacheck.temporal.events import Event
from sagacheck.temporal.external import (
    apply_cancel_child,
    apply_cancel_external,
    apply_signal_external,
)
from sagacheck.temporal.fields import only
from sagacheck.temporal.local_core import Marker
from sagacheck.temporal.search_attributes import PATCH_ATTRIBUTE
from sagacheck.temporal.starting import task_queue

if TYPE_CHECKING:
    from sagacheck.temporal.execution import Execution

Status = WorkflowExecutionStatus
Apply = Callable[["Execution", Any, int], None]


def apply_commands(run: Execution, commands: Iterable[Outgoing], completed: Event | None) -> None:
    """Do what the workflow code wants.

    Args:
        run: The run whose code wants it.
        commands: What it wants.
        completed: The event of the task's completion, if the task has left a trace.

    Raises:
        UnsupportedError: It wants what the simulation lacks.
    """
    event_id = completed.event_id if completed else 0
    for command in commands:
        if isinstance(command, Marker):
            _record(run, command, event_id)
            continue
        kind = command.WhichOneof("variant") or ""
        if kind not in _APPLY:
            raise UnsupportedError(kind.replace("_", " "))
        before = len(run.history)
        _APPLY[kind](run, getattr(command, kind), event_id)
        if command.HasField("user_metadata") and len(run.history) > before:
            run.history.events.noted[before].user_metadata = command.user_metadata


# -- activities ---------------------------------------------------------------------------------


def _schedule_activity(
    run: Execution, command: commands_pb.ScheduleActivity, completed: int
) -> None:
    only(
        command,
        *("seq", "activity_id", "activity_type", "task_queue", "headers", "arguments"),
        *("schedule_to_close_timeout", "schedule_to_start_timeout", "start_to_close_timeout"),
        *("heartbeat_timeout", "retry_policy", "cancellation_type", "do_not_eagerly_execute"),
        "versioning_intent",
    )
    policy = command.retry_policy if command.HasField("retry_policy") else None
    limit = run.start.request.workflow_run_timeout
    timeouts = activity_timeouts(command, limit)
    scheduled = ScheduledActivity(
        activity_id=command.activity_id,
        activity_type=command.activity_type,
        task_queue=command.task_queue,
        arguments=command.arguments[:],
        headers=command.headers,
        timeouts=timeouts,
        retry_policy=with_defaults(policy),
    )
    event = run.history.add(
        "activity_task_scheduled",
        activity_id=scheduled.activity_id,
        activity_type=_activity_type(scheduled.activity_type),
        task_queue=task_queue(scheduled.task_queue),
        header=Header(fields=command.headers) if command.headers else _NO_HEADER,
        input=scheduled.arguments,
        schedule_to_close_timeout=timeouts.schedule_to_close,
        schedule_to_start_timeout=timeouts.schedule_to_start,
        start_to_close_timeout=timeouts.start_to_close,
        heartbeat_timeout=timeouts.heartbeat,
        workflow_task_completed_event_id=completed,
        retry_policy=scheduled.retry_policy,
        use_workflow_build_id=True,
        priority=_NO_PRIORITY,
    )
    run.core.events[command.seq] = event
    task = ActivityTask(run, command.seq, event, scheduled)
    run.activities[command.seq] = task
    task.offer()


@lru_cache(maxsize=100)
def _activity_type(name: str) -> ActivityType:
    """An activity's name, as events tell it; to be copied, not to be changed."""
    return ActivityType(name=name)


_NO_HEADER = Header()
_NO_PRIORITY = Priority()


def _request_cancel_activity(
    run: Execution, command: commands_pb.RequestCancelActivity, completed: int
) -> None:
    task = run.activities[command.seq]
    if task.closed:
        return
    event = run.history.add(
        "activity_task_cancel_requested",
        scheduled_event_id=task.event.event_id,
        workflow_task_completed_event_id=completed,
    )
    task.request_cancel(event.event_id)


# -- timers -------------------------------------------------------------------------------------


def _start_timer(run: Execution, command: commands_pb.StartTimer, completed: int) -> None:
    timeout = capped(command.start_to_fire_timeout)
    event = run.history.add(
        "timer_started",
        timer_id=str(command.seq),
        start_to_fire_timeout=timeout,
        workflow_task_completed_event_id=completed,
    )
    delay = seconds(timeout)
    handle = asyncio.get_running_loop().call_later(delay, _fire, run, command.seq)
    run.timers[command.seq] = (event, handle)


def _fire(run: Execution, seq: int) -> None:
    run.arrivals.arrive(lambda: _write_fired(run, seq))


def _write_fired(run: Execution, seq: int) -> None:
    if seq not in run.timers:
        return  # the task under way when it fired has cancelled it
    event, _ = run.timers.pop(seq)
    run.history.add("timer_fired", timer_id=str(seq), started_event_id=event.event_id)
    job = Job()
    job.fire_timer.seq = seq
    run.tasks.tell(job)


def _cancel_timer(run: Execution, command: commands_pb.CancelTimer, completed: int) -> None:
    if command.seq not in run.timers:
        return
    event, handle = run.timers.pop(command.seq)
    handle.cancel()
    run.history.add(
        "timer_canceled",
        timer_id=str(command.seq),
        started_event_id=event.event_id,
        workflow_task_completed_event_id=completed,
        identity="simulated",
    )


# -- what the workflow says of itself -----------------------------------------------------------


def _update_response(run: Execution, command: commands_pb.UpdateResponse, completed: int) -> None:
    update = run.updates[command.protocol_instance_id]
    if command.HasField("accepted"):
        update.accept(
            run.history.add(
                "workflow_execution_update_accepted",
                protocol_instance_id=command.protocol_instance_id,
                accepted_request_message_id=f"{command.protocol_instance_id}/request",
                accepted_request_sequencing_event_id=completed - 2,
                accepted_request=update.request,
            )
        )
        return
    outcome = Outcome()
    if command.HasField("completed"):
        outcome.success.payloads.append(command.completed)
    else:
        outcome.failure.CopyFrom(command.rejected)
    if update.accepted_event is not None:
        run.history.add(
            "workflow_execution_update_completed",
            meta=update.request.meta,
            accepted_event_id=update.accepted_event.event_id,
            outcome=outcome,
        )
    update.complete(outcome)


def _upsert_search_attributes(
    run: Execution, command: commands_pb.UpsertWorkflowSearchAttributes, completed: int
) -> None:
    _upsert(run, command.search_attributes, completed)


def _upsert(run: Execution, changes: SearchAttributes, completed: int) -> None:
    changed = run.service.search_attributes.with_types(changes)
    run.history.add(
        "upsert_workflow_search_attributes",
        search_attributes=changed,
        workflow_task_completed_event_id=completed,
    )
    _merge(run.search_attributes.indexed_fields, changed.indexed_fields)


def _modify_properties(
    run: Execution, command: commands_pb.ModifyWorkflowProperties, completed: int
) -> None:
    run.history.add(
        "workflow_properties_modified",
        upserted_memo=command.upserted_memo,
        workflow_task_completed_event_id=completed,
    )
    _merge(run.memo.fields, command.upserted_memo.fields)


def _merge(fields: Any, changes: Any) -> None:
    for name, payload in changes.items():
        if payload.metadata["encoding"] == b"binary/null":
            fields.pop(name, None)
        else:
            fields[name].CopyFrom(payload)


def _set_patch_marker(run: Execution, command: commands_pb.SetPatchMarker, completed: int) -> None:
    data = json.dumps(
        {"id": command.patch_id, "deprecated": command.deprecated}, separators=(",", ":")
    )
    run.history.add(
        "marker_recorded",
        marker_name="core_patch",
        details={"patch-data": Payloads(payloads=[_json(data)])},
        workflow_task_completed_event_id=completed,
    )
    run.patches.add(command.patch_id)
    known = json.dumps(sorted(run.patches), separators=(",", ":"))
    attributes = SearchAttributes()
    attributes.indexed_fields[PATCH_ATTRIBUTE].CopyFrom(_json(known))
    attributes.indexed_fields[PATCH_ATTRIBUTE].metadata["type"] = b"KeywordList"
    _upsert(run, attributes, completed)


def _record(run: Execution, marker: Marker, completed: int) -> None:
    """Write down the end of a local activity."""
    event = run.history.add(
        "marker_recorded",
        marker_name="core_local_activity",
        details=marker.details,
        failure=marker.failure,
        workflow_task_completed_event_id=completed,
    )
    if marker.metadata.ByteSize():
        event.user_metadata = marker.metadata


def _json(data: str) -> Payload:
    return Payload(metadata={"encoding": b"json/plain"}, data=data.encode())


_APPLY: dict[str, Apply] = {
    "schedule_activity": _schedule_activity,
    "request_cancel_activity": _request_cancel_activity,
    "start_timer": _start_timer,
    "cancel_timer": _cancel_timer,
    "update_response": _update_response,
    "upsert_workflow_search_attributes": _upsert_search_attributes,
    "modify_workflow_properties": _modify_properties,
    "set_patch_marker": _set_patch_marker,
    "start_child_workflow_execution": apply_start_child,
    "cancel_child_workflow_execution": apply_cancel_child,
    "signal_external_workflow_execution": apply_signal_external,
    "request_cancel_external_workflow_execution": apply_cancel_external,
    "complete_workflow_execution": complete,
    "fail_workflow_execution": fail,
    "cancel_workflow_execution": cancel,
    "continue_as_new_workflow_execution": continue_as_new,
}
