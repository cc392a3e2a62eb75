"""What happens around an activity attempt: the right world, the right time, and sudden death."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from sagacheck.engines.order_workflow import order_in
from sagacheck.engines.server.order_run import ServerRun
from sagacheck.inprocess import AttemptContext, in_context
from sagacheck.network import WorkerCrash


class AttemptInterceptor(Interceptor):
    """Lets each attempt run in the world of its order.

    Args:
        runs: The orders being played, by the ids of their workflows.
    """

    def __init__(self, runs: Mapping[str, ServerRun]) -> None:
        self._runs = runs

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002 - the SDK's name
        """Put the attempt in its world."""
        return _Attempt(next, self._runs)


class _Attempt(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, runs: Mapping[str, ServerRun]) -> None:  # noqa: A002 - the SDK's name
        super().__init__(next)
        self._runs = runs

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002 - the SDK's name
        info = activity.info()
        run = order_in(self._runs, info.workflow_id)
        await run.begin_attempt(info)
        limit = info.start_to_close_timeout or info.schedule_to_close_timeout
        caller = AttemptContext(
            run.trial.network,
            order=run.order.id,
            activity=info.activity_type,
            lifetime=limit.total_seconds() if limit else None,
            loop=asyncio.get_running_loop(),
        )
        first_attempt = len(run.trial.world.journal)
        try:
            with in_context(caller):
                return await self.next.execute_activity(input)
        except WorkerCrash as crash:
            if info.is_local:
                run.give_up_on_local_crash(info)
                raise ApplicationError(str(crash), non_retryable=True) from None
            # The attempt never reports, as if its process were gone. The server finds out by the
            # start-to-close timeout, which is cut short on the server while it runs.
            await run.abandon_attempt(info)
            activity.raise_complete_async()
        finally:
            run.spend_time_of_calls(first_attempt)
