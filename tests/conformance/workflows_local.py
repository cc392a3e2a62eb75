"""Cases about local activities: markers, retries, timeouts, cancellation, heartbeats of tasks."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, FailureError

from tests.conformance.registry import add, case, common
from tests.conformance.side import TASK_TIMEOUT, Play, Side

SHORT_TASK = timedelta(seconds=50)
"""Of workflow tasks that are kept alive: each heartbeat is 40 s after the one before.

Heartbeats are real here, and a busy machine has to make it between 40 s and 50 s.
"""
ONE_HEARTBEAT, TWO_HEARTBEATS = 50.0, 90.0
"""Seconds of a local activity that lasts for so many heartbeats of its task."""
LONG = 20.0
"""Seconds of a limit that a machine must not reach by being busy, and that real time reaches."""


@dataclass
class LocalCall:
    """One call of a local activity: what, with what, and how; times are in seconds."""

    activity: str
    arguments: Sequence[Any] = ()
    start_to_close: float | None = None
    schedule_to_close: float | None = None
    first_delay: float = 0.01
    coefficient: float = 2.0
    attempts: int = 0
    final: Sequence[str] = ()
    threshold: float | None = None
    cancellation: str = "TRY_CANCEL"
    default_policy: bool = False

    def options(self) -> dict[str, Any]:
        """What `workflow.start_local_activity` takes."""
        options: dict[str, Any] = {
            "start_to_close_timeout": _seconds(self.start_to_close),
            "schedule_to_close_timeout": _seconds(self.schedule_to_close),
            "local_retry_threshold": _seconds(self.threshold),
            "cancellation_type": workflow.ActivityCancellationType[self.cancellation],
        }
        return options if self.default_policy else {**options, "retry_policy": self._policy()}

    def _policy(self) -> RetryPolicy:
        return RetryPolicy(
            initial_interval=timedelta(seconds=self.first_delay),
            backoff_coefficient=self.coefficient,
            maximum_attempts=self.attempts,
            non_retryable_error_types=list(self.final) or None,
        )


A_WHILE = timedelta(seconds=90)


def _seconds(number: float | None) -> timedelta | None:
    return None if number is None else timedelta(seconds=number)


def _start(call: LocalCall) -> workflow.ActivityHandle[Any]:
    handle: workflow.ActivityHandle[Any] = workflow.start_local_activity(
        call.activity, args=call.arguments, **call.options()
    )
    return handle


@common
@workflow.defn
class OneLocalActivity:
    """Calls one local activity and returns what it returns."""

    @workflow.run
    async def run(self, call: LocalCall) -> Any:
        """Call it."""
        return await _start(call)


CALLS: dict[str, LocalCall] = {
    "returns": LocalCall("echo", [{"a": [1, None, "x"]}], start_to_close=50),
    "returns nothing": LocalCall("nothing", start_to_close=50),
    "default policy": LocalCall("echo", ["v"], start_to_close=50, default_policy=True),
    "in a thread": LocalCall("in_thread", ["done"], start_to_close=50),
    "schedule to close only": LocalCall("echo", ["v"], schedule_to_close=50),
    "knows itself": LocalCall("who_am_i", schedule_to_close=50, start_to_close=3),
    "knows itself by its longest time": LocalCall("who_am_i", schedule_to_close=50),
    "knows itself by one time": LocalCall("who_am_i", start_to_close=50, default_policy=True),
    "may take longer than it has": LocalCall("who_am_i", start_to_close=90, schedule_to_close=50),
    "beats in vain": LocalCall("beat_and_fail_once", ["here"], start_to_close=50),
    "result cannot be written": LocalCall("unserialisable", start_to_close=50, attempts=1),
    "argument has the wrong type": LocalCall(
        "two_numbers", ["x", 3], start_to_close=50, attempts=1
    ),
    "fails once and for all": LocalCall(
        "fail", ["no", "Bad", [1, {"b": 2}]], start_to_close=50, attempts=1
    ),
    "fails for good": LocalCall("fail_for_good", ["never"], start_to_close=50),
    "raises what is not ours": LocalCall("raise_plainly", ["odd"], start_to_close=50, attempts=2),
    "raises a cancellation": LocalCall("raise_cancelled", start_to_close=50, attempts=2),
    "type is final": LocalCall("fail", ["no", "Bad", []], start_to_close=50, final=["Bad"]),
    "type in other letters": LocalCall("fail", ["no", "Bad", []], start_to_close=50, final=["bad"]),
    "attempts run out": LocalCall("fail", ["no", "Bad", []], start_to_close=50, attempts=3),
    "succeeds at last": LocalCall("fail_before", [4, None], start_to_close=50),
    "asks for its delay": LocalCall("fail_before", [3, 0.05], start_to_close=50, first_delay=9),
    "start to close": LocalCall("hang", start_to_close=0.1, attempts=1),
    "start to close, twice": LocalCall("hang", start_to_close=0.1, attempts=2),
    "start to close, then well": LocalCall("hang_once", start_to_close=LONG),
    "fails, then start to close": LocalCall("fail_then_hang", start_to_close=LONG, attempts=2),
    "start to close, final": LocalCall(
        "hang", start_to_close=0.1, attempts=2, final=["TemporalTimeout:StartToClose"]
    ),
    "schedule to close": LocalCall("hang", schedule_to_close=0.1),
    "schedule to close, one attempt": LocalCall("hang", schedule_to_close=0.1, attempts=1),
    "schedule to close in a later attempt": LocalCall(
        "fail_then_hang", schedule_to_close=LONG, first_delay=0.2
    ),
    "schedule to close between attempts": LocalCall(
        "fail_before", [2, None], schedule_to_close=LONG, first_delay=LONG + 1
    ),
    "beyond the threshold": LocalCall(
        "fail_before", [3, None], start_to_close=50, first_delay=30, threshold=20
    ),
    "at the threshold": LocalCall(
        "fail_before", [3, None], start_to_close=50, first_delay=0.05, threshold=0.05
    ),
    "beyond the default threshold": LocalCall(
        "fail_before", [2, None], start_to_close=50, first_delay=61
    ),
    "beyond the threshold, runs out": LocalCall(
        "fail", ["no", "Bad", []], start_to_close=50, first_delay=30, threshold=20, attempts=3
    ),
    "beyond the threshold, times out": LocalCall(
        "hang", start_to_close=0.1, first_delay=30, threshold=20, attempts=2
    ),
}
"""The table of what can become of one local activity."""


def _calling(call: LocalCall) -> Any:
    async def play(side: Side) -> None:
        await side.run(OneLocalActivity.run, call)

    return play


for _name, _call in CALLS.items():
    add(f"local {_name}".replace(" ", "-").replace(",", ""), _calling(_call))


@case(skips_time=False)
async def a_local_activity_runs_out_of_time_over_its_timers(side: Side) -> None:
    """Schedule-to-close counts from the very first attempt, timers and all."""
    call = LocalCall("fail", ["no", "Bad", []], schedule_to_close=50, first_delay=LONG, threshold=1)
    await side.run(OneLocalActivity.run, call)


@common
@workflow.defn
class Recipe:
    """Takes the given steps one by one, and returns how each ended."""

    def __init__(self) -> None:
        self._signals: list[str] = []

    @workflow.run
    async def run(self, steps: list[str]) -> list[Any]:
        """Take the steps."""
        done = [await self._take(step) for step in steps]
        return [*done, *self._signals]

    async def _take(self, step: str) -> Any:
        what, _, value = step.partition(" ")
        return await getattr(self, f"_{what}")(value)

    async def _local(self, value: str) -> Any:
        return await _start(LocalCall("echo", [value], start_to_close=50))

    async def _wait(self, point: str) -> Any:
        return await _start(LocalCall("wait_at", [point], start_to_close=90))

    async def _told(self, point: str) -> Any:
        return await _start(LocalCall("notes_its_end", [point], start_to_close=90))

    async def _slow(self, seconds: str) -> Any:
        return await _start(LocalCall("takes", [float(seconds)], start_to_close=200))

    async def _fail(self, message: str) -> str:
        try:
            await _start(LocalCall("fail_for_good", [message], start_to_close=50))
        except FailureError as error:
            return repr(error)
        return "it did not fail"

    async def _remote(self, value: str) -> Any:
        return await workflow.execute_activity("echo", value, start_to_close_timeout=A_WHILE)

    async def _far(self, point: str) -> Any:
        return await workflow.execute_activity("wait_at", point, start_to_close_timeout=A_WHILE)

    async def _child(self, name: str) -> Any:
        return await workflow.execute_child_workflow(
            "Recipe",
            [f"far {name}"],
            id=f"{workflow.info().workflow_id}/{name}",
            task_timeout=TASK_TIMEOUT,
        )

    async def _sleep(self, seconds: str) -> None:
        await asyncio.sleep(float(seconds))

    async def _patch(self, name: str) -> bool:
        return workflow.patched(name)

    async def _signalled(self, times: str) -> None:
        await workflow.wait_condition(lambda: len(self._signals) >= int(times))

    async def _again(self, _: str) -> None:
        workflow.continue_as_new(["local z"])

    async def _break(self, message: str) -> None:
        raise ApplicationError(message, non_retryable=True)

    async def _together(self, steps: str) -> list[Any]:
        return await asyncio.gather(*(self._take(each) for each in _split(steps)))

    async def _race(self, steps: str) -> list[str]:
        tasks = [asyncio.create_task(self._take(each)) for each in _split(steps)]
        done, _ = await workflow.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return sorted(str(task.result()) for task in done)

    @workflow.signal
    def note(self, what: str) -> None:
        """Remember it."""
        self._signals.append(what)

    @workflow.query
    def noted(self) -> list[str]:
        """What was signalled."""
        return self._signals


def _split(steps: str) -> list[str]:
    return [each.replace("_", " ") for each in steps.split()]


RECIPES: dict[str, list[str]] = {
    "several in a row": ["local a", "local b", "local c"],
    "three together": ["together local_a local_b local_c"],
    "mixed": ["local a", "remote b", "local c", "sleep 5", "local d", "remote e"],
    "mixed together": ["together local_a remote_b sleep_60", "local c"],
    "one fails and the next does not": ["fail a", "local b"],
    "after a patch": ["patch p", "local a", "patch q", "remote b"],
    "a local one beats a timer": ["race local_a sleep_30"],
    "a timer beats nobody": ["race sleep_30 sleep_40", "local a"],
    "a timer and the end": ["race local_a sleep_30", "remote b"],
}


def _following(steps: list[str]) -> Any:
    async def play(side: Side) -> None:
        await side.run(Recipe.run, steps)

    return play


for _name, _steps in RECIPES.items():
    add(f"local {_name}".replace(" ", "-"), _following(_steps))


@case(skips_time=False)
async def a_long_local_activity_beats_the_heart_of_its_task(side: Side) -> None:
    """The task completes after 80 % of its timeout, and another takes its place."""
    await side.run(
        Recipe.run, ["local a", f"slow {ONE_HEARTBEAT}", "local b"], task_timeout=SHORT_TASK
    )


@case(skips_time=False)
async def a_very_long_local_activity(side: Side) -> None:
    """It takes two heartbeats, and commands beside it go out with the first."""
    steps = [f"together local_a slow_{TWO_HEARTBEATS} remote_b", "local c"]
    await side.run(Recipe.run, steps, task_timeout=SHORT_TASK)


@case(skips_time=False)
async def a_signal_while_a_local_activity_runs(side: Side) -> None:
    """It is buffered until the task is done, so the task cannot be the last."""
    handle = await side.start(Recipe.run, ["local a", "wait b", "remote c"])
    await side.points.reached("b")
    await handle.signal("note", "x")
    side.points.release("b")
    await side.note_result(handle)


@case(skips_time=False)
async def a_signal_while_the_last_local_activity_runs(side: Side) -> None:
    """The end is refused: the code has to see the signal first, and everything is done again."""
    handle = await side.start(Recipe.run, ["local a", "wait b"])
    await side.points.reached("b")
    await handle.signal("note", "x")
    side.points.release("b")
    await side.note_result(handle)


@case(skips_time=False)
async def a_signal_while_a_long_local_activity_runs(side: Side) -> None:
    """The heartbeat delivers it."""
    handle = await side.start(
        Recipe.run, ["race wait_b signalled_1", "local c"], task_timeout=SHORT_TASK
    )
    await side.points.reached("b")
    await handle.signal("note", "x")
    await side.note_result(handle)
    side.points.release("b")


@case(skips_time=False)
async def a_query_while_a_local_activity_runs(side: Side) -> None:
    """It waits for the task."""
    handle = await side.start(Recipe.run, ["wait b", "remote c"])
    await side.points.reached("b")
    asked = asyncio.create_task(handle.query("noted"))
    await handle.signal("note", "x")
    side.points.release("b")
    await side.note("answer", asked)
    await side.note_result(handle)


@case(skips_time=False)
async def an_activity_ends_while_a_local_one_runs(side: Side) -> None:
    """Its end is buffered, behind a signal that comes later."""
    handle = await side.start(Recipe.run, ["together far_a far_b", "wait c", "remote d"])
    for point in "ab":
        await side.points.reached(point)
    side.points.release("a")
    await side.has(handle, "ACTIVITY_TASK_COMPLETED")
    await side.settled(handle)
    side.points.release("b")
    await side.points.reached("c")
    side.points.release("c")
    await side.note_result(handle)


@case(skips_time=False)
async def ends_come_last_of_all_that_a_task_has_not_seen(side: Side) -> None:
    """An activity and a child end, then there is a signal: the signal comes first."""
    steps = [f"together far_a child_b slow_{TWO_HEARTBEATS}", "local c"]
    handle = await side.start(Recipe.run, steps, task_timeout=SHORT_TASK)
    await side.points.reached("a")
    await side.points.reached("b")
    side.points.release("a")
    side.points.release("b")
    await side.client.get_workflow_handle(f"{handle.id}/b").result()
    await side.has_none_pending(handle)
    await handle.signal("note", "x")
    await side.note_result(handle)


@case(skips_time=False)
async def a_timer_fires_while_a_local_activity_runs(side: Side) -> None:
    """The timer goes out with the first heartbeat, and its end comes with the second."""
    steps = [f"together sleep_0.2 slow_{TWO_HEARTBEATS}", "local c"]
    await side.run(Recipe.run, steps, task_timeout=SHORT_TASK)


@case(skips_time=False)
async def a_workflow_is_terminated_while_a_local_activity_runs(side: Side) -> None:
    """Its task is closed by force."""
    handle = await side.start(Recipe.run, ["wait b"])
    await side.points.reached("b")
    await handle.terminate("enough")
    side.points.release("b")
    await side.note_result(handle)


@case(skips_time=False)
async def a_workflow_is_signalled_and_terminated_while_a_local_activity_runs(side: Side) -> None:
    """What it has not seen by then."""
    handle = await side.start(Recipe.run, ["wait b"])
    await side.points.reached("b")
    await handle.signal("note", "x")
    await handle.terminate("enough")
    side.points.release("b")
    await side.note_result(handle)


def _refused(*last: str) -> Play:
    async def play(side: Side) -> None:
        # A run that continues as new within a second has to wait; this one does not.
        handle = await side.start(Recipe.run, ["slow 1.1", "wait b", *last])
        await side.points.reached("b")
        await handle.signal("note", "x")
        side.points.release("b")
        await side.note_result(handle)

    return play


add("a-signal-before-it-continues-as-new", _refused("again"), skips_time=False)
add("a-signal-before-it-fails", _refused("break it"), skips_time=False)


@case(skips_time=False)
async def an_update_while_the_last_local_activity_runs(side: Side) -> None:
    """An update is no event: the workflow ends, and the update is lost."""
    handle = await side.start(UpdatedLocally.run, "z")
    await side.points.reached("z")
    update = asyncio.create_task(handle.execute_update("add", "a", id="one"))
    await side.has_update(handle, "one")
    side.points.release("z")
    side.points.release("a")
    await side.note("update", update)
    await side.note_result(handle)


@case(skips_time=False)
async def a_local_activity_that_nobody_has_registered(side: Side) -> None:
    """The code breaks before there is any."""
    handle = await side.start(OneLocalActivity.run, LocalCall("nobody", start_to_close=50))
    await side.has(handle, "WORKFLOW_TASK_FAILED")
    await handle.terminate("enough")
    await side.note_result(handle)


@case(skips_time=False)
async def a_local_activity_learns_why_it_ends(side: Side) -> None:
    """Its own worker cancels it when its time is over."""
    await side.run(
        OneLocalActivity.run, LocalCall("notes_its_end", ["a"], start_to_close=0.1, attempts=1)
    )
    await side.points.reached("a")
    await side.note("points", side.points.names())


@case(skips_time=False)
async def a_local_activity_of_a_closed_workflow_is_cancelled(side: Side) -> None:
    """The end of the workflow is that of its local activities."""
    await side.run(Recipe.run, ["race told_a slow_3.0"])
    await side.points.reached("a")
    await side.note("points", side.points.names())


@case(skips_time=False)
async def a_workflow_is_cancelled_while_a_local_activity_runs(side: Side) -> None:
    """It gets the message when its task is done, and then has to run it again."""
    handle = await side.start(Recipe.run, ["wait b", "far c"])
    await side.points.reached("b")
    await handle.cancel()
    side.points.release("b")
    await side.note_result(handle)
    side.points.release("c")


@case(skips_time=False)
async def a_workflow_times_out_while_a_local_activity_runs(side: Side) -> None:
    """Its task is closed by force."""
    handle = await side.start(Recipe.run, ["wait b"], run_timeout=SHORT_TASK)
    await side.note_result(handle)
    side.points.release("b")


@common
@workflow.defn
class CancelsItsLocalActivity:
    """Cancels its own local activity after a while, and says what it got for it."""

    @workflow.run
    async def run(self, call: LocalCall, after: float, give_up_waiting: bool) -> str:
        """Call it, cancel it, and see what comes."""
        activity = _start(call)
        if after > 1:
            await asyncio.sleep(after)  # the timer starts with the first heartbeat
        elif after:
            await _start(LocalCall("takes", [after], start_to_close=50))
        activity.cancel()
        if give_up_waiting:
            return "did not wait"
        try:
            return f"returned {await activity}"
        except ActivityError as error:
            return f"{error.message}, {error.retry_state}, {error.cause!r}"


def _cancelling(call: LocalCall, after: float, give_up_waiting: bool = False) -> Play:
    async def play(side: Side) -> None:
        await side.run(
            CancelsItsLocalActivity.run, call, after, give_up_waiting, task_timeout=SHORT_TASK
        )

    return play


for _kind in ("TRY_CANCEL", "WAIT_CANCELLATION_COMPLETED", "ABANDON"):
    for _activity in ("gives_in", "holds_out", "breaks_when_cancelled"):
        if _kind == "ABANDON" and _activity != "gives_in":
            continue  # it is never told
        _call = LocalCall(_activity, [LONG], start_to_close=30, cancellation=_kind)
        add(f"local-{_kind}-{_activity}".lower(), _cancelling(_call, 0.1), skips_time=False)
    add(f"local-{_kind}-at-once".lower(), _cancelling(_call, 0.0), skips_time=False)
    add(
        f"local-{_kind}-and-does-not-wait".lower(),
        _cancelling(_call, 0.1, give_up_waiting=True),
        skips_time=False,
    )
    _call = LocalCall(
        "fail", ["no", "Bad", []], start_to_close=50, first_delay=50, cancellation=_kind
    )
    add(f"local-{_kind}-while-it-backs-off".lower(), _cancelling(_call, 1.0), skips_time=False)
    _call = LocalCall("gives_in", [2 * TWO_HEARTBEATS], start_to_close=200, cancellation=_kind)
    add(f"local-{_kind}-in-a-later-task".lower(), _cancelling(_call, 1.1), skips_time=False)
    _call = LocalCall(
        "fail",
        ["no", "Bad", []],
        start_to_close=50,
        first_delay=50,
        threshold=1,
        cancellation=_kind,
    )
    add(f"local-{_kind}-while-its-timer-runs".lower(), _cancelling(_call, 1.1), skips_time=False)


@common
@workflow.defn
class LocalInBoth:
    """A parent whose child uses local activities, as it does itself."""

    def __init__(self) -> None:
        self._is_told = False

    @workflow.signal
    def tell(self) -> None:
        """Let the child go on: its parent has seen that it has begun."""
        self._is_told = True

    @workflow.run
    async def run(self, depth: int) -> list[str]:
        """Call one, let the child do the same, call another."""
        first = await _start(LocalCall("echo", [f"down {depth}"], start_to_close=50))
        below = []
        if depth:
            below = await workflow.execute_child_workflow(
                "LocalInBoth",
                depth - 1,
                id=f"{workflow.info().workflow_id}/child",
                task_timeout=TASK_TIMEOUT,
            )
        else:
            await workflow.wait_condition(lambda: self._is_told)
        last = await _start(LocalCall("echo", [f"up {depth}"], start_to_close=50))
        return [first, *below, last]


@case()
async def local_activities_in_a_child(side: Side) -> None:
    """A child has them like any workflow."""
    handle = await side.start(LocalInBoth.run, 1)
    child = side.client.get_workflow_handle(side.name("child"))
    await side.has(handle, "CHILD_WORKFLOW_EXECUTION_STARTED")
    await side.settled(handle)
    await side.settled(child)
    await child.signal(LocalInBoth.tell)
    await side.note_result(handle)
    side.include("child")


@common
@workflow.defn
class LocalAgainAsNew:
    """Calls a local activity in every run of its chain."""

    @workflow.run
    async def run(self, left: int, seen: list[float]) -> list[float]:
        """Call it, and continue as new until nothing is left; not so soon that it has to wait."""
        seen.append(await _start(LocalCall("takes", [1.1], start_to_close=50)))
        if left:
            workflow.continue_as_new(args=[left - 1, seen])
        return seen


@case(skips_time=False)
async def local_activities_after_continue_as_new(side: Side) -> None:
    """A new run counts its local activities anew."""
    await side.run(LocalAgainAsNew.run, 2, [])


@common
@workflow.defn
class BreaksAfterLocal:
    """Calls a local activity, and has a bug until it has been called twice."""

    @workflow.run
    async def run(self, in_first_task: bool) -> list[Any]:
        """Call it, stumble, and call another."""
        if not in_first_task:
            await asyncio.sleep(5)
        patched = workflow.patched("p")
        calls = await _start(LocalCall("count_calls", start_to_close=50))
        if calls == 1:
            raise LookupError("a bug")
        return [patched, calls, await _start(LocalCall("echo", ["second"], start_to_close=50))]


def _breaking(in_first_task: bool) -> Play:
    async def play(side: Side) -> None:
        await side.run(BreaksAfterLocal.run, in_first_task)

    return play


add("local-activities-run-again-after-a-bug", _breaking(in_first_task=False))
add("local-activities-run-again-after-a-bug-in-the-first-task", _breaking(in_first_task=True))


TAKES, BACKOFF = 0.5, LONG
"""How many seconds an activity takes, and how many lie between two attempts."""


@common
@workflow.defn
class LocalClock:
    """Tells what time it is around local activities.

    Time is real on a server, and a busy machine adds to it: so what is told is whether a call took
    at least its time, and whether it took less than the time between its attempts.
    """

    @workflow.run
    async def run(self) -> list[tuple[bool, bool]]:
        """Tell of each call how long it took, as the workflow sees it."""
        seen = []
        for call in (
            LocalCall("takes", [TAKES], start_to_close=50),
            LocalCall("fail_before", [2, None], start_to_close=50, first_delay=BACKOFF),
            LocalCall("takes", [TAKES], start_to_close=50),
        ):
            began = workflow.now()
            await _start(call)
            took = (workflow.now() - began).total_seconds()
            seen.append((took >= TAKES, took < BACKOFF))
        return seen


@case(skips_time=False)
async def local_activities_take_time(side: Side) -> None:
    """The last attempt counts, what was before it does not."""
    await side.run(LocalClock.run)


@common
@workflow.defn
class UpdatedLocally:
    """An update that is done by a local activity."""

    def __init__(self) -> None:
        self._done: list[str] = []

    @workflow.run
    async def run(self, first: str) -> list[str]:
        """Wait for two."""
        if first:
            await self._add(first)
            return self._done
        await workflow.wait_condition(lambda: len(self._done) == 2)
        return self._done

    @workflow.update
    async def add(self, point: str) -> str:
        """Have it done."""
        await self._add(point)
        return f"{point} done"

    async def _add(self, point: str) -> None:
        self._done.append(await _start(LocalCall("wait_at", [point], start_to_close=50)))


@case(skips_time=False)
async def updates_by_local_activities(side: Side) -> None:
    """The second comes while the first is under way."""
    handle = await side.start(UpdatedLocally.run, "")
    await side.has(handle, "WORKFLOW_TASK_COMPLETED")
    first = asyncio.create_task(handle.execute_update("add", "a"))
    await side.points.reached("a")
    second = asyncio.create_task(handle.execute_update("add", "b", id="two"))
    await side.has_update(handle, "two")
    side.points.release("a")
    await side.note("first", first)
    await side.points.reached("b")
    side.points.release("b")
    await side.note("second", second)
    await side.note_result(handle)


@case()
async def a_local_activity_runs_another_workflow(side: Side) -> None:
    """It has the worker's client, as any activity."""
    await side.run(OneLocalActivity.run, LocalCall("run_other", ["ReturnsAtOnce"], 50))
    side.include("other")


@case(skips_time=False)
async def a_local_activity_returns_too_much(side: Side) -> None:
    """Its marker does not go out: the workflow task fails, again and again."""
    call = LocalCall("says_much", [2 * 1024 * 1024], 50)
    await side.run(OneLocalActivity.run, call, run_timeout=timedelta(seconds=LONG))
