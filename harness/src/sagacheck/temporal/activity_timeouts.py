"""The four timeouts of an activity, as the server derives them from those that were asked for.

The rules are the server's (``validateAndNormalizeTimeouts`` in its ``validator.go`` of activities).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

import temporalio.bridge.proto.workflow_commands as commands_pb
from google.protobuf.duration_pb2 import Duration
from temporalio.api.enums.v1 import TimeoutType

from sagacheck.temporal.durations import capped, seconds, within

START_TO_CLOSE = TimeoutType.TIMEOUT_TYPE_START_TO_CLOSE
SCHEDULE_TO_CLOSE = TimeoutType.TIMEOUT_TYPE_SCHEDULE_TO_CLOSE
SCHEDULE_TO_START = TimeoutType.TIMEOUT_TYPE_SCHEDULE_TO_START
HEARTBEAT = TimeoutType.TIMEOUT_TYPE_HEARTBEAT


@dataclass(frozen=True)
class Timeouts:
    """The timeouts of an activity; zero is none. They are to be copied, not to be changed.

    Attributes:
        schedule_to_close: How long it may take with all its attempts.
        schedule_to_start: How long an attempt may wait for a worker.
        start_to_close: How long an attempt may take.
        heartbeat: How long an attempt may give no sign of life.
    """

    schedule_to_close: Duration
    schedule_to_start: Duration
    start_to_close: Duration
    heartbeat: Duration

    @cached_property
    def limits(self) -> Mapping[TimeoutType.ValueType, float]:
        """Those that there are, in seconds."""
        kinds = {
            SCHEDULE_TO_CLOSE: self.schedule_to_close,
            SCHEDULE_TO_START: self.schedule_to_start,
            START_TO_CLOSE: self.start_to_close,
            HEARTBEAT: self.heartbeat,
        }
        return {kind: limit for kind, each in kinds.items() if (limit := seconds(each))}


def activity_timeouts(command: commands_pb.ScheduleActivity, run_timeout: Duration) -> Timeouts:
    """The timeouts: nothing may outlast schedule-to-close, nor the run.

    Args:
        command: What the workflow code asks for.
        run_timeout: How long its run may take; zero for ever.
    """
    whole, start = command.schedule_to_close_timeout, command.schedule_to_start_timeout
    attempt, beat = command.start_to_close_timeout, command.heartbeat_timeout
    return _derived(
        *(whole.seconds, whole.nanos, start.seconds, start.nanos),
        *(attempt.seconds, attempt.nanos, beat.seconds, beat.nanos),
        *(run_timeout.seconds, run_timeout.nanos),
    )


@lru_cache(maxsize=1000)
def _derived(*numbers: int) -> Timeouts:
    """The timeouts of five durations in seconds and nanoseconds; most activities have the same."""
    whole, start, attempt, beat, run = (
        capped(Duration(seconds=whole_seconds, nanos=nanos))
        for whole_seconds, nanos in zip(numbers[::2], numbers[1::2], strict=True)
    )
    if seconds(whole):
        start, attempt = within(start, whole), within(attempt, whole)
    if seconds(run):
        # So the activity gives up before its run does, and there is somebody to compensate.
        whole, start, attempt = within(whole, run), within(start, run), within(attempt, run)
    return Timeouts(
        schedule_to_close=whole,
        schedule_to_start=start,
        start_to_close=attempt,
        heartbeat=within(beat, attempt) if seconds(beat) else beat,
    )
