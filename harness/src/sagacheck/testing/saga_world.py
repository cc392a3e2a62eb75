"""A world of fakes for tests of single activities: the fixture ``saga_world``."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import json
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from types import TracebackType
from typing import Any, Self

from temporalio.activity import Info
from temporalio.testing import ActivityEnvironment
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput

from sagacheck.inprocess import AttemptContext, EffectInterceptor, client_patches, in_context
from sagacheck.language import load_text, plain_orders
from sagacheck.network import Network
from sagacheck.saga import SagaUnderTest
from sagacheck.services import Services
from sagacheck.temporal import activity_definition
from sagacheck.world import Journal, Ledger, ManualClock, World


class SagaWorld:
    """The services around a saga, for tests that run its activities without a workflow.

    Use it with ``with``: while it is entered, the HTTP requests of activities go to the fakes. Its
    clock jumps: a timeout of a minute takes no time.

    Args:
        saga: The saga under test.

    Attributes:
        saga: The same.
        network: Carries calls to the services.
    """

    def __init__(self, saga: SagaUnderTest) -> None:
        self.saga = saga
        self._base = plain_orders(1, saga.dialect)
        world = World(self._base.given, clock=ManualClock())
        self.network = Network(Services(world, saga.all_services))
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self._stack.enter_context(client_patches(self.saga.allow_hosts))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    @property
    def world(self) -> World:
        """What the services share: its settings, its clock, and what follows."""
        return self.network.world

    @property
    def journal(self) -> Journal:
        """Every attempt so far, from both ends."""
        return self.world.journal

    @property
    def ledger(self) -> Ledger:
        """What the services hold."""
        return self.world.ledger

    def fault(self, fault: str, on: str, **more: Any) -> None:
        """Let a fault happen from now on, as an entry of ``faults:`` in a scenario does.

        Args:
            fault: The fault, such as ``"drop_response"``.
            on: The operation, such as ``"payments.charge"``.
            more: The other keys of the entry, such as ``calls=2``.

        Raises:
            InvalidScenarioError: There is no such fault or operation.
        """
        written = {
            "scenario": "a fault of a test",
            "why": "a test asks for it",
            "orders": [{"id": order.id} for order in self._base.orders],
            "faults": [{"on": on, "fault": fault, **more}],
            "expect": {order.id: {"status": "any"} for order in self._base.orders},
        }
        loaded = load_text(json.dumps(written), "saga_world.fault()", dialect=self.saga.dialect)
        self.network.rules.extend(spec.rule() for spec in loaded.faults)

    async def run(
        self, activity: Callable[..., Any], *arguments: Any, order: str = "o1", attempt: int = 1
    ) -> Any:
        """Run an activity once, as a worker would; what it returns.

        Args:
            activity: The function, a coroutine or one for threads.
            arguments: Its arguments.
            order: The order that it runs for.
            attempt: Which attempt it is, from 1.

        Raises:
            Exception: What the activity raises.
        """
        name = activity_definition(activity).name or ""
        environment = ActivityEnvironment()
        environment.info = _info(environment.info, name, attempt)
        context = AttemptContext(
            self.network,
            order=order,
            activity=name,
            execution=f"{order}/1/{name}",
            retry=attempt,
            loop=asyncio.get_running_loop(),
        )
        call = ExecuteActivityInput(activity, arguments, None, {})
        chain: ActivityInboundInterceptor = _Function()
        if self.saga.effects.effects:
            chain = EffectInterceptor(self.saga.effects).intercept_activity(chain)

        async def attempt_it() -> Any:
            with in_context(context):
                return await chain.execute_activity(call)

        return await environment.run(attempt_it)


def _info(info: Info, name: str, attempt: int) -> Info:
    return replace(info, activity_type=name, attempt=attempt)


class _Function(ActivityInboundInterceptor):
    """The end of the chain of interceptors: the activity itself."""

    def __init__(self) -> None:
        """There is no other behind it."""

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002 - the SDK's name
        if inspect.iscoroutinefunction(input.fn):
            return await input.fn(*input.args)
        call = partial(contextvars.copy_context().run, input.fn, *input.args)
        return await asyncio.get_running_loop().run_in_executor(None, call)
