"""The timers of a run, and the commands that start and cancel them."""

from __future__ import annotations

import asyncio

import temporalio.bridge.proto.workflow_commands as commands_pb

from sagacheck.temporal.base.durations import capped, seconds
from sagacheck.temporal.base.events import Event
from sagacheck.temporal.core.messages import Job
from sagacheck.temporal.server.ports import IDENTITY, OpenRun


class Timers:
    """The timers of one run.

    Args:
        run: The run.
    """

    def __init__(self, run: OpenRun) -> None:
        self._run = run
        self._timers: dict[int, tuple[Event, asyncio.TimerHandle]] = {}

    def start(self, command: commands_pb.StartTimer, completed: int) -> Event:
        """Start a timer."""
        timeout = capped(command.start_to_fire_timeout)
        event = self._run.add_event(
            "timer_started",
            timer_id=str(command.seq),
            start_to_fire_timeout=timeout,
            workflow_task_completed_event_id=completed,
        )
        loop = asyncio.get_running_loop()
        handle = loop.call_later(seconds(timeout), self._on_time, command.seq)
        self._timers[command.seq] = (event, handle)
        return event

    def _on_time(self, seq: int) -> None:
        self._run.add_or_buffer(lambda: self._write_fired(seq))

    def _write_fired(self, seq: int) -> None:
        if seq not in self._timers:
            return  # the workflow task that was under way when it fired has cancelled it
        event, _ = self._timers.pop(seq)
        self._run.add_event("timer_fired", timer_id=str(seq), started_event_id=event.event_id)
        job = Job()
        job.fire_timer.seq = seq
        self._run.schedule_workflow_task(job)

    def cancel(self, command: commands_pb.CancelTimer, completed: int) -> Event | None:
        """Cancel a timer, unless it has fired."""
        if command.seq not in self._timers:
            return None
        event, handle = self._timers.pop(command.seq)
        handle.cancel()
        return self._run.add_event(
            "timer_canceled",
            timer_id=str(command.seq),
            started_event_id=event.event_id,
            workflow_task_completed_event_id=completed,
            identity=IDENTITY,
        )

    def run_closed(self) -> None:
        """Stop all timers."""
        for _, handle in self._timers.values():
            handle.cancel()
        self._timers.clear()
