"""The private names of the Temporal SDK that running activities touches.

Those of workflows are in `sdk_workflows`. Checked with temporalio 1.35:
`tests/temporal/test_sdk_contract.py` fails when one changes.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from copy import copy
from functools import cached_property, lru_cache
from typing import Any

import msgspec
import temporalio.activity
import temporalio.common
import temporalio.converter
import temporalio.worker._activity
from temporalio.client import Client
from temporalio.exceptions import CancelledError
from temporalio.worker import ActivityOutboundInterceptor

CompleteAsync = temporalio.activity._CompleteAsyncError  # noqa: SLF001


class ActivityDefinition(msgspec.Struct, frozen=True):
    """What the SDK knows of an activity function."""

    name: str | None
    fn: Callable[..., Any]
    is_async: bool
    argument_types: list[type] | None
    raises_in_thread: bool

    @property
    def is_dynamic(self) -> bool:
        """Whether it handles every name that no other activity has."""
        return self.name is None


def activity_definition(fn: Callable[..., Any]) -> ActivityDefinition:
    """The SDK's definition of an activity function or method.

    Raises:
        TypeError: It is no activity.
    """
    try:
        return _known_definition(fn)
    except TypeError:  # a method of an object without a hash, or no activity at all
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

    Each half is made when it is first used: most attempts use neither.
    """

    def __init__(self) -> None:
        """Both halves are made later."""

    @property
    def thread_event(self) -> threading.Event:  # type: ignore[override]
        """The half for threads: the same one, even where threads use it at the same time."""
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
    """The cancellation of one attempt, as the attempt sees it.

    Attributes:
        by_request: Whether the workflow requested it.
        event: Set when the attempt is cancelled.
        details: The SDK's holder of the reasons.
        raiser: Raises the cancellation in the attempt's thread, if it has one.
    """

    def __init__(self) -> None:
        self.by_request = False
        self.event = _Event()
        self.details = temporalio.activity._ActivityCancellationDetailsHolder()  # noqa: SLF001
        self.raiser: Any = None

    def request(self, *, by_workflow: bool, not_found: bool, timed_out: bool) -> bool:
        """Cancel the attempt, for the first reason that is given.

        Returns:
            Whether the caller has to cancel the attempt's own task.
        """
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
    """An activity's context, whose client is made when it is first used: few activities use it."""

    get_client: Callable[[], Client | None] | None = None

    @property
    def client(self) -> Client | None:
        """The worker's client, for coroutines only."""
        return self.get_client and self.get_client()

    @client.setter
    def client(self, given: Client | None) -> None:
        """Ignored: the SDK's constructor sets it, before `get_client` is known."""


def enter_activity(
    info: Callable[[], temporalio.activity.Info],
    cancellation: Cancellation,
    payload_converter: temporalio.converter.PayloadConverter,
    definition: ActivityDefinition,
    get_client: Callable[[], Client | None],
) -> None:
    """Make the current task an activity's: `temporalio.activity` works in it from now on.

    Args:
        info: Returns the activity's info.
        cancellation: The attempt's cancellation.
        payload_converter: Converts heartbeat details.
        definition: The activity.
        get_client: Returns the worker's client, for coroutines; functions have none, as with the
            SDK.
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
    context.get_client = get_client if definition.is_async else None
    temporalio.activity._Context.set(context)  # noqa: SLF001


def activity_contexts() -> Callable[[], None]:
    """Lets the current activity run several times: the SDK changes its context as it runs.

    Returns:
        A function to be called before each run: it enters a new copy of the present context.
    """
    present = copy(temporalio.activity._Context.current())  # noqa: SLF001

    def enter() -> None:
        temporalio.activity._Context.set(copy(present))  # noqa: SLF001

    return enter


def set_outbound(outbound: ActivityOutboundInterceptor) -> None:
    """Let the activity of the current task read its info and heartbeat through `outbound`."""
    context = temporalio.activity._Context.current()  # noqa: SLF001
    context.info = outbound.info
    context.heartbeat = outbound.heartbeat


def in_thread(
    run_on_loop: Callable[[Callable[[], Coroutine[Any, Any, None]]], None],
    cancellation: Cancellation,
    fn: Callable[..., Any],
    arguments: Sequence[Any],
    after_heartbeat: Callable[[], Awaitable[None]],
) -> Callable[[], Any]:
    """An activity function that may be called in a thread: its heartbeats run on the loop.

    Args:
        run_on_loop: Runs a coroutine on the loop, and waits until it is done.
        cancellation: The attempt's cancellation.
        fn: The function.
        arguments: Its arguments.
        after_heartbeat: Awaited after each heartbeat, while the thread waits, unless that heartbeat
            cancelled the attempt.
    """
    context = temporalio.activity._Context.current()  # noqa: SLF001
    heartbeat = context.heartbeat

    async def heartbeat_on_loop(*details: Any) -> None:
        temporalio.activity._Context.set(context)  # noqa: SLF001
        assert heartbeat is not None, "the chain of interceptors has set it"
        before = cancellation.details.details
        heartbeat(*details)
        if cancellation.details.details is before:
            await after_heartbeat()

    def heartbeat_in_thread(*details: Any) -> None:
        run_on_loop(lambda: heartbeat_on_loop(*details))

    def call() -> Any:
        if cancellation.raiser is None:
            return fn(*arguments)
        with cancellation.raiser.active_thread():
            return fn(*arguments)

    context.heartbeat = heartbeat_in_thread
    return call
