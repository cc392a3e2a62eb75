"""The activities of the conformance cases: each does one thing that an activity can do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from temporalio import activity
from temporalio.exceptions import (
    ActivityError,
    ApplicationError,
    CancelledError,
    TerminatedError,
    TimeoutError,  # noqa: A004 - the SDK's name
)

from tests.conformance.side import points_of


@activity.defn
async def echo(value: Any) -> Any:
    """Give back what came."""
    return value


@activity.defn
async def nothing() -> None:
    """Do nothing, and return nothing."""


@activity.defn
async def fail(message: str, kind: str, details: list[Any]) -> None:
    """Fail with an error of some type, with details and a cause."""
    raise ApplicationError(message, *details, type=kind or None) from ValueError("the root of it")


@activity.defn
async def fail_for_good(message: str) -> None:
    """Fail, and say that another try is useless."""
    raise ApplicationError(message, type="Final", non_retryable=True)


@activity.defn
async def fail_before(attempt: int, next_delay: float | None) -> int:
    """Fail until some attempt, and ask for a delay of one's own until the next."""
    this = activity.info().attempt
    if this < attempt:
        delay = timedelta(seconds=next_delay) if next_delay is not None else None
        raise ApplicationError(f"attempt {this}", type="TooEarly", next_retry_delay=delay)
    return this


@activity.defn
async def raise_plainly(message: str) -> None:
    """Raise what is no error of Temporal's."""
    raise LookupError(message)


@activity.defn
async def raise_cancelled() -> None:
    """Raise a cancellation that no client has requested."""
    raise asyncio.CancelledError


@activity.defn
async def raise_failure(kind: str) -> None:
    """Raise a failure of the SDK's that no activity should raise itself."""
    raise {
        "timeout": TimeoutError("mine", type=None, last_heartbeat_details=[]),
        "terminated": TerminatedError("mine"),
        "cancelled": CancelledError("mine"),
        "activity": ActivityError(
            "mine",
            scheduled_event_id=1,
            started_event_id=2,
            identity="me",
            activity_type="other",
            activity_id="2",
            retry_state=None,
        ),
    }[kind]


@activity.defn
async def hang() -> None:
    """Never return."""
    await asyncio.Event().wait()


@activity.defn
async def fail_then_hang() -> None:
    """Fail at first, and then never return."""
    if activity.info().attempt > 1:
        await asyncio.Event().wait()
    raise ApplicationError("failed at first", type="First")


@activity.defn
async def hang_once() -> int:
    """Never return from the first attempt."""
    if activity.info().attempt == 1:
        await asyncio.Event().wait()
    return activity.info().attempt


@activity.defn
async def beat_and_hang(details: list[Any]) -> None:
    """Give one sign of life, and no other."""
    activity.heartbeat(*details)
    await asyncio.Event().wait()


@activity.defn
async def beat_and_fail_once(detail: str) -> Sequence[Any]:
    """Fail after a heartbeat, and return its details in the next attempt."""
    if activity.info().attempt == 1:
        activity.heartbeat(detail)
        raise ApplicationError("not yet")
    return activity.info().heartbeat_details


@activity.defn
async def wait_at(point: str) -> str:
    """Wait at a point until the client lets go on."""
    await points_of(activity.info().workflow_id).pass_through(point)
    return point


@activity.defn
async def fail_at(point: str) -> None:
    """Wait at a point until the client lets go on, then fail for good."""
    await points_of(activity.info().workflow_id).pass_through(point)
    raise ApplicationError(f"failed at {point}", non_retryable=True)


@activity.defn
async def notes_its_end(point: str) -> None:
    """Hang, and tell the client why that ended."""
    points = points_of(activity.info().workflow_id)
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        points.reach(f"{point}: {activity.cancellation_details()}")
        points.reach(point)
        raise


@activity.defn
async def beats_when_let(point: str) -> None:
    """Give a sign of life only when the client lets it."""
    points = points_of(activity.info().workflow_id)
    await points.pass_through(point)
    try:
        while True:
            activity.heartbeat()
            await asyncio.sleep(0.02)
    except asyncio.CancelledError:
        points.reach("cancelled")
        raise


@activity.defn
async def complete_elsewhere(point: str) -> None:
    """Leave it to the client to say how it ends."""
    token = activity.info().task_token
    points_of(activity.info().workflow_id).tokens[point] = token
    points_of(activity.info().workflow_id).reach(point)
    activity.raise_complete_async()


async def _beat_until_cancelled(point: str) -> None:
    points_of(activity.info().workflow_id).reach(point)
    while True:
        activity.heartbeat()
        await asyncio.sleep(0.02)


@activity.defn
async def until_cancelled(point: str) -> None:
    """Give signs of life until cancelled, and then give in."""
    await _beat_until_cancelled(point)


@activity.defn
async def refuses_cancel(point: str) -> str:
    """Give signs of life until cancelled, and then succeed all the same."""
    try:
        await _beat_until_cancelled(point)
    except asyncio.CancelledError:
        return "done all the same"
    return ""


@activity.defn
async def fails_when_cancelled(point: str) -> None:
    """Give signs of life until cancelled, and then fail."""
    try:
        await _beat_until_cancelled(point)
    except asyncio.CancelledError:
        raise ApplicationError("broke while cancelling", type="Broke") from None


@activity.defn
def in_thread(value: str) -> str:
    """Work in a thread."""
    return f"{value} by {activity.info().activity_type}"


@activity.defn
def fail_in_thread() -> None:
    """Fail in a thread."""
    raise ApplicationError("broke in a thread", type="Threaded", non_retryable=True)


@activity.defn
def beats_in_thread_until_cancelled() -> str:
    """Give signs of life, until an exception ends that."""
    try:
        while True:
            activity.heartbeat()
    except CancelledError:
        return f"cancelled: {activity.is_cancelled()}"


@activity.defn
def beats_in_thread_while_wanted() -> str:
    """Give signs of life, and look for oneself whether they are wanted."""
    with activity.shield_thread_cancel_exception():
        while not activity.is_cancelled():
            activity.heartbeat()
    return "not reached: the exception comes at the end of the shield"


@activity.defn
async def says_much(characters: int) -> str:
    """Return a long text."""
    return "x" * characters


@activity.defn
async def beats_much(characters: int) -> None:
    """Give one sign of life with a long text, and hang."""
    activity.heartbeat("x" * characters)
    await asyncio.Event().wait()


@activity.defn
async def run_other(workflow_type: str) -> Any:
    """Run another workflow, as a client would."""
    info, client = activity.info(), activity.client()
    assert client is activity.client()
    other = f"{info.workflow_id}/other"
    return await client.execute_workflow(workflow_type, id=other, task_queue=info.task_queue)


@activity.defn
def asks_for_client_in_thread() -> str:
    """Ask for what only coroutines have."""
    return str(activity.client())


@activity.defn
async def two_numbers(first: int, second: int) -> int:
    """Take two arguments, which have types."""
    return first - second


@activity.defn
async def unserialisable() -> object:
    """Return what no converter can write down."""
    return object()


@activity.defn(name="another-name")
async def renamed() -> str:
    """Go by another name than the function's."""
    return activity.info().activity_type


@activity.defn
async def takes(seconds: float) -> float:
    """Take some time."""
    await asyncio.sleep(seconds)
    return seconds


@activity.defn
async def count_calls() -> int:
    """Tell how often the client's play has called it."""
    return points_of(activity.info().workflow_id).count("calls")


@activity.defn
async def who_am_i() -> list[Any]:
    """Tell what an activity can know of itself, and what is the same everywhere."""
    info = activity.info()
    return [
        info.activity_id,
        info.activity_type,
        info.attempt,
        info.is_local,
        str(info.start_to_close_timeout),
        str(info.schedule_to_close_timeout),
        str(info.heartbeat_timeout),
        info.workflow_id,
        info.workflow_type,
        str(info.retry_policy),
        str(info.priority),
        info.heartbeat_details,
    ]


@activity.defn
async def gives_in(seconds: float) -> str:
    """Take some time, unless cancelled."""
    await asyncio.sleep(seconds)
    return "never cancelled"


@activity.defn
async def holds_out(seconds: float) -> str:
    """Take some time; when cancelled, succeed all the same."""
    try:
        await asyncio.sleep(seconds)
    except asyncio.CancelledError:
        return "done all the same"
    return "never cancelled"


@activity.defn
async def breaks_when_cancelled(seconds: float) -> str:
    """Take some time; when cancelled, fail."""
    try:
        await asyncio.sleep(seconds)
    except asyncio.CancelledError:
        raise ApplicationError("broke while cancelling", type="Broke") from None
    return "never cancelled"


ACTIVITIES: list[Callable[..., Any]] = [
    echo,
    nothing,
    fail,
    fail_for_good,
    fail_before,
    raise_plainly,
    raise_cancelled,
    raise_failure,
    hang,
    fail_then_hang,
    hang_once,
    beat_and_hang,
    beat_and_fail_once,
    wait_at,
    fail_at,
    notes_its_end,
    beats_when_let,
    complete_elsewhere,
    until_cancelled,
    refuses_cancel,
    fails_when_cancelled,
    in_thread,
    fail_in_thread,
    beats_in_thread_until_cancelled,
    beats_in_thread_while_wanted,
    says_much,
    beats_much,
    run_other,
    asks_for_client_in_thread,
    two_numbers,
    unserialisable,
    renamed,
    takes,
    count_calls,
    who_am_i,
    gives_in,
    holds_out,
    breaks_when_cancelled,
]
