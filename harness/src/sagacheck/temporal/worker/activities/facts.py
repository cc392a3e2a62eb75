"""What is known of an activity and of each attempt of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec
import temporalio.activity
import temporalio.api.common.v1
from temporalio.api.common.v1 import Payload
from temporalio.common import Priority, RetryPolicy

from sagacheck.temporal.base.run_identity import RunIdentity
from sagacheck.temporal.worker.activities.timeouts import ActivityTimeouts
from sagacheck.temporal.worker.python_times import as_timedelta, utc


class ScheduledActivity(msgspec.Struct, frozen=True):
    """What an activity was scheduled with.

    Attributes:
        activity_id: Its id.
        activity_type: Its name.
        task_queue: The queue in which its attempts wait for a worker.
        arguments: Its arguments.
        headers: The headers that interceptors have added.
        timeouts: Its timeouts.
        retry_policy: Its policy, defaults filled in.
    """

    activity_id: str
    activity_type: str
    task_queue: str
    arguments: list[Payload]
    headers: Mapping[str, Payload]
    timeouts: ActivityTimeouts
    retry_policy: temporalio.api.common.v1.RetryPolicy


class AttemptFacts(msgspec.Struct, frozen=True):
    """What is known of one attempt of an activity.

    Attributes:
        run: The workflow run that scheduled the activity.
        command: What the activity was scheduled with.
        attempt: The number of the attempt, from 1.
        token: The task token, by which the attempt can be completed asynchronously.
        scheduled_at: When the activity was scheduled, in seconds since the epoch.
        due_at: When the attempt was due.
        started_at: When it started.
        is_local: Whether the activity is a local one.
    """

    run: RunIdentity
    command: ScheduledActivity
    attempt: int
    token: bytes
    scheduled_at: float
    due_at: float
    started_at: float
    is_local: bool = False

    @property
    def workflow_id(self) -> str:
        """The id of the workflow that scheduled the activity."""
        return self.run.workflow_id

    @property
    def activity_type(self) -> str:
        """The activity's name."""
        return self.command.activity_type

    @property
    def is_limited(self) -> bool:
        """Whether the attempts at the activity come to an end by themselves."""
        timeouts = self.command.timeouts
        return bool(self.command.retry_policy.maximum_attempts or timeouts.is_limited)

    def as_info(self, heartbeat_details: Sequence[Any]) -> temporalio.activity.Info:
        """What `temporalio.activity.info` returns in the attempt.

        Args:
            heartbeat_details: The details of the last heartbeat of an earlier attempt.
        """
        command, run, timeouts = self.command, self.run, self.command.timeouts
        return temporalio.activity.Info(
            activity_id=command.activity_id,
            activity_type=self.activity_type,
            attempt=self.attempt,
            current_attempt_scheduled_time=utc(self.due_at),
            heartbeat_details=heartbeat_details,
            heartbeat_timeout=as_timedelta(timeouts.heartbeat) or None,
            is_local=self.is_local,
            namespace=run.namespace,
            schedule_to_close_timeout=as_timedelta(timeouts.schedule_to_close) or None,
            scheduled_time=utc(self.scheduled_at),
            start_to_close_timeout=as_timedelta(timeouts.start_to_close) or None,
            started_time=utc(self.started_at),
            task_queue=command.task_queue,
            task_token=self.token,
            workflow_id=run.workflow_id,
            workflow_namespace=run.namespace,
            workflow_run_id=run.run_id,
            workflow_type=run.workflow_type,
            priority=Priority.default,
            retry_policy=_policy(command.retry_policy.SerializeToString()),
            activity_run_id=None,
        )


@lru_cache(maxsize=100)
def _policy(serialized: bytes) -> RetryPolicy:
    return RetryPolicy.from_proto(temporalio.api.common.v1.RetryPolicy.FromString(serialized))
