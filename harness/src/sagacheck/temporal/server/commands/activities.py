"""The activities of a run, and the commands that schedule them and request their cancellation."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache, partial

import temporalio.bridge.proto.workflow_commands as commands_pb
from google.protobuf.duration_pb2 import Duration
from temporalio.api.common.v1 import ActivityType, Header, Priority

from sagacheck.temporal.base.backoff import with_defaults
from sagacheck.temporal.base.events import Event
from sagacheck.temporal.base.unsupported_fields import allow_only
from sagacheck.temporal.core.managed_run import ManagedRun
from sagacheck.temporal.server.commands.pending_activity import PendingActivity
from sagacheck.temporal.server.ports import OpenRun, Service
from sagacheck.temporal.server.run_start import normal_task_queue
from sagacheck.temporal.worker.activities.facts import ScheduledActivity
from sagacheck.temporal.worker.activities.timeouts import derived_timeouts

_SUPPORTED = (
    *("seq", "activity_id", "activity_type", "task_queue", "headers", "arguments"),
    *("schedule_to_close_timeout", "schedule_to_start_timeout", "start_to_close_timeout"),
    *("heartbeat_timeout", "retry_policy", "cancellation_type", "do_not_eagerly_execute"),
    "versioning_intent",
)
_NO_HEADER = Header()
_NO_PRIORITY = Priority()


class Activities:
    """The activities of one run.

    Args:
        run: The run.
        service: The service of the run.
        managed: The run as Core knows it.
        run_timeout: The timeout of the run; zero is none.
    """

    def __init__(
        self, run: OpenRun, service: Service, managed: ManagedRun, run_timeout: Duration
    ) -> None:
        self._run = run
        self._service = service
        self._managed = managed
        self._run_timeout = run_timeout
        self._by_seq: dict[int, PendingActivity] = {}
        self._by_id: dict[str, PendingActivity] = {}

    def __iter__(self) -> Iterator[PendingActivity]:
        """The activities of the open run, those that have ended among them."""
        return iter(self._by_seq.values())

    def __getitem__(self, seq: int) -> PendingActivity:
        """The activity with the sequence number that the workflow code gave it."""
        return self._by_seq[seq]

    def with_id(self, activity_id: str) -> PendingActivity | None:
        """The latest activity with this id."""
        return self._by_id.get(activity_id)

    def with_token(self, token: bytes) -> PendingActivity | None:
        """The activity whose attempt has this task token."""
        return next((each for each in self if each.token == token), None)

    # -- commands --------------------------------------------------------------------------------

    def schedule(self, command: commands_pb.ScheduleActivity, completed: int) -> Event:
        """Schedule an activity."""
        allow_only(command, *_SUPPORTED)
        policy = command.retry_policy if command.HasField("retry_policy") else None
        timeouts = derived_timeouts(command, self._run_timeout)
        scheduled = ScheduledActivity(
            activity_id=command.activity_id,
            activity_type=command.activity_type,
            task_queue=command.task_queue,
            arguments=command.arguments[:],
            headers=command.headers,
            timeouts=timeouts,
            retry_policy=with_defaults(policy),
        )
        event = self._run.add_event(
            "activity_task_scheduled",
            activity_id=scheduled.activity_id,
            activity_type=_activity_type(scheduled.activity_type),
            task_queue=normal_task_queue(scheduled.task_queue),
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
        self._begin(command.seq, event, scheduled)
        return event

    def _begin(self, seq: int, event: Event, scheduled: ScheduledActivity) -> None:
        self._managed.activity_scheduled(seq, event)
        on_closed = partial(self._on_closed, seq, event)
        activity = PendingActivity(self._run, self._service, event, scheduled, on_closed)
        self._by_seq[seq] = self._by_id[scheduled.activity_id] = activity
        activity.schedule_attempt()

    def request_cancel(self, command: commands_pb.RequestCancelActivity, completed: int) -> Event:
        """Request the cancellation of an activity.

        It may have ended while the workflow task was under way, for which its end is buffered. The
        request is written before it all the same: the code has asked, and a replay asks again.
        """
        activity = self._by_seq[command.seq]
        event = self._run.add_event(
            "activity_task_cancel_requested",
            scheduled_event_id=activity.event.event_id,
            workflow_task_completed_event_id=completed,
        )
        activity.request_cancel(event.event_id)
        return event

    # -- the end ---------------------------------------------------------------------------------

    def _on_closed(self, seq: int, scheduled: Event, closed: Event) -> None:
        self._run.schedule_workflow_task(self._managed.activity_closed(seq, scheduled, closed))
        self._run.notify_waiters()

    def run_closed(self) -> None:
        """Drop all activities: what a closed run keeps takes memory as long as the service."""
        for activity in self._by_seq.values():
            activity.run_closed()
        self.clear()

    def clear(self) -> None:
        """Refer to no activity any more."""
        self._by_seq.clear()
        self._by_id.clear()


@lru_cache(maxsize=100)
def _activity_type(name: str) -> ActivityType:
    """An activity's name as events have it; to be copied, not changed."""
    return ActivityType(name=name)
