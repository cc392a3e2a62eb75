"""Workflows and activities run as they would on a worker of the SDK."""

from __future__ import annotations

import asyncio
import base64
import contextvars
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from pydantic import BaseModel
from temporalio import activity, workflow
from temporalio.api.common.v1 import Payload
from temporalio.client import WorkflowFailureError, WorkflowHandle
from temporalio.common import RetryPolicy
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import DataConverter, PayloadCodec
from temporalio.exceptions import ActivityError, ApplicationError
from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    ExecuteWorkflowInput,
    Interceptor,
    StartActivityInput,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
    WorkflowOutboundInterceptor,
)
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from sagacheck.temporal import NeverReports
from tests.temporal.sandboxed import Refused, Sandboxed
from tests.temporal.simulation import simulation, virtual_time

SHORT = timedelta(seconds=5)
ONCE = RetryPolicy(maximum_attempts=1)


@workflow.defn
class Calls:
    """Calls an activity."""

    @workflow.run
    async def run(self, name: str, arguments: list[Any]) -> Any:
        """Call it."""
        return await workflow.execute_activity(
            name, args=arguments, start_to_close_timeout=SHORT, retry_policy=ONCE
        )


@workflow.defn
class Patient:
    """Tries an activity for as long as it takes."""

    @workflow.run
    async def run(self) -> int:
        """Try."""
        return int(await workflow.execute_activity("dies", start_to_close_timeout=SHORT))


@workflow.defn
class Gives:
    """Gives up its activity when told to."""

    def __init__(self) -> None:
        self._told = False

    @workflow.run
    async def run(self) -> str:
        """Wait to be told, and then for the activity."""
        started = workflow.start_activity(
            "beats",
            start_to_close_timeout=timedelta(hours=1),
            heartbeat_timeout=timedelta(seconds=30),
            cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
            retry_policy=ONCE,
        )
        await workflow.wait_condition(lambda: self._told)
        started.cancel()
        try:
            return str(await started)
        except ActivityError as error:
            return f"{error.cause!r}"

    @workflow.signal
    def tell(self) -> None:
        """Tell it."""
        self._told = True


async def _called(fn: Any, *arguments: Any, **options: Any) -> Any:
    async with simulation(Calls, activities=[fn], **options) as simulated:
        return await simulated.run(Calls.run, fn.__name__, list(arguments))


async def _failure(fn: Any, *arguments: Any, **options: Any) -> BaseException:
    with pytest.raises(WorkflowFailureError) as caught:
        await _called(fn, *arguments, **options)
    assert isinstance(caught.value.cause, ActivityError)
    assert caught.value.cause.cause is not None
    return caught.value.cause.cause


# -- activities -----------------------------------------------------------------------------------


@virtual_time
async def test_an_activity_knows_itself() -> None:
    """`activity.info` says what a worker would say."""

    @activity.defn
    async def who() -> list[Any]:
        info = activity.info()
        return [info.activity_type, info.workflow_id, info.attempt, info.task_queue, info.is_local]

    assert await _called(who) == ["who", "Calls", 1, "tests", False]


@virtual_time
async def test_no_two_have_one_name() -> None:
    """As with the SDK: the one that comes last would hide the other."""

    @activity.defn
    def step() -> None:
        pass

    with pytest.raises(ValueError, match="More than one activity named"):
        async with simulation(activities=[step, step]):
            pass
    with pytest.raises(ValueError, match="More than one workflow named"):
        async with simulation(Calls, Calls):
            pass


@virtual_time
async def test_an_activity_that_is_no_coroutine_runs_in_a_thread() -> None:
    """It can give signs of life from there, and it has its context."""

    @activity.defn
    def threaded(word: str) -> str:
        activity.heartbeat("alive")
        return f"{word} of {activity.info().workflow_id}"

    assert await _called(threaded, "hello") == "hello of Calls"


@virtual_time
async def test_an_activity_in_a_thread_can_fail() -> None:
    """Its error is the activity's."""

    @activity.defn
    def broken() -> None:
        raise ApplicationError("in a thread", type="Threaded")

    assert getattr(await _failure(broken), "type", None) == "Threaded"


@virtual_time
async def test_httpx_works_in_an_activity() -> None:
    """Whatever is asynchronous runs on the loop in virtual time."""

    @activity.defn
    async def asks() -> int:
        async def slow(request: httpx.Request) -> httpx.Response:
            await asyncio.sleep(3)
            return httpx.Response(204)

        async with httpx.AsyncClient(transport=httpx.MockTransport(slow)) as client:
            return (await client.get("http://anywhere.internal/")).status_code

    assert await _called(asks) == 204


@virtual_time
async def test_something_can_stand_around_each_attempt() -> None:
    """It sees which attempt it is, and what it sets is set for the activity."""
    place: contextvars.ContextVar[str] = contextvars.ContextVar("place")

    @contextmanager
    def around(info: activity.Info) -> Iterator[None]:
        token = place.set(info.activity_type)
        yield
        place.reset(token)

    @activity.defn
    async def where() -> str:
        return place.get()

    assert await _called(where, around=around) == "where"


@virtual_time
async def test_an_attempt_whose_worker_dies_never_reports() -> None:
    """The service waits for its timeout, and then there is the next attempt."""

    @activity.defn
    async def dies() -> int:
        if activity.info().attempt == 1:
            raise NeverReports
        return activity.info().attempt

    async with simulation(Patient, activities=[dies]) as simulated:
        result = await simulated.run(Patient.run)
        assert (result, asyncio.get_running_loop().time()) == (2, 6.0)


@virtual_time
async def test_an_attempt_is_cancelled_by_its_heartbeat() -> None:
    """That is how it learns that the workflow does not want it any more."""

    @activity.defn
    async def beats() -> None:
        while True:
            activity.heartbeat()
            await asyncio.sleep(1)

    async with simulation(Gives, activities=[beats]) as simulated:
        handle = await simulated.start(Gives.run)
        await asyncio.sleep(10)
        await handle.signal("tell")
        assert str(await handle.result()) == "CancelledError('Cancelled')"


# -- converters and codecs ------------------------------------------------------------------------


class Order(BaseModel):
    """What pydantic reads and writes."""

    number: int
    words: list[str] = []


@workflow.defn
class Orders:
    """Passes a model on."""

    @workflow.run
    async def run(self, order: Order) -> Order:
        """Have it changed."""
        return await workflow.execute_activity(
            double, order, start_to_close_timeout=SHORT, retry_policy=ONCE
        )


@activity.defn
async def double(order: Order) -> Order:
    """Double its number."""
    return order.model_copy(update={"number": order.number * 2})


@virtual_time
async def test_pydantic_models() -> None:
    """They are models again wherever they arrive."""
    async with simulation(
        Orders, activities=[double], data_converter=pydantic_data_converter
    ) as simulated:
        doubled = await simulated.run(Orders.run, Order(number=4), result_type=Order)

    assert doubled == Order(number=8)


class Wrapping(PayloadCodec):
    """Hides payloads, and takes its time for it."""

    async def encode(self, payloads: Iterable[Payload]) -> list[Payload]:
        """Hide."""
        await asyncio.sleep(0)
        return [
            Payload(
                metadata={"encoding": b"hidden"},
                data=base64.b85encode(payload.SerializeToString()),
            )
            for payload in payloads
        ]

    async def decode(self, payloads: Iterable[Payload]) -> list[Payload]:
        """Show."""
        await asyncio.sleep(0)
        return [
            Payload.FromString(base64.b85decode(payload.data))
            if payload.metadata["encoding"] == b"hidden"
            else payload
            for payload in payloads
        ]


HIDING = replace(DataConverter.default, payload_codec=Wrapping())


@virtual_time
@pytest.mark.parametrize("cached", [True, False])
async def test_a_payload_codec(cached: bool) -> None:
    """Nothing that the service sees can be read, and everything arrives."""
    async with simulation(
        Calls, activities=[echo], data_converter=HIDING, cached=cached
    ) as simulated:
        result = await simulated.run(Calls.run, "echo", ["a secret"])
        [execution] = simulated.temporal.runs()
        history = b"".join(e.SerializeToString() for e in execution.history.events)

    assert result == "a secret"
    assert b"secret" not in history


@activity.defn
async def echo(value: str) -> str:
    """Give back what came, after a sign of life."""
    activity.heartbeat("a secret sign")
    await asyncio.sleep(0)
    return value


# -- interceptors ---------------------------------------------------------------------------------

SEEN: list[str] = []


class Watching(Interceptor):
    """Notes whom it stands around."""

    def __init__(self, name: str) -> None:
        self._name = name

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002 - the SDK's name
        """Stand around an activity."""
        return _WatchedActivity(next, self._name)

    def workflow_interceptor_class(
        self,
        input: WorkflowInterceptorClassInput,  # noqa: A002 - the SDK's name
    ) -> type[WorkflowInboundInterceptor]:
        """Stand around a workflow."""
        return _WatchedWorkflow


class _WatchedActivity(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, name: str) -> None:  # noqa: A002 - as above
        super().__init__(next)
        self._name = name

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002 - as above
        SEEN.append(f"{self._name} before {activity.info().activity_type}")
        return await super().execute_activity(input)


class _WatchedWorkflow(WorkflowInboundInterceptor):
    def init(self, outbound: WorkflowOutboundInterceptor) -> None:
        super().init(_WatchedCalls(outbound))

    async def execute_workflow(self, input: ExecuteWorkflowInput) -> Any:  # noqa: A002 - as above
        SEEN.append(f"workflow {workflow.info().workflow_type}")
        return await super().execute_workflow(input)


class _WatchedCalls(WorkflowOutboundInterceptor):
    def start_activity(self, input: StartActivityInput) -> workflow.ActivityHandle[Any]:  # noqa: A002 - as above
        SEEN.append(f"call of {input.activity}")
        return super().start_activity(input)


@virtual_time
async def test_interceptors_stand_around_workflows_and_activities() -> None:
    """The first of them is the outermost."""
    SEEN.clear()

    await _called(echo, "x", interceptors=[Watching("outer"), Watching("inner")])

    assert [
        *["workflow Calls"] * 2,
        *["call of echo"] * 2,
        "outer before echo",
        "inner before echo",
    ] == SEEN


@virtual_time
async def test_the_sandbox() -> None:
    """Workflow code runs in the SDK's sandbox, too, if it is to."""
    async with simulation(Sandboxed, runner=SandboxedWorkflowRunner()) as simulated:
        assert await simulated.run(Sandboxed.run) == "slept in the sandbox"


@virtual_time
async def test_code_that_the_sandbox_refuses() -> None:
    """Its workflow task fails, and says why."""
    async with simulation(Refused, runner=SandboxedWorkflowRunner()) as simulated:
        handle = await simulated.start(Refused.run)
        assert "Cannot access time.sleep" in await _first_failure(handle)


# -- workers --------------------------------------------------------------------------------------


@virtual_time
async def test_work_waits_for_the_worker() -> None:
    """Workflows that were started, and signalled, before it come when it comes."""
    async with simulation(Calls, activities=[echo], starts=False) as simulated:
        handle = await simulated.start(Calls.run, "echo", ["x"])
        await asyncio.sleep(100)
        before = simulated.events("Calls")
        simulated.worker.start()
        result = await handle.result()

    assert before == ["workflow_execution_started", "workflow_task_scheduled"]
    assert result == "x"


@virtual_time
async def test_a_workflow_that_nobody_knows_fails_its_tasks() -> None:
    """As on a worker that lacks it; the workflow itself stays open."""
    async with simulation(Calls) as simulated:
        failure = await _first_failure(await simulated.start("Unknown", id="unknown"))

    assert "Workflow class Unknown is not registered" in failure


async def _first_failure(handle: WorkflowHandle[Any, Any]) -> str:
    async for event in handle.fetch_history_events(wait_new_event=True):
        if event.HasField("workflow_task_failed_event_attributes"):
            return event.workflow_task_failed_event_attributes.failure.message
    return "no workflow task has failed"
