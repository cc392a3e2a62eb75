"""Every private name of the Temporal SDK that the simulation touches, and nothing else.

Checked with temporalio 1.35. `tests/temporal/test_sdk_contract.py` fails loudly when one changes.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from typing import Any, TypeVar

import temporalio.activity
import temporalio.bridge.proto.workflow_activation as activation_pb
import temporalio.bridge.proto.workflow_completion as completion_pb
import temporalio.bridge.worker
import temporalio.common
import temporalio.converter
import temporalio.worker._activity
import temporalio.workflow
from temporalio.client import Client
from temporalio.common import RawValue
from temporalio.exceptions import CancelledError
from temporalio.worker import (
    ActivityOutboundInterceptor,
    Interceptor,
    UnsandboxedWorkflowRunner,
    WorkflowInboundInterceptor,
    WorkflowInstance,
    WorkflowInstanceDetails,
    WorkflowInterceptorClassInput,
    WorkflowRunner,
)

_T = TypeVar("_T")

CHECKED_FROM, CHECKED_BELOW = (1, 35), (1, 36)
"""The versions of the SDK whose private names have been looked at."""

CompleteAsync = temporalio.activity._CompleteAsyncError  # noqa: SLF001
WorkflowDefinition = temporalio.workflow._Definition  # noqa: SLF001


@lru_cache(maxsize=100)
def utc(seconds: float) -> datetime:
    """The moment `seconds` after the epoch."""
    return datetime.fromtimestamp(seconds, UTC)


# -- workflows ----------------------------------------------------------------------------------


def workflow_definition(cls: type) -> WorkflowDefinition:
    """The SDK's definition of a workflow class."""
    return WorkflowDefinition.must_from_class(cls)


def workflow_interceptors(
    interceptors: Sequence[Interceptor], assert_local_activity_valid: Callable[[str], None]
) -> tuple[dict[str, Callable[..., Any]], list[type[WorkflowInboundInterceptor]]]:
    """What interceptors have for workflows: functions from outside, and classes."""
    extern: dict[str, Callable[..., Any]] = {
        "__temporal_get_metric_meter": lambda: temporalio.common.MetricMeter.noop,
        "__temporal_assert_local_activity_valid": assert_local_activity_valid,
    }
    asked = WorkflowInterceptorClassInput(unsafe_extern_functions=extern)
    classes = [each.workflow_interceptor_class(asked) for each in interceptors]
    return extern, [each for each in classes if each is not None]


def converter_factory(
    runner: WorkflowRunner, data_converter: temporalio.converter.DataConverter
) -> Callable[[], temporalio.converter.PayloadConverter]:
    """What gives each workflow its payload converter.

    A new converter learns all types anew, which takes long, so workflows share one unless they are
    in a sandbox, to which nothing may be handed that is not made in it.
    """
    if isinstance(runner, UnsandboxedWorkflowRunner):
        return lambda: data_converter.payload_converter
    return data_converter._new_payload_converter  # noqa: SLF001


def new_instance(  # noqa: PLR0913 - the SDK asks for so much
    runner: WorkflowRunner,
    definition: WorkflowDefinition,
    data_converter: temporalio.converter.DataConverter,
    info: temporalio.workflow.Info,
    init: activation_pb.InitializeWorkflow,
    *,
    interceptors: Sequence[type[WorkflowInboundInterceptor]],
    extern: Mapping[str, Callable[..., Any]],
) -> WorkflowInstance:
    """A workflow instance as a worker would make it."""
    details = WorkflowInstanceDetails(
        payload_converter_factory=converter_factory(runner, data_converter),
        failure_converter_class=data_converter.failure_converter_class,
        interceptor_classes=interceptors,
        defn=definition,
        info=info,
        randomness_seed=init.randomness_seed,
        extern_functions=extern,
        disable_eager_activity_execution=False,
        worker_level_failure_exception_types=[],
        patch_activation_callback=None,
        last_completion_result=init.last_completion_result,
        last_failure=init.continued_failure if init.HasField("continued_failure") else None,
        default_workflow_logic_flags=frozenset(),
    )
    return _keeping_the_loop(lambda: runner.create_instance(details))


def activate(
    instance: WorkflowInstance, activation: activation_pb.WorkflowActivation
) -> completion_pb.WorkflowActivationCompletion:
    """Activate, and give the thread its running loop back: an instance is a loop of its own."""
    return _keeping_the_loop(lambda: instance.activate(activation))


def dissolve(instance: WorkflowInstance) -> None:
    """Let go of all that an evicted instance holds: it refers to itself in a dozen ways.

    Without this it is garbage that only the collector finds, and by then the memory of a hundred
    others is in use, none of it in a processor's cache. It doubles the time of an activation.
    """
    if not vars(instance).get("_tasks"):
        # Its tasks may have errors that nobody has looked at: they ask it whether to say so.
        instance.__dict__ = {"_deleting": True}


def _keeping_the_loop(act: Callable[[], _T]) -> _T:
    """Act, and make the thread's running loop what it was, whatever `act` has made of it."""
    loop = asyncio._get_running_loop()  # noqa: SLF001 - there is no public way
    try:
        return act()
    finally:
        asyncio._set_running_loop(loop)  # noqa: SLF001 - as above


class ActivationCodec:
    """Applies a payload codec to what workflow code is told and says.

    The codec runs on an event loop of its own, so that workflow tasks need not be coroutines.
    Whatever it waits for takes no virtual time.

    Args:
        data_converter: Has the codec.
    """

    def __init__(self, data_converter: temporalio.converter.DataConverter) -> None:
        self._converter = data_converter

    def decoded(
        self, activation: activation_pb.WorkflowActivation, workflow_id: str, namespace: str
    ) -> activation_pb.WorkflowActivation:
        """A copy of the activation as the code is to see it."""
        copy = activation_pb.WorkflowActivation()
        copy.CopyFrom(activation)
        context = temporalio.converter.WorkflowSerializationContext(
            namespace=namespace, workflow_id=workflow_id
        )
        converter = self._converter.with_context(context)
        _run_now(
            temporalio.bridge.worker.decode_activation(
                copy, converter, decode_headers=False, storage_concurrency_limit=1
            )
        )
        return copy

    def encoded(
        self, completion: completion_pb.WorkflowActivationCompletion
    ) -> completion_pb.WorkflowActivationCompletion:
        """A copy of the completion as the service is to see it."""
        copy = completion_pb.WorkflowActivationCompletion()
        copy.CopyFrom(completion)
        _run_now(
            temporalio.bridge.worker.encode_completion(
                copy, self._converter, encode_headers=False, storage_concurrency_limit=1
            )
        )
        return copy


def _run_now(coroutine: Coroutine[Any, Any, _T]) -> _T:
    def run() -> _T:
        asyncio._set_running_loop(None)  # noqa: SLF001 - as below
        loop = asyncio.new_event_loop()
        try:
            return loop.run_until_complete(coroutine)
        finally:
            loop.close()

    return _keeping_the_loop(run)


# -- activities ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ActivityDefinition:
    """What the SDK knows of an activity function."""

    name: str | None
    fn: Callable[..., Any]
    is_async: bool
    argument_types: list[type] | None
    raises_in_thread: bool

    @property
    def is_dynamic(self) -> bool:
        """Whether it takes every name that no other activity has."""
        return self.name is None


def activity_definition(fn: Callable[..., Any]) -> ActivityDefinition:
    """The SDK's definition of an activity function or method.

    Raises:
        TypeError: It is no activity.
    """
    try:
        return _known_definition(fn)
    except TypeError:  # a method of what cannot be hashed, or no activity at all
        return _definition(fn)


def _definition(fn: Callable[..., Any]) -> ActivityDefinition:
    found = temporalio.activity._Definition.must_from_callable(fn)  # noqa: SLF001
    return ActivityDefinition(
        name=found.name,
        fn=found.fn,
        is_async=found.is_async,
        argument_types=found.arg_types,
        raises_in_thread=not found.no_thread_cancel_exception,
    )


_known_definition = lru_cache(maxsize=1000)(_definition)


class _Event(temporalio.common._CompositeEvent):  # noqa: SLF001
    """An event with a half for threads and one for tasks.

    Each is made when somebody asks for it, for most attempts end without either.
    """

    def __init__(self) -> None:
        """Both halves are made later."""

    @property
    def thread_event(self) -> threading.Event:  # type: ignore[override]
        """The half for threads: the same for all, should several ask at the same time."""
        made: threading.Event | None = vars(self).get("for_threads")
        return made or vars(self).setdefault("for_threads", threading.Event())

    @cached_property
    def async_event(self) -> asyncio.Event | None:  # type: ignore[override]
        """The half for tasks."""
        return asyncio.Event()


class _NoShutdown(temporalio.common._CompositeEvent):  # noqa: SLF001
    """Never set: a simulated worker does not shut down under its activities."""

    def __init__(self) -> None:
        self.thread_event = threading.Event()

    @property
    def async_event(self) -> asyncio.Event | None:  # type: ignore[override]
        """The half for tasks: one for each that waits, since they belong to different loops."""
        return asyncio.Event()


_NO_SHUTDOWN = _NoShutdown()
_NO_SHUTDOWN_OF_THREADS = temporalio.common._CompositeEvent(  # noqa: SLF001
    thread_event=_NO_SHUTDOWN.thread_event, async_event=None
)


class Cancellation:
    """What an attempt knows of its own cancellation."""

    def __init__(self) -> None:
        self.by_request = False
        self.event = _Event()
        self.details = temporalio.activity._ActivityCancellationDetailsHolder()  # noqa: SLF001
        self.raiser: Any = None

    def request(self, *, by_workflow: bool, not_found: bool, timed_out: bool) -> bool:
        """Ask for it; whether the attempt's own task is to be cancelled for that."""
        if self.details.details is not None:
            return False
        self.by_request = by_workflow
        self.details.details = temporalio.activity.ActivityCancellationDetails(
            not_found=not_found, cancel_requested=by_workflow, timed_out=timed_out
        )
        self.event.set()
        if self.raiser is None:
            return True
        self.raiser.raise_in_thread(CancelledError)
        return False


class _Context(temporalio.activity._Context):  # noqa: SLF001
    """An activity's context, whose client is made when somebody asks for it: few ever do."""

    make_client: Callable[[], Client] | None = None

    @property
    def client(self) -> Client | None:
        """The worker's client, for coroutines only."""
        return self.make_client and self.make_client()

    @client.setter
    def client(self, given: Client | None) -> None:
        """The SDK gives it, before anybody can ask for it."""


def enter_activity(
    info: Callable[[], temporalio.activity.Info],
    cancellation: Cancellation,
    payload_converter: temporalio.converter.PayloadConverter,
    definition: ActivityDefinition,
    make_client: Callable[[], Client],
) -> None:
    """Make this task an activity's: `temporalio.activity` works in it from now on.

    Args:
        info: Tells what the attempt can know of itself.
        cancellation: What it knows of its own cancellation.
        payload_converter: Converts what it says.
        definition: The activity.
        make_client: Gives the client that a coroutine may ask for; functions have none, as with
            the SDK.
    """
    if not definition.is_async:
        cancellation.event.async_event = None
        raiser = temporalio.worker._activity._ThreadExceptionRaiser  # noqa: SLF001
        cancellation.raiser = raiser() if definition.raises_in_thread else None
    context = _Context(
        info=info,
        heartbeat=None,
        cancelled_event=cancellation.event,
        worker_shutdown_event=_NO_SHUTDOWN if definition.is_async else _NO_SHUTDOWN_OF_THREADS,
        shield_thread_cancel_exception=cancellation.raiser and cancellation.raiser.shielded,
        payload_converter_class_or_instance=payload_converter,
        runtime_metric_meter=temporalio.common.MetricMeter.noop,
        client=None,
        cancellation_details=cancellation.details,
    )
    context.make_client = make_client if definition.is_async else None
    temporalio.activity._Context.set(context)  # noqa: SLF001


def set_outbound(outbound: ActivityOutboundInterceptor) -> None:
    """Let the activity of this task ask and say through `outbound`."""
    context = temporalio.activity._Context.current()  # noqa: SLF001
    context.info = outbound.info
    context.heartbeat = outbound.heartbeat


def in_thread(
    ask: Callable[[Callable[[], Coroutine[Any, Any, None]]], None],
    cancellation: Cancellation,
    fn: Callable[..., Any],
    arguments: Sequence[Any],
    after_beat: Callable[[], Awaitable[None]],
) -> Callable[[], Any]:
    """An activity function, to be called in a thread: its heartbeats go to the loop.

    Args:
        ask: Lets the loop do something, and waits until it is done.
        cancellation: What the attempt knows of its own cancellation.
        fn: The function.
        arguments: What it is called with.
        after_beat: Awaited after each heartbeat, while the thread waits, unless it was just told to
            cancel.
    """
    context = temporalio.activity._Context.current()  # noqa: SLF001
    heartbeat = context.heartbeat

    async def beat(*details: Any) -> None:
        temporalio.activity._Context.set(context)  # noqa: SLF001
        assert heartbeat is not None, "the chain of interceptors has set it"
        knew = cancellation.details.details
        heartbeat(*details)
        if cancellation.details.details is knew:
            await after_beat()

    def beat_from_thread(*details: Any) -> None:
        ask(lambda: beat(*details))

    def call() -> Any:
        if cancellation.raiser is None:
            return fn(*arguments)
        with cancellation.raiser.active_thread():
            return fn(*arguments)

    context.heartbeat = beat_from_thread
    return call


__all__ = [
    "CHECKED_BELOW",
    "CHECKED_FROM",
    "ActivationCodec",
    "ActivityDefinition",
    "Cancellation",
    "CompleteAsync",
    "RawValue",
    "activate",
    "activity_definition",
    "enter_activity",
    "in_thread",
    "new_instance",
    "set_outbound",
    "utc",
    "workflow_definition",
    "workflow_interceptors",
]
