"""What an activity attempt can know of itself."""

from __future__ import annotations

from functools import lru_cache
from typing import Protocol

import temporalio.activity
import temporalio.api.common.v1
from temporalio.api.history.v1 import ActivityTaskScheduledEventAttributes
from temporalio.common import Priority, RetryPolicy

from fakes.temporal import sdk
from fakes.temporal.interfaces import Owner
from fakes.temporal.python_times import as_timedelta


class Scheduled(Protocol):
    """What is known of the activity."""

    command: ActivityTaskScheduledEventAttributes
    attempt: int
    scheduled_at: float

    @property
    def token(self) -> bytes:
        """What the attempt is called by whoever reports its end."""


def attempt_info(
    task: Scheduled, owner: Owner, *, started_at: float, due_at: float, is_local: bool = False
) -> temporalio.activity.Info:
    """What `temporalio.activity.info` says in an attempt; heartbeat details are to be decoded."""
    command = task.command
    return temporalio.activity.Info(
        activity_id=command.activity_id,
        activity_type=command.activity_type.name,
        attempt=task.attempt,
        current_attempt_scheduled_time=sdk.utc(due_at),
        heartbeat_details=[],
        heartbeat_timeout=as_timedelta(command.heartbeat_timeout) or None,
        is_local=is_local,
        namespace=owner.namespace,
        schedule_to_close_timeout=as_timedelta(command.schedule_to_close_timeout) or None,
        scheduled_time=sdk.utc(task.scheduled_at),
        start_to_close_timeout=as_timedelta(command.start_to_close_timeout) or None,
        started_time=sdk.utc(started_at),
        task_queue=command.task_queue.name,
        task_token=task.token,
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
