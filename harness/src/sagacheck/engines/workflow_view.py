"""What Temporal shows of a workflow: the one place that asks a service about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from google.protobuf.field_mask_pb2 import FieldMask
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import PendingActivityState
from temporalio.api.failure.v1 import Failure
from temporalio.api.workflow.v1 import PendingActivityInfo
from temporalio.api.workflowservice.v1 import UpdateActivityOptionsRequest
from temporalio.client import (
    Client,
    WorkflowExecutionDescription,
    WorkflowFailureError,
    WorkflowHandle,
    WorkflowHistory,
)
from temporalio.service import RPCError, RPCStatusCode

from sagacheck.checks import Ending
from sagacheck.engines.histories import last_task_failure

_FIRST_TASK_EVENTS = 3
"""The start of a run, and its first task scheduled and started."""
_SCHEDULED = PendingActivityState.PENDING_ACTIVITY_STATE_SCHEDULED


class WorkflowView:
    """What Temporal shows of one workflow.

    Args:
        client: The connection to the service.
        workflow_id: The id of the workflow. Its latest run is meant.

    Attributes:
        handle: The workflow, as the SDK's clients have it.
    """

    def __init__(self, client: Client, workflow_id: str) -> None:
        self._client = client
        self.handle: WorkflowHandle[Any, Any] = client.get_workflow_handle(workflow_id)

    async def exists(self) -> bool:
        """Whether the service knows the workflow."""
        try:
            await self.handle.describe()
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return False
        return True

    async def ending(self, translate: Callable[[Any], Any] | None = None) -> Ending:
        """How the workflow ended; waits until it has.

        Args:
            translate: How results and failures of its saga read.
        """
        try:
            return Ending.of_result(await self.handle.result(), translate)
        except WorkflowFailureError as failure:
            return Ending.of_failure(failure, translate)

    async def state(self) -> WorkflowState:
        """What the workflow is doing now."""
        return WorkflowState(await self.handle.describe())

    async def history(self) -> WorkflowHistory:
        """Its events."""
        return await self.handle.fetch_history()

    async def task_failure(self) -> str:
        """Why a task of the workflow failed last; empty if none did."""
        return last_task_failure((await self.history()).events)

    async def terminate(self, reason: str) -> bool:
        """End the workflow; whether it had not ended before."""
        try:
            await self.handle.terminate(reason=reason)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return False
        return True

    async def limit_attempt(
        self, activity_id: str, limit: timedelta | None, *, run_id: str = ""
    ) -> None:
        """Change how long an attempt at an activity may take, also while it is under way.

        Args:
            activity_id: The id of the activity. One that has ended is left as it is.
            limit: The start-to-close timeout; ``None`` for the one that the workflow has set.
            run_id: The run of the workflow; the latest by default.
        """
        request = UpdateActivityOptionsRequest(
            namespace=self._client.namespace,
            execution=WorkflowExecution(workflow_id=self.handle.id, run_id=run_id),
            id=activity_id,
        )
        if limit is None:
            request.restore_original = True
        else:
            request.activity_options.start_to_close_timeout.FromTimedelta(limit)
            request.update_mask.CopyFrom(FieldMask(paths=["start_to_close_timeout"]))
        with suppress(RPCError):  # the activity or the workflow is over: there is nothing to limit
            await self._client.workflow_service.update_activity_options(request)


class WorkflowState(msgspec.Struct, frozen=True):
    """What a workflow is doing, at the moment at which the service described it."""

    description: WorkflowExecutionDescription

    @property
    def has_ended(self) -> bool:
        """Whether the workflow is closed."""
        return self.description.close_time is not None

    @property
    def history_length(self) -> int:
        """How many events it has."""
        return self.description.history_length

    @property
    def has_pending_task(self) -> bool:
        """Whether a workflow task waits for a worker, or is with one."""
        return self.description.raw_description.HasField("pending_workflow_task")

    @property
    def is_waiting(self) -> bool:
        """Whether its code has run, and nothing is under way: a message or a timer wakes it."""
        shown = self.description.raw_description
        is_busy = self.has_pending_task or shown.pending_activities or shown.pending_children
        return not (self.has_ended or is_busy) and self.history_length > _FIRST_TASK_EVENTS

    @property
    def run_id(self) -> str:
        """The id of the run."""
        return self.description.run_id

    @property
    def has_children(self) -> bool:
        """Whether children of its own are open."""
        return bool(self.description.raw_description.pending_children)

    @property
    def rests(self) -> bool:
        """Whether nothing of the workflow itself is under way but retries that wait for their time.

        A workflow task that fails again and again is nothing that is under way.
        """
        activities = self.description.raw_description.pending_activities
        ahead = [moment for _, moment, _ in self.retries if moment > self.virtual_time]
        return self.task_attempt != 1 and len(ahead) == len(activities)

    @property
    def retries(self) -> list[tuple[str, datetime, float | None]]:
        """The activities that wait for their next attempt, when it is due, and for how long.

        After an attempt that has timed out the server (1.32.0) does not say for how long: it counts
        from the completion that there was not, so from 1970.
        """
        return [
            (
                each.activity_id,
                each.next_attempt_schedule_time.ToDatetime(UTC),
                each.current_retry_interval.ToTimedelta().total_seconds()
                if each.HasField("last_attempt_complete_time")
                else None,
            )
            for each in self.description.raw_description.pending_activities
            if each.state == _SCHEDULED and each.HasField("next_attempt_schedule_time")
        ]

    @property
    def backoff_seconds(self) -> float | None:
        """Until the next attempt, where all open activities wait for one; else ``None``."""
        activities = self.description.raw_description.pending_activities
        left = [
            (each.next_attempt_schedule_time.ToDatetime(UTC) - self.virtual_time).total_seconds()
            for each in activities
            if each.state == _SCHEDULED and each.HasField("next_attempt_schedule_time")
        ]
        return min(left) if left and len(left) == len(activities) else None

    @property
    def task_attempt(self) -> int:
        """Which attempt at the pending workflow task is under way, from 1; 0 if none is pending."""
        return self.description.raw_description.pending_workflow_task.attempt

    @property
    def pending_activities(self) -> list[str]:
        """The activities that have not ended, with the attempt and the last failure of each."""
        return [*map(_in_words, self.description.raw_description.pending_activities)]

    @property
    def has_failing_activity(self) -> bool:
        """Whether an attempt at one of its open activities has failed."""
        activities = self.description.raw_description.pending_activities
        return any(each.HasField("last_failure") for each in activities)

    @property
    def waits_for(self) -> str:
        """What must happen before the workflow goes on, once its pending task is done."""
        return "; ".join(self.pending_activities) or "a message or a timer"

    @property
    def virtual_time(self) -> datetime:
        """The workflow's own time, on a server that skips time."""
        skipping = self.description.raw_description.workflow_extended_info.time_skipping_info
        return skipping.current_time.ToDatetime(UTC)

    def attempts_started_before(self, moment: datetime) -> Iterator[str]:
        """The ids of activities with an attempt under way that began before `moment`."""
        for each in self.description.raw_description.pending_activities:
            if each.state != _SCHEDULED and each.last_started_time.ToDatetime(UTC) < moment:
                yield each.activity_id


def _in_words(activity: PendingActivityInfo) -> str:
    attempt = f"{activity.activity_type.name}, attempt {activity.attempt}"
    why = failure_message(activity.last_failure)
    return f"{attempt}, {why}" if why else attempt


def failure_message(failure: Failure) -> str:
    """What a failure says.

    The server puts a failure of more than 4 KiB below one of its own, which says that it is cut.
    """
    while failure.HasField("server_failure_info") and failure.HasField("cause"):
        failure = failure.cause
    return failure.message
