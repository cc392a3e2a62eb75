"""The four timeouts of an activity, as the server derives them from those that were asked for.

The rules are the server's (``validateAndNormalizeTimeouts`` in its ``validator.go`` of activities).
"""

from __future__ import annotations

import temporalio.bridge.proto.workflow_commands as commands_pb
from google.protobuf.duration_pb2 import Duration

from fakes.temporal.durations import LONGEST_SECONDS, capped, seconds, within


def activity_timeouts(
    command: commands_pb.ScheduleActivity, run_timeout: Duration
) -> dict[str, Duration]:
    """The timeouts by their names: nothing may outlast schedule-to-close, nor the run.

    Args:
        command: What the workflow code asks for.
        run_timeout: How long its run may take; zero for ever.
    """
    whole, start = command.schedule_to_close_timeout, command.schedule_to_start_timeout
    attempt, beat = command.start_to_close_timeout, command.heartbeat_timeout
    longest = max(whole.seconds, start.seconds, attempt.seconds, beat.seconds)
    if longest > LONGEST_SECONDS:
        whole, start, attempt, beat = map(capped, (whole, start, attempt, beat))
    if seconds(whole):
        start, attempt = within(start, whole), within(attempt, whole)
    if seconds(run_timeout):
        # So the activity gives up before its run does, and there is somebody to compensate.
        whole, start = within(whole, run_timeout), within(start, run_timeout)
        attempt = within(attempt, run_timeout)
    return {
        "schedule_to_close_timeout": whole,
        "schedule_to_start_timeout": start,
        "start_to_close_timeout": attempt,
        "heartbeat_timeout": within(beat, attempt) if seconds(beat) else beat,
    }
