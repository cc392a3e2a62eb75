"""The innermost of an activity's interceptors: they call the function, and serve its context."""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from typing import Any

import temporalio.activity
from google.protobuf.duration_pb2 import Duration
from temporalio.worker import (
    ActivityInboundInterceptor,
    ActivityOutboundInterceptor,
    ExecuteActivityInput,
)

from sagacheck.temporal.base.durations import seconds
from sagacheck.temporal.base.sdk_activities import Cancellation, in_thread, set_outbound
from sagacheck.temporal.base.virtual_time.loop import running_loop
from sagacheck.temporal.worker.activities.thread_sleep import replace_sleep_in, sleeping
from sagacheck.temporal.worker.activities.thread_time import ThreadTime
from sagacheck.temporal.worker.activities.threads import Threads


class FunctionCaller(ActivityInboundInterceptor):
    """Calls the activity function.

    Args:
        cancellation: The attempt's cancellation.
        threads: The worker's threads, for a function that is no coroutine.
        heartbeat_timeout: The heartbeat timeout; zero is none.
    """

    def __init__(
        self, cancellation: Cancellation, threads: Threads | None, heartbeat_timeout: Duration
    ) -> None:
        self._cancellation = cancellation
        self._threads = threads
        self._heartbeat_timeout = heartbeat_timeout

    def init(self, outbound: ActivityOutboundInterceptor) -> None:
        """Let the activity's context use the chain of outbound interceptors."""
        set_outbound(outbound)

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002 - the SDK's name
        """Call the function, in a thread if it is no coroutine."""
        if self._threads is None:
            return await input.fn(*input.args)
        loop, threads = running_loop(), self._threads
        time = ThreadTime(loop, seconds(self._heartbeat_timeout))
        call = in_thread(
            threads.run_on_loop,
            self._cancellation,
            input.fn,
            input.args,
            time.after_heartbeat,
        )

        def sleep(seconds: float) -> None:
            threads.run_on_loop(lambda: time.sleep(seconds), limit=None)

        replace_sleep_in(input.fn)
        context = contextvars.copy_context()
        return await loop.run_in_executor(input.executor, context.run, sleeping(call, sleep))


class ContextServer(ActivityOutboundInterceptor):
    """Serves what an activity does through its context: ``info()`` and ``heartbeat()``.

    Args:
        info: Returns the activity's info.
        heartbeat: Called with the details of each heartbeat.
    """

    def __init__(
        self, info: Callable[[], temporalio.activity.Info], heartbeat: Callable[..., None]
    ) -> None:
        self._info = info
        self._heartbeat = heartbeat

    def info(self) -> temporalio.activity.Info:
        """The activity's info."""
        return self._info()

    def heartbeat(self, *details: Any) -> None:
        """Heartbeat."""
        self._heartbeat(*details)
