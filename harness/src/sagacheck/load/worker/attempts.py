"""Each attempt at an activity of a worker, in the world that is served elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from temporalio import activity
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from sagacheck.inprocess import AttemptContext, in_context
from sagacheck.load.worker.served_network import ServedNetwork
from sagacheck.network import Network
from sagacheck.saga import SagaUnderTest

CALL_SECONDS = 2.0
"""How long an activity waits for a service, where nothing else is said."""


def served_interceptors(
    saga: SagaUnderTest, services_url: str, *, call_seconds: float = CALL_SECONDS
) -> Sequence[Interceptor]:
    """The interceptors of a worker whose activities record their effects at services elsewhere.

    They stand outside of the worker's own, with the activities as the saga under test has them
    (`SagaUnderTest.activity_functions`).

    Args:
        saga: The saga, with the effects that its activities are declared to have.
        services_url: The base URL of ``sagacheck serve``.
        call_seconds: How long an activity waits for a service at the most.
    """
    network = ServedNetwork(saga.all_services, services_url, call_seconds)
    return [AttemptsInterceptor(saga, network), *saga.activity_interceptors]


class AttemptsInterceptor(Interceptor):
    """Lets each attempt at an activity run in the world of its order.

    Args:
        saga: Knows which order a workflow belongs to.
        network: Leads to the services of that world.
    """

    def __init__(self, saga: SagaUnderTest, network: Network) -> None:
        self._saga = saga
        self._network = network

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002 - the SDK's name
        """Put the attempt in its world."""
        return _InItsWorld(next, self._saga, self._network)


class _InItsWorld(ActivityInboundInterceptor):
    def __init__(
        self, inner: ActivityInboundInterceptor, saga: SagaUnderTest, network: Network
    ) -> None:
        super().__init__(inner)
        self._saga = saga
        self._network = network

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002 - the SDK's name
        info = activity.info()
        limit = info.start_to_close_timeout or info.schedule_to_close_timeout
        context = AttemptContext(
            self._network,
            order=self._saga.order_id_of(info.workflow_id or ""),
            activity=info.activity_type,
            execution=f"{info.workflow_id}#{info.workflow_run_id}/{info.activity_id}",
            retry=info.attempt,
            lifetime=limit.total_seconds() if limit else None,
            loop=asyncio.get_running_loop(),
        )
        with in_context(context):
            return await self.next.execute_activity(input)
