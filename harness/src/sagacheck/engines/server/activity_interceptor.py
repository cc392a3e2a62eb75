"""What happens around an activity attempt: its world, its time, and the death of its worker."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from sagacheck.engines.server.order_workflow import ServerOrderWorkflow
from sagacheck.inprocess import AttemptContext, in_context
from sagacheck.network import WorkerCrash


class ActivityInterceptor(Interceptor):
    """Lets each attempt at an activity run in the world of its order.

    Args:
        find: Finds the workflow of the order that a workflow belongs to, by its id.
    """

    def __init__(self, find: Callable[[str], ServerOrderWorkflow]) -> None:
        self._find = find

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002 - the SDK's name
        """Put the attempt in its world."""
        return _InItsWorld(next, self._find)


class _InItsWorld(ActivityInboundInterceptor):
    def __init__(
        self, inner: ActivityInboundInterceptor, find: Callable[[str], ServerOrderWorkflow]
    ) -> None:
        super().__init__(inner)
        self._find = find

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002 - the SDK's name
        info = activity.info()
        workflow = self._find(info.workflow_id or "")
        with workflow.attempt_under_way(info):
            return await self._attempt(workflow, info, input)

    async def _attempt(
        self, workflow: ServerOrderWorkflow, info: activity.Info, call: ExecuteActivityInput
    ) -> Any:
        began = time.monotonic()
        begun = await workflow.begin_attempt(info)
        error: BaseException | None = None
        first_attempt = len(workflow.trial.world.journal)
        limit = info.start_to_close_timeout or info.schedule_to_close_timeout
        caller = AttemptContext(
            workflow.trial.network,
            order=workflow.order.id,
            activity=info.activity_type,
            execution=workflow.trial.execution_of(
                info.workflow_id, info.workflow_run_id, info.activity_id
            ),
            retry=info.attempt,
            lifetime=limit.total_seconds() if limit else None,
            loop=asyncio.get_running_loop(),
            refuse=workflow.trial.refuse,
            before_call=partial(workflow.catch_up, info, began, begun, first_attempt),
        )
        try:
            with in_context(caller):
                return await self.next.execute_activity(call)
        except WorkerCrash as crash:
            if info.is_local:
                workflow.give_up_on_local_crash(info)
                raise ApplicationError(str(crash), non_retryable=True) from None
            # The attempt never reports, as if its process were gone. The server finds out by the
            # start-to-close timeout, which is cut short on the server while it runs.
            await workflow.abandon_attempt(info, begun)
            activity.raise_complete_async()
        except BaseException as raised:
            error = raised
            raise
        finally:
            await workflow.end_attempt(info, begun, error)
            await workflow.spend_time_of_calls(info, began, first_attempt)
