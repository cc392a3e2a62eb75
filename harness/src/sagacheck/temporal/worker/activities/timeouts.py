"""The four timeouts of an activity, as the server derives them from those of the command.

The rules are the server's (``validateAndNormalizeTimeouts`` in its
``chasm/lib/activity/validator.go``).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property, lru_cache

import msgspec
import temporalio.bridge.proto.workflow_commands as commands_pb
from google.protobuf.duration_pb2 import Duration
from temporalio.api.enums.v1 import TimeoutType

from sagacheck.temporal.base.durations import capped, seconds, within

START_TO_CLOSE = TimeoutType.TIMEOUT_TYPE_START_TO_CLOSE
SCHEDULE_TO_CLOSE = TimeoutType.TIMEOUT_TYPE_SCHEDULE_TO_CLOSE
SCHEDULE_TO_START = TimeoutType.TIMEOUT_TYPE_SCHEDULE_TO_START
HEARTBEAT = TimeoutType.TIMEOUT_TYPE_HEARTBEAT


class ActivityTimeouts(msgspec.Struct, frozen=True, dict=True):
    """The timeouts of an activity; zero is none. They are to be copied, not changed.

    Attributes:
        schedule_to_close: The longest time of all its attempts together.
        schedule_to_start: The longest time that an attempt may wait for a worker.
        start_to_close: The longest time of one attempt.
        heartbeat: The longest time between two heartbeats of an attempt.
    """

    schedule_to_close: Duration
    schedule_to_start: Duration
    start_to_close: Duration
    heartbeat: Duration

    @cached_property
    def is_limited(self) -> bool:
        """Whether all attempts together have a timeout."""
        return bool(seconds(self.schedule_to_close))

    @cached_property
    def limits(self) -> Mapping[TimeoutType.ValueType, float]:
        """The timeouts that are set, in seconds."""
        kinds = {
            SCHEDULE_TO_CLOSE: self.schedule_to_close,
            SCHEDULE_TO_START: self.schedule_to_start,
            START_TO_CLOSE: self.start_to_close,
            HEARTBEAT: self.heartbeat,
        }
        return {kind: limit for kind, each in kinds.items() if (limit := seconds(each))}


def derived_timeouts(
    command: commands_pb.ScheduleActivity, run_timeout: Duration
) -> ActivityTimeouts:
    """The timeouts of an activity: none is longer than schedule-to-close, or than the run's.

    Args:
        command: The command of the workflow code.
        run_timeout: The timeout of the run; zero is none.
    """
    whole, start = command.schedule_to_close_timeout, command.schedule_to_start_timeout
    attempt, heartbeat = command.start_to_close_timeout, command.heartbeat_timeout
    return _derived(
        *(whole.seconds, whole.nanos, start.seconds, start.nanos),
        *(attempt.seconds, attempt.nanos, heartbeat.seconds, heartbeat.nanos),
        *(run_timeout.seconds, run_timeout.nanos),
    )


@lru_cache(maxsize=1000)
def _derived(*numbers: int) -> ActivityTimeouts:
    """The timeouts of five durations in seconds and nanoseconds; most activities have the same."""
    whole, start, attempt, heartbeat, run = (
        capped(Duration(seconds=whole_seconds, nanos=nanos))
        for whole_seconds, nanos in zip(numbers[::2], numbers[1::2], strict=True)
    )
    if seconds(whole):
        start, attempt = within(start, whole), within(attempt, whole)
    if seconds(run):
        # So the activity times out before its run does, and the workflow can compensate.
        whole, start, attempt = within(whole, run), within(start, run), within(attempt, run)
    return ActivityTimeouts(
        schedule_to_close=whole,
        schedule_to_start=start,
        start_to_close=attempt,
        heartbeat=within(heartbeat, attempt) if seconds(heartbeat) else heartbeat,
    )
