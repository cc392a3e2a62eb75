"""Makes each attempt of an activity with an effect a call on the network of its world."""

from __future__ import annotations

from typing import Any

from temporalio import activity
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from sagacheck.inprocess.attempt_context import present_context
from sagacheck.inprocess.effect_call import EffectCall
from sagacheck.inprocess.effect_table import EffectTable
from sagacheck.temporal import activity_contexts


class EffectInterceptor(Interceptor):
    """To be the innermost interceptor of a worker: a fault is raised where the activity would.

    Args:
        effects: The effects of the worker's activities.
    """

    def __init__(self, effects: EffectTable) -> None:
        self._effects = effects

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002 - the SDK's name
        """Make the attempt a call, if its activity has an effect."""
        return _AsCall(next, self._effects)


class _AsCall(ActivityInboundInterceptor):
    def __init__(self, inner: ActivityInboundInterceptor, effects: EffectTable) -> None:
        super().__init__(inner)
        self._effects = effects

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002 - the SDK's name
        name = activity.info().activity_type
        declared = self._effects.by_activity.get(name)
        if declared is None:
            return await self.next.execute_activity(input)
        enter = activity_contexts()

        async def run() -> Any:
            enter()  # of its own: an activity may run twice, and the SDK changes the context
            return await self.next.execute_activity(input)

        operation = self._effects.operations[declared.operation]
        context = present_context(f"an attempt of {name}")
        return await EffectCall(context, declared, operation, input.args, run).answer()
