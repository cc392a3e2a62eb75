"""Cases about timers, waiting, and cancellation at every point."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import NoReturn

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

from tests.conformance.registry import add, case, common
from tests.conformance.side import Play, Side

MINUTE = timedelta(minutes=1)


@common
@workflow.defn
class Sleeper:
    """Sleeps in one of many ways, for minutes: a busy machine may add seconds."""

    @workflow.run
    async def run(self, way: str) -> str:
        """Sleep, and tell how it was."""
        began = workflow.now()
        told = await getattr(self, f"_{way}")()
        return f"{told} after {round((workflow.now() - began) / MINUTE)}"

    async def _asyncio(self) -> str:
        await asyncio.sleep(5400)
        return "slept"

    async def _workflow(self) -> str:
        await workflow.sleep(timedelta(days=2))
        return "slept long"

    async def _zero(self) -> str:
        await asyncio.sleep(0)
        await workflow.sleep(0)
        return "did not sleep"

    async def _twice(self) -> str:
        await asyncio.sleep(60)
        await workflow.sleep(120, summary="the second")
        return "slept twice"

    async def _together(self) -> str:
        await asyncio.gather(asyncio.sleep(300), asyncio.sleep(120), asyncio.sleep(540))
        return "slept thrice at once"

    async def _cancelled_timer(self) -> str:
        long = asyncio.create_task(asyncio.sleep(60000))
        await asyncio.sleep(180)
        long.cancel()
        try:
            await long
        except asyncio.CancelledError:
            return "the long one was cancelled"
        return ""

    async def _cancelled_unseen(self) -> str:
        long = asyncio.create_task(asyncio.sleep(60000))
        await asyncio.sleep(0)
        long.cancel()
        return "the long one was never seen"

    async def _wait_for(self) -> str:
        try:
            await asyncio.wait_for(asyncio.Event().wait(), 420)
        except TimeoutError:
            return "timed out"
        return ""

    async def _wait_for_in_time(self) -> str:
        await asyncio.wait_for(asyncio.sleep(240), 420)
        return "in time"

    async def _timeout_block(self) -> str:
        try:
            async with asyncio.timeout(360):
                await asyncio.Event().wait()
        except TimeoutError:
            return "timed out in a block"
        return ""

    async def _condition_times_out(self) -> str:
        try:
            await workflow.wait_condition(lambda: False, timeout=660)
        except TimeoutError:
            return "never true"
        return ""

    async def _condition_in_time(self) -> str:
        done: list[int] = []
        asyncio.get_running_loop().call_later(240, done.append, 1)
        await workflow.wait_condition(lambda: bool(done), timeout=660)
        return "true in time"

    async def _condition_at_once(self) -> str:
        await workflow.wait_condition(lambda: True, timeout=660)
        return "true at once"

    async def _first_of_two(self) -> str:
        slow, fast = (
            asyncio.create_task(asyncio.sleep(540)),
            asyncio.create_task(asyncio.sleep(180)),
        )
        done, _ = await workflow.wait([slow, fast], return_when=asyncio.FIRST_COMPLETED)
        return f"{fast in done}, {slow in done}"

    async def _as_completed(self) -> str:
        async def sleep(seconds: int) -> int:
            await asyncio.sleep(seconds)
            return seconds

        tasks = [asyncio.create_task(sleep(each)) for each in (300, 60, 180)]
        return str([await each for each in workflow.as_completed(tasks)])

    async def _task_group(self) -> str:
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(asyncio.sleep(6000))
                group.create_task(self._fails_after(120))
        except ExceptionGroup as errors:
            return str(errors.exceptions[0])
        return ""

    async def _fails_after(self, seconds: int) -> None:
        await asyncio.sleep(seconds)
        raise ApplicationError("one of the group fails")


def _sleeping(way: str) -> Play:
    async def play(side: Side) -> None:
        await side.run(Sleeper.run, way)

    return play


for _way in (name[1:] for name in vars(Sleeper) if name.startswith("_") and name[1] != "_"):
    if _way != "fails_after":
        add(f"sleep-{_way}", _sleeping(_way))


@common
@workflow.defn
class Cancellable:
    """Is cancelled at one of many points."""

    @workflow.run
    async def run(self, point: str) -> str:
        """Get to the point, be cancelled there, and undo."""
        try:
            await getattr(self, f"_at_{point}")()
        except BaseException as error:
            if not is_cancelled_exception(error):
                raise
            undo = asyncio.create_task(_echo("undone"))
            while not undo.done():
                try:
                    await asyncio.shield(undo)
                except asyncio.CancelledError:
                    continue
            raise
        return "not cancelled"

    async def _at_sleep(self) -> None:
        await asyncio.sleep(3600)

    async def _at_condition(self) -> None:
        await workflow.wait_condition(lambda: False)

    async def _at_condition_with_timeout(self) -> None:
        await workflow.wait_condition(lambda: False, timeout=3600)

    async def _at_activity(self) -> None:
        await _wait_at("point")

    async def _at_activity_awaited_to_the_end(self) -> None:
        await workflow.execute_activity(
            "until_cancelled",
            "point",
            start_to_close_timeout=timedelta(seconds=50),
            heartbeat_timeout=timedelta(seconds=20),
            cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
        )

    async def _at_activity_abandoned(self) -> None:
        await workflow.execute_activity(
            "wait_at",
            "point",
            start_to_close_timeout=timedelta(seconds=50),
            cancellation_type=workflow.ActivityCancellationType.ABANDON,
        )

    async def _at_gather(self) -> None:
        await asyncio.gather(_wait_at("point"), asyncio.sleep(3600), _wait_at("other"))

    async def _at_shield(self) -> None:
        await asyncio.shield(_wait_at("point"))

    async def _at_swallowed(self) -> None:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            await asyncio.sleep(1)

    async def _at_plain_task(self) -> None:
        await asyncio.create_task(asyncio.sleep(3600))


async def _echo(word: str) -> str:
    return str(
        await workflow.execute_activity("echo", word, start_to_close_timeout=timedelta(seconds=50))
    )


async def _fail() -> NoReturn:
    raise ApplicationError("business", type="Business")


async def _wait_at(word: str) -> str:
    return str(
        await workflow.execute_activity(
            "wait_at", word, start_to_close_timeout=timedelta(seconds=50)
        )
    )


def _cancelling(point: str) -> Play:
    async def play(side: Side) -> None:
        handle = await side.start(Cancellable.run, point)
        await side.settled(handle)
        if "activity" in point or point in ("gather", "shield"):
            await side.points.reached("point")
        if point == "gather":
            await side.points.reached("other")
        await handle.cancel()
        await side.note_result(handle)
        side.points.release("point")
        side.points.release("other")

    return play


for _point in (name[4:] for name in vars(Cancellable) if name.startswith("_at_")):
    add(f"cancel-at-{_point}", _cancelling(_point), skips_time=False)


@case(worker_waits=True)
async def cancelled_before_the_first_task(side: Side) -> None:
    """The workflow's code begins cancelled."""
    handle = await side.start(Cancellable.run, "sleep")
    await handle.cancel()
    await side.begin_work()
    await side.note_result(handle)


@case(worker_waits=True)
async def cancelled_twice_before_the_first_task(side: Side) -> None:
    """Asking again changes nothing."""
    handle = await side.start(Cancellable.run, "condition")
    await handle.cancel(reason="the first")
    await side.note("again", handle.cancel(reason="the second"))
    await side.begin_work()
    await side.note_result(handle)


@common
@workflow.defn
class OfficialSaga:
    """The saga of the samples, whose undo can be cancelled."""

    @workflow.run
    async def run(self) -> str:
        """Do one step, fail, and undo."""
        try:
            await _echo("step")
            await _fail()
        except Exception:
            undo = asyncio.create_task(_wait_at("undo"))
            await asyncio.shield(undo)
            raise


@case(skips_time=False)
async def the_undo_of_the_official_saga_is_cancelled(side: Side) -> None:
    """The workflow closes as cancelled while its undo is under way."""
    handle = await side.start(OfficialSaga.run)
    await side.points.reached("undo")
    await handle.cancel()
    await side.note_result(handle)
    side.points.release("undo")


@common
@workflow.defn
class CompletesAndIsCancelled:
    """Has its activity's end and its cancellation in one task."""

    @workflow.run
    async def run(self) -> str:
        """Two steps with nothing between."""
        first = await _wait_at("first")
        second = await _echo("second")
        return first + second


@case(worker_waits=False, skips_time=False)
async def cancelled_right_after_a_step(side: Side) -> None:
    """The step has ended, the next one is cancelled before the service sees it."""
    handle = await side.start(CompletesAndIsCancelled.run)
    await side.points.reached("first")
    await handle.cancel()
    await side.has(handle, "WORKFLOW_EXECUTION_CANCEL_REQUESTED")
    await side.note_result(handle)
    side.points.release("first")


@common
@workflow.defn
class Values:
    """Uses what the SDK makes deterministic."""

    @workflow.run
    async def run(self) -> list[bool]:
        """Compare them with what they have to be like."""
        before = workflow.time()
        await asyncio.sleep(600)
        return [
            workflow.uuid4() != workflow.uuid4(),
            0 <= workflow.random().random() < 1,
            round((workflow.time() - before) / 60) == 10,
            workflow.info().attempt == 1,
            workflow.info().get_current_history_length() > 0,
            workflow.info().is_continue_as_new_suggested(),
        ]


@common
@workflow.defn
class Lengths:
    """Notes how long its history is."""

    def __init__(self) -> None:
        self._is_over = False

    @workflow.run
    async def run(self) -> list[tuple[int, bool]]:
        """Note it at the beginning, after a step and at the end."""
        noted = [self._noted()]
        await _echo("step")
        noted.append(self._noted())
        await workflow.wait_condition(lambda: self._is_over)
        return [*noted, self._noted()]

    @workflow.signal
    def end(self) -> None:
        """End."""
        self._is_over = True

    @workflow.query
    def noted(self) -> tuple[int, bool]:
        """How long it is now."""
        return self._noted()

    def _noted(self) -> tuple[int, bool]:
        info = workflow.info()
        return info.get_current_history_length(), info.is_continue_as_new_suggested()


@case(skips_time=False)  # for that the server writes events of its own
async def lengths_of_the_history(side: Side) -> None:
    """They are the same in each task, and in a query between them or after all of them."""
    handle = await side.start(Lengths.run)
    await side.has(handle, "ACTIVITY_TASK_COMPLETED")
    await side.note("in the midst", handle.query(Lengths.noted))
    await handle.signal(Lengths.end)
    await side.note_result(handle)
    await side.note("at the end", handle.query(Lengths.noted))


@case()
async def values_of_the_sdk(side: Side) -> None:
    """They are there, and they behave."""
    await side.run(Values.run)


@common
@workflow.defn
class TwoTasks:
    """Cancels its activity and waits for it, while a timer fires."""

    @workflow.run
    async def run(self) -> list[str]:
        """Have two things going on, and both cancelled by the other."""
        told: list[str] = []

        async def activity() -> None:
            try:
                await workflow.execute_activity(
                    "hang",
                    start_to_close_timeout=timedelta(seconds=20),
                    retry_policy=RetryPolicy(maximum_attempts=1),
                )
            except ActivityError as error:
                told.append(f"{error.cause}")

        async def timer() -> None:
            await asyncio.sleep(1)
            told.append("timer")

        await asyncio.gather(activity(), timer())
        return told


@case()
async def an_activity_and_a_timer(side: Side) -> None:
    """Each ends in its own time."""
    await side.run(TwoTasks.run)
