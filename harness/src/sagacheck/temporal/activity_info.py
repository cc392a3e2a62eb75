"""What an activity attempt can know of itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec
import temporalio.activity
import temporalio.api.common.v1
from temporalio.api.common.v1 import Payload
from temporalio.common import Priority, RetryPolicy

from sagacheck.temporal import sdk
from sagacheck.temporal.activity_timeouts import Timeouts
from sagacheck.temporal.interfaces import Owner
from sagacheck.temporal.python_times import as_timedelta


class ScheduledActivity(msgspec.Struct, frozen=True):
    """What an activity was scheduled with, in the service's words.

    Attributes:
        activity_id: Its id.
        activity_type: Its name.
        task_queue: Where its attempts wait for a worker.
        arguments: What it is called with.
        headers: What interceptors have said of it.
        timeouts: Its timeouts.
        retry_policy: Its policy, defaults filled in.
    """

    activity_id: str
    activity_type: str
    task_queue: str
    arguments: list[Payload]
    headers: Mapping[str, Payload]
    timeouts: Timeouts
    retry_policy: temporalio.api.common.v1.RetryPolicy


class AttemptFacts(msgspec.Struct, frozen=True):
    """What is known of one attempt of an activity.

    Attributes:
        owner: The workflow run.
        command: What the activity was scheduled with.
        attempt: Which attempt it is, from 1.
        token: What it is called by whoever reports its end.
        scheduled_at: When the activity was scheduled, in seconds since the epoch.
        due_at: When the attempt was due.
        started_at: When it started.
        is_local: Whether the activity is a local one.
    """

    owner: Owner
    command: ScheduledActivity
    attempt: int
    token: bytes
    scheduled_at: float
    due_at: float
    started_at: float
    is_local: bool = False

    @property
    def workflow_id(self) -> str:
        """The id of the workflow whose activity it is."""
        return self.owner.workflow_id

    @property
    def activity_type(self) -> str:
        """The activity's name."""
        return self.command.activity_type

    def as_info(self, heartbeat_details: Sequence[Any]) -> temporalio.activity.Info:
        """What `temporalio.activity.info` says in it; made for those who ask, which few do.

        Args:
            heartbeat_details: What the last heartbeat of an earlier attempt said.
        """
        command, owner, timeouts = self.command, self.owner, self.command.timeouts
        return temporalio.activity.Info(
            activity_id=command.activity_id,
            activity_type=self.activity_type,
            attempt=self.attempt,
            current_attempt_scheduled_time=sdk.utc(self.due_at),
            heartbeat_details=heartbeat_details,
            heartbeat_timeout=as_timedelta(timeouts.heartbeat) or None,
            is_local=self.is_local,
            namespace=owner.namespace,
            schedule_to_close_timeout=as_timedelta(timeouts.schedule_to_close) or None,
            scheduled_time=sdk.utc(self.scheduled_at),
            start_to_close_timeout=as_timedelta(timeouts.start_to_close) or None,
            started_time=sdk.utc(self.started_at),
            task_queue=command.task_queue,
            task_token=self.token,
            workflow_id=owner.workflow_id,
            workflow_namespace=owner.namespace,
            workflow_run_id=owner.run_id,
            workflow_type=owner.workflow_type,
            priority=Priority.default,
            retry_policy=_policy(command.retry_policy.SerializeToString()),
            activity_run_id=None,
        )


@lru_cache(maxsize=100)
def _policy(serialized: bytes) -> RetryPolicy:
    return RetryPolicy.from_proto(temporalio.api.common.v1.RetryPolicy.FromString(serialized))
