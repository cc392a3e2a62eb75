"""Cases about activities: results, failures, retries, timeouts, heartbeats, cancellation."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.client import AsyncActivityHandle
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, TerminatedError

from tests.conformance.registry import add, case, common
from tests.conformance.side import Play, Side


@dataclass
class Call:
    """One call of an activity: what, with what, and how; times are in seconds."""

    activity: str
    arguments: Sequence[Any] = ()
    start_to_close: float | None = None
    schedule_to_close: float | None = None
    schedule_to_start: float | None = None
    heartbeat: float | None = None
    first_delay: float = 1.0
    coefficient: float = 2.0
    longest_delay: float | None = None
    attempts: int = 0
    final: Sequence[str] = ()
    cancellation: str = "TRY_CANCEL"
    task_queue: str | None = None
    default_policy: bool = False

    def options(self) -> dict[str, Any]:
        """What `workflow.start_activity` takes."""
        options: dict[str, Any] = {
            "start_to_close_timeout": _seconds(self.start_to_close),
            "schedule_to_close_timeout": _seconds(self.schedule_to_close),
            "schedule_to_start_timeout": _seconds(self.schedule_to_start),
            "heartbeat_timeout": _seconds(self.heartbeat),
            "cancellation_type": workflow.ActivityCancellationType[self.cancellation],
            "task_queue": self.task_queue,
        }
        return options if self.default_policy else {**options, "retry_policy": self._policy()}

    def _policy(self) -> RetryPolicy:
        return RetryPolicy(
            initial_interval=timedelta(seconds=self.first_delay),
            backoff_coefficient=self.coefficient,
            maximum_interval=_seconds(self.longest_delay),
            maximum_attempts=self.attempts,
            non_retryable_error_types=list(self.final) or None,
        )


def _seconds(number: float | None) -> timedelta | None:
    return None if number is None else timedelta(seconds=number)


@common
@workflow.defn
class OneActivity:
    """Calls one activity and returns what it returns."""

    @workflow.run
    async def run(self, call: Call) -> Any:
        """Call it."""
        return await workflow.execute_activity(call.activity, args=call.arguments, **call.options())


LONG = 20.0
"""Seconds of a limit that a machine must not reach by being busy, and that real time reaches."""

CALLS: dict[str, Call] = {
    "returns": Call("echo", [{"a": [1, None, "x"]}], start_to_close=50),
    "returns nothing": Call("nothing", start_to_close=50),
    "default policy": Call("echo", ["v"], start_to_close=50, default_policy=True),
    "two arguments": Call("two_numbers", [5, 3], start_to_close=50),
    "in a thread": Call("in_thread", ["done"], start_to_close=50),
    "fails in a thread": Call("fail_in_thread", start_to_close=50),
    "goes by another name": Call("another-name", start_to_close=50),
    "is not registered": Call("no_such_activity", start_to_close=50, attempts=1),
    "result cannot be written": Call("unserialisable", start_to_close=50, attempts=1),
    "argument has the wrong type": Call("two_numbers", ["x", 3], start_to_close=50, attempts=1),
    "argument is missing": Call("two_numbers", [3], start_to_close=50, attempts=1),
    "fails once and for all": Call(
        "fail", ["no", "Bad", [1, {"b": 2}]], start_to_close=50, attempts=1
    ),
    "fails without a type": Call("fail", ["no", "", []], start_to_close=50, attempts=1),
    "fails for good": Call("fail_for_good", ["never"], start_to_close=50),
    "raises what is not ours": Call("raise_plainly", ["odd"], start_to_close=50, attempts=2),
    "raises a cancellation": Call("raise_cancelled", start_to_close=50, attempts=2),
    "raises a timeout": Call("raise_failure", ["timeout"], start_to_close=1, attempts=2),
    "raises a termination": Call("raise_failure", ["terminated"], start_to_close=1, attempts=1),
    "raises a failure of cancellation": Call(
        "raise_failure", ["cancelled"], start_to_close=1, attempts=1
    ),
    "raises the failure of another": Call(
        "raise_failure", ["activity"], start_to_close=1, attempts=1
    ),
    "type is final": Call("fail", ["no", "Bad", []], start_to_close=50, final=["Bad"]),
    "type in other letters": Call(
        "fail", ["no", "Bad", []], start_to_close=50, attempts=2, final=["bad"]
    ),
    "attempts run out": Call("fail", ["no", "Bad", []], start_to_close=50, attempts=3),
    "succeeds at last": Call("fail_before", [4, None], start_to_close=50),
    "delay is capped": Call(
        "fail_before",
        [6, None],
        start_to_close=50,
        schedule_to_close=200,
        first_delay=10,
        longest_delay=20,
    ),
    "cap is too late": Call(
        "fail_before",
        [6, None],
        start_to_close=50,
        schedule_to_close=160,
        first_delay=20,
        longest_delay=40,
    ),
    "delay grows threefold": Call(
        "fail_before",
        [4, None],
        start_to_close=50,
        schedule_to_close=170,
        first_delay=10,
        coefficient=3.0,
    ),
    "asks for its delay": Call("fail_before", [3, 60.0], start_to_close=50, longest_delay=2.0),
    "asks for a delay beyond the end": Call(
        "fail_before", [3, 60.0], start_to_close=50, schedule_to_close=30
    ),
    "asks for no delay": Call("fail_before", [3, 0.0], start_to_close=50, first_delay=7.0),
    "no time for another try": Call("fail", ["no", "Bad", []], schedule_to_close=100),
    "start to close": Call("hang", start_to_close=1, attempts=1),
    "start to close, twice": Call("hang", start_to_close=1, attempts=2),
    "fails, then start to close": Call("fail_then_hang", start_to_close=LONG, attempts=2),
    "fails, then no heartbeat": Call(
        "fail_then_hang", start_to_close=60, heartbeat=LONG, attempts=2
    ),
    "start to close, final": Call("hang", start_to_close=1, final=["TemporalTimeout:StartToClose"]),
    "start to close, then well": Call("hang_once", start_to_close=LONG),
    "start to close, and no time": Call(
        "hang", start_to_close=2, schedule_to_close=40, first_delay=60
    ),
    "schedule to close": Call("hang", schedule_to_close=LONG),
    "schedule to start": Call(
        "echo", [1], schedule_to_start=1, start_to_close=50, task_queue="nobody"
    ),
    "schedule to close, no worker": Call("echo", [1], schedule_to_close=1, task_queue="nobody"),
    "start to close twice, and no time": Call(
        "hang", start_to_close=2, schedule_to_close=70, first_delay=30
    ),
    "schedule to close in a later attempt": Call(
        "fail_then_hang", schedule_to_close=2 * LONG, first_delay=LONG
    ),
    "schedule to close, one attempt": Call("hang", schedule_to_close=LONG, attempts=1),
    "no heartbeat at all": Call("hang", start_to_close=60, heartbeat=1, attempts=1),
    "one heartbeat": Call(
        "beat_and_hang", [["at", 7]], start_to_close=60, heartbeat=LONG, attempts=1
    ),
    "no heartbeat, final": Call(
        "hang", start_to_close=60, heartbeat=1, final=["TemporalTimeout:Heartbeat"]
    ),
    "no heartbeat, and no time": Call("hang", schedule_to_close=40, heartbeat=2, first_delay=60),
    "goes on from its heartbeat": Call(
        "beat_and_fail_once", ["here"], start_to_close=60, heartbeat=40
    ),
    "timeouts beyond the end": Call(
        "echo", [1], start_to_close=50, schedule_to_start=60, schedule_to_close=40, heartbeat=70
    ),
}
"""The table of what can become of one activity.

Where two limits are weighed against each other, or a limit against what an activity does, `LONG` or
more lies between them: a busy server is slow to hand out a task, and a busy worker to answer.
"""


def _calling(call: Call) -> Any:
    async def play(side: Side) -> None:
        await side.run(OneActivity.run, call)

    return play


for _name, _call in CALLS.items():
    add(f"activity {_name}".replace(" ", "-").replace(",", ""), _calling(_call))


@common
@workflow.defn
class CancelsItsActivity:
    """Cancels its own activity when told to, and says what it got for it."""

    def __init__(self) -> None:
        self._cancel = False

    @workflow.run
    async def run(self, call: Call, give_up_waiting: bool) -> str:
        """Call it, cancel it, and see what comes."""
        activity = workflow.start_activity(call.activity, args=call.arguments, **call.options())
        await workflow.wait_condition(lambda: self._cancel)
        activity.cancel()
        if give_up_waiting:
            return "did not wait"
        try:
            return f"returned {await activity}"
        except ActivityError as error:
            return f"{error.message}, {error.retry_state}, {error.cause!r}"

    @workflow.signal
    def cancel(self) -> None:
        """Cancel the activity."""
        self._cancel = True


def _cancelling(call: Call, give_up_waiting: bool = False) -> Any:
    async def play(side: Side) -> None:
        handle = await side.start(CancelsItsActivity.run, call, give_up_waiting)
        await side.points.reached("here")
        await handle.signal("cancel")
        await side.settled(handle)
        side.points.release("here")
        await side.note_result(handle)

    return play


for _kind in ("TRY_CANCEL", "WAIT_CANCELLATION_COMPLETED", "ABANDON"):
    for _activity in ("until_cancelled", "refuses_cancel", "fails_when_cancelled", "wait_at"):
        if _kind == "ABANDON" and _activity != "wait_at":
            continue  # it would never be told, and beat on for ever
        _call = Call(
            _activity,
            ["here"],
            start_to_close=60,
            heartbeat=40 if _activity != "wait_at" else None,
            attempts=2,
            cancellation=_kind,
        )
        add(f"{_kind}-{_activity}".lower(), _cancelling(_call), skips_time=False)
    add(
        f"{_kind}-and-does-not-wait".lower(),
        _cancelling(_call, give_up_waiting=True),
        skips_time=False,
    )


@common
@workflow.defn
class CancelsAtOnce:
    """Cancels an activity in the same task in which it schedules it."""

    @workflow.run
    async def run(self, call: Call) -> str:
        """Schedule, and cancel before the service sees it."""
        activity = workflow.start_activity(call.activity, args=call.arguments, **call.options())
        await asyncio.sleep(0)
        activity.cancel()
        try:
            return f"returned {await activity}"
        except ActivityError as error:
            return f"{error.message}, {error.retry_state}, {error.cause!r}"


@case()
async def an_activity_is_cancelled_before_anybody_has_seen_it(side: Side) -> None:
    """The service never sees it."""
    await side.run(CancelsAtOnce.run, Call("hang", start_to_close=50))


@case()
async def an_activity_is_cancelled_before_anybody_has_seen_it_and_waited_for(side: Side) -> None:
    """Waiting for its end makes no difference, since it never began."""
    call = Call("hang", start_to_close=50, cancellation="WAIT_CANCELLATION_COMPLETED")
    await side.run(CancelsAtOnce.run, call)


@common
@workflow.defn
class CancelsWhileItBacksOff:
    """Cancels an activity between two attempts."""

    @workflow.run
    async def run(self, cancellation: str) -> str:
        """Let it fail, and cancel it before it is tried again."""
        call = Call(
            "fail", ["no", "Bad", []], start_to_close=50, first_delay=100, cancellation=cancellation
        )
        activity = workflow.start_activity(call.activity, args=call.arguments, **call.options())
        await asyncio.sleep(10)
        activity.cancel()
        try:
            return f"returned {await activity}"
        except ActivityError as error:
            return f"{error.message}, {error.retry_state}, {error.cause!r}"


@case()
async def an_activity_is_cancelled_while_it_backs_off(side: Side) -> None:
    """It ends at once: no worker has it."""
    await side.run(CancelsWhileItBacksOff.run, "TRY_CANCEL")


@case()
async def an_activity_that_backs_off_is_cancelled_and_waited_for(side: Side) -> None:
    """It ends at once, and the workflow gets its end."""
    await side.run(CancelsWhileItBacksOff.run, "WAIT_CANCELLATION_COMPLETED")


@common
@workflow.defn
class ThreeAtOnce:
    """Runs three activities at once."""

    def __init__(self) -> None:
        self._ended: list[str] = []

    @workflow.run
    async def run(self, activity: str, return_exceptions: bool) -> list[str]:
        """Run them, and tell in which order they ended."""
        results = await asyncio.gather(
            *(self._one(activity, point) for point in "abc"), return_exceptions=return_exceptions
        )
        return [*self._ended, *map(str, results)]

    async def _one(self, activity: str, point: str) -> str:
        result = await workflow.execute_activity(
            activity, point, start_to_close_timeout=timedelta(seconds=60)
        )
        self._ended.append(point)
        return str(result)


@case()
async def three_activities_end_in_another_order(side: Side) -> None:
    """The workflow sees them end in the order in which they did."""
    handle = await side.start(ThreeAtOnce.run, "wait_at", False)
    for number, point in enumerate("bca", 1):
        await side.points.reached(point)
        side.points.release(point)
        await side.has(handle, "ACTIVITY_TASK_COMPLETED", number)
        if number < 3:
            await side.settled(handle)
    await side.note_result(handle)


@case()
async def one_of_three_fails_and_the_workflow_with_it(side: Side) -> None:
    """The workflow closes while two of its activities are still under way."""
    handle = await side.start(ThreeAtOnce.run, "fail_at", False)
    for point in "abc":
        await side.points.reached(point)
    side.points.release("b")
    await side.note_result(handle)
    side.points.release("a")
    side.points.release("c")


@case()
async def all_of_three_fail_and_the_workflow_tells(side: Side) -> None:
    """Errors are results where the workflow wants them so."""
    handle = await side.start(ThreeAtOnce.run, "fail_at", True)
    for number, point in enumerate("cab", 1):
        await side.points.reached(point)
        side.points.release(point)
        await side.has(handle, "ACTIVITY_TASK_FAILED", number)
        if number < 3:
            await side.settled(handle)
    await side.note_result(handle)


@common
@workflow.defn
class Sequence4:
    """Four activities one after another, as a saga has them, the last of which fails."""

    @workflow.run
    async def run(self, values: list[int]) -> list[int]:
        """Echo the values; undo them when there is a zero."""
        done: list[int] = []
        try:
            for value in values:
                if not value:
                    await workflow.execute_activity(
                        "fail_for_good", "zero", start_to_close_timeout=timedelta(seconds=50)
                    )
                await workflow.execute_activity(
                    "echo", value, start_to_close_timeout=timedelta(seconds=50)
                )
                done.append(value)
        except ActivityError:
            for value in reversed(done):
                await workflow.execute_activity(
                    "echo", -value, start_to_close_timeout=timedelta(seconds=50)
                )
            raise
        return done


@case()
async def a_saga_that_succeeds(side: Side) -> None:
    """Four steps in a row."""
    await side.run(Sequence4.run, [1, 2, 3, 4])


@case()
async def a_saga_that_undoes(side: Side) -> None:
    """Two steps, a failure, and two steps back."""
    await side.run(Sequence4.run, [1, 2, 0])


@case(skips_time=False)
async def an_attempt_that_nobody_waits_for_is_told(side: Side) -> None:
    """Its next sign of life is answered with a cancellation."""
    call = Call("beats_when_let", ["here"], start_to_close=1, heartbeat=20, attempts=1)
    handle = await side.start(OneActivity.run, call)
    await side.note_result(handle)
    side.points.release("here")
    await side.points.reached("cancelled")


@case(skips_time=False)
async def an_attempt_hangs_beyond_its_timeout(side: Side) -> None:
    """Its own worker cancels it five seconds later."""
    call = Call("notes_its_end", ["here"], start_to_close=1, attempts=1)
    handle = await side.start(OneActivity.run, call)
    await side.note_result(handle)
    await side.points.reached("here")
    await side.note("points", side.points.names())


@case(skips_time=False)
async def an_attempt_gives_no_sign_of_life_and_hangs(side: Side) -> None:
    """Its own worker cancels it, too."""
    call = Call("notes_its_end", ["here"], start_to_close=60, heartbeat=1, attempts=1)
    handle = await side.start(OneActivity.run, call)
    await side.note_result(handle)
    await side.points.reached("here")
    await side.note("points", side.points.names())


def _completing(how: str) -> Play:
    async def play(side: Side) -> None:
        call = Call("complete_elsewhere", ["here"], start_to_close=60, heartbeat=40, attempts=1)
        handle = await side.start(OneActivity.run, call)
        await side.points.reached("here")
        by_id = "by_id" in how
        activity: AsyncActivityHandle = (
            side.client.get_async_activity_handle(
                workflow_id=handle.id, run_id=handle.result_run_id, activity_id="1"
            )
            if by_id
            else side.client.get_async_activity_handle(task_token=side.points.tokens["here"])
        )
        await activity.heartbeat("alive")
        if "wrongly" in how:
            odd = TerminatedError("of another kind")
            await side.note_refusal("odd", activity.fail(odd))
        if "fails" in how:
            await activity.fail(ApplicationError("failed elsewhere", type="Elsewhere"))
        else:
            await activity.complete({"done": "elsewhere"})
        await side.note_refusal("again", activity.complete(1))
        await side.note_refusal("beat", activity.heartbeat())
        await side.note_result(handle)

    return play


for _how in ("completes", "completes_by_id", "fails", "fails_by_id", "fails_wrongly"):
    add(f"activity-{_how}-elsewhere", _completing(_how), skips_time=False)


@case(skips_time=False)
async def an_activity_is_cancelled_elsewhere(side: Side) -> None:
    """The client that completes it sees that it is to be cancelled."""
    call = Call(
        "complete_elsewhere",
        ["here"],
        start_to_close=30,
        heartbeat=20,
        cancellation="WAIT_CANCELLATION_COMPLETED",
    )
    handle = await side.start(CancelsItsActivity.run, call, False)
    await side.points.reached("here")
    activity = side.client.get_async_activity_handle(task_token=side.points.tokens["here"])
    await handle.signal("cancel")
    await side.settled(handle)
    await side.note("beat", activity.heartbeat())
    await activity.report_cancellation("gave in")
    await side.note_result(handle)


@common
@workflow.defn
class ReturnsAtOnce:
    """Has nothing to wait for."""

    @workflow.run
    async def run(self) -> str:
        """Return at once."""
        return "at once"


@case()
async def an_activity_runs_another_workflow(side: Side) -> None:
    """It has the worker's client, which is a client like any other."""
    await side.run(OneActivity.run, Call("run_other", ["ReturnsAtOnce"], start_to_close=50))
    side.include("other")


@case()
async def an_activity_in_a_thread_asks_for_a_client(side: Side) -> None:
    """There is none in threads."""
    call = Call("asks_for_client_in_thread", start_to_close=50, attempts=1)
    await side.run(OneActivity.run, call)


@common
@workflow.defn
class LosesPatience:
    """Cancels its activity when it is told to."""

    def __init__(self) -> None:
        self._is_patient = True

    @workflow.run
    async def run(self, call: Call) -> Any:
        """Wait, cancel, and wait for the end."""
        handle = workflow.start_activity(call.activity, args=call.arguments, **call.options())
        await workflow.wait_condition(lambda: not self._is_patient)
        handle.cancel()
        return await handle

    @workflow.signal
    def lose_patience(self) -> None:
        """Cancel it."""
        self._is_patient = False


def _losing_patience(activity: str) -> Play:
    async def play(side: Side) -> None:
        wait = "WAIT_CANCELLATION_COMPLETED"
        call = Call(activity, (), 60, heartbeat=40, cancellation=wait)
        handle = await side.start(LosesPatience.run, call)
        await side.settled(handle)
        await side.has_started(handle)
        await handle.signal(LosesPatience.lose_patience)
        await side.note_result(handle)

    return play


for _activity in ("beats_in_thread_until_cancelled", "beats_in_thread_while_wanted"):
    add(f"activity-{_activity}", _losing_patience(_activity), skips_time=False)


MOST_BYTES = 2 * 1024 * 1024
AROUND_TEXT = 2 + 24 + 4 + 4
"""Quotes, metadata, and what protobuf puts around all that."""
LONGEST_TEXT = MOST_BYTES - AROUND_TEXT


@common
@workflow.defn
class SaysMuch:
    """Gives an activity a long text, or returns it."""

    @workflow.run
    async def run(self, how: str, characters: int) -> Any:
        """Say it."""
        text = "x" * characters
        if how == "returns":
            return text
        arguments = [text] if how == "argument" else [text[: characters // 2]] * 2
        await workflow.execute_activity(
            "nothing", args=arguments, start_to_close_timeout=timedelta(seconds=50)
        )
        return None


@case()
async def an_activity_returns_just_not_too_much(side: Side) -> None:
    """The limit is two MiB, and what is around the text counts."""
    await side.run(OneActivity.run, Call("says_much", [LONGEST_TEXT], start_to_close=50))


@case()
async def an_activity_returns_too_much(side: Side) -> None:
    """That is a failure, and tried again."""
    call = Call("says_much", [LONGEST_TEXT + 1], start_to_close=50, attempts=2)
    await side.run(OneActivity.run, call)


@case(skips_time=False)
async def an_activity_beats_too_much(side: Side) -> None:
    """That is a failure, too."""
    call = Call("beats_much", [LONGEST_TEXT + 1], 50, heartbeat=40, attempts=2, first_delay=0.1)
    await side.run(OneActivity.run, call)


def _saying_much(how: str) -> Play:
    async def play(side: Side) -> None:
        limit = timedelta(seconds=LONG)
        await side.run(SaysMuch.run, how, LONGEST_TEXT + 1, run_timeout=limit)

    return play


for _how in ("returns", "argument", "arguments"):
    add(f"a-workflow-says-too-much-{_how}", _saying_much(_how), skips_time=False)
