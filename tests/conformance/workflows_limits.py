"""Cases about limits: what the timeout of a run does to its steps, and what the server refuses."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError

from tests.conformance.failures import described
from tests.conformance.registry import add, case, common
from tests.conformance.side import Play, Side
from tests.conformance.workflows_activities import LONG, Call, OneActivity

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
CENTURY_SECONDS = 100 * 365 * 24 * 3600.0


@common
@workflow.defn
class GivesUp:
    """A saga whose step is down for good."""

    @workflow.run
    async def run(self) -> Any:
        """Undo as soon as the step has no time left; without a timeout that is never."""
        if workflow.info().parent is not None:  # which is to see first that its child has begun
            await workflow.execute_activity("wait_at", "begin", start_to_close_timeout=MINUTE)
        try:
            await workflow.execute_activity(
                "fail", args=["down", "Down", []], start_to_close_timeout=MINUTE
            )
        except ActivityError as error:
            await workflow.execute_activity("echo", "undone", start_to_close_timeout=MINUTE)
            return described(error)


@common
@workflow.defn
class HasOneThatGivesUp:
    """Has such a saga for a child."""

    @workflow.run
    async def run(self, run_seconds: float | None, seconds: float | None, task: float) -> Any:
        """Give the child its time."""
        own, whole = (
            None if each is None else timedelta(seconds=each) for each in (run_seconds, seconds)
        )
        return await workflow.execute_child_workflow(
            GivesUp.run,
            id=f"{workflow.info().workflow_id}/child",
            run_timeout=own,
            execution_timeout=whole,
            task_timeout=timedelta(seconds=task),
        )


@case()
async def a_saga_undoes_before_its_run_times_out(side: Side) -> None:
    """No attempt is made that would come too late, so that there is time to undo."""
    await side.run(GivesUp.run, run_timeout=2 * MINUTE)


@case()
async def a_saga_undoes_before_its_execution_times_out(side: Side) -> None:
    """As long as its first run, the timeout of the execution is one of the run."""
    await side.run(GivesUp.run, execution_timeout=2 * MINUTE)


def _with_a_child(run: float | None, whole: float | None, task: float = 10) -> Play:
    async def play(side: Side) -> None:
        handle = await side.start(HasOneThatGivesUp.run, run, whole, task)
        await side.has(handle, "CHILD_WORKFLOW_EXECUTION_STARTED")
        await side.settled(handle)
        await side.points.reached("begin")
        side.points.release("begin")
        await side.note_result(handle)
        side.include("child")

    return play


# The last attempts are made after 1, 3, 7, 15, 31 and 63 seconds: half a minute or more lies
# between the last of them, the limit, and the one that would come after it.
add("a-child-undoes-before-its-run-times-out", _with_a_child(100, None))
add("a-child-undoes-before-its-execution-times-out", _with_a_child(None, 100))
add("a-child-has-less-time-than-a-task", _with_a_child(61, 200, task=100))

_ECHO = Call("echo", [1], start_to_close=40)
IN_A_MINUTE: dict[str, Call] = {
    "start to close": _ECHO,
    "start to close beyond it": replace(_ECHO, start_to_close=70),
    "schedule to close": Call("echo", [1], schedule_to_close=50),
    "schedule to close beyond it": Call("echo", [1], schedule_to_close=70),
    "schedule to start": replace(_ECHO, schedule_to_start=30),
    "schedule to start beyond it": replace(_ECHO, schedule_to_start=70),
    "heartbeat beyond it": replace(_ECHO, start_to_close=80, heartbeat=70),
    "all beyond it": Call("echo", [1], 80, 90, 100, 110),
    "no worker": replace(_ECHO, schedule_to_start=10, task_queue="nobody"),
    "no time for another try": Call(
        "fail", ["no", "Bad", []], start_to_close=40, first_delay=35, coefficient=1.0
    ),
    "hangs, and no time": Call("hang", start_to_close=LONG, first_delay=45),
}
"""What becomes of an activity whose run times out after a minute."""


def _in_a_minute(call: Call) -> Play:
    async def play(side: Side) -> None:
        await side.run(OneActivity.run, call, run_timeout=MINUTE)

    return play


for _name, _call in IN_A_MINUTE.items():
    add(f"in a minute {_name}".replace(" ", "-").replace(",", ""), _in_a_minute(_call))


@common
@workflow.defn
class Asks:
    """Asks for something that is at the edge of what the server takes, or beyond it."""

    def __init__(self) -> None:
        self._told = False

    @workflow.signal
    def tell(self) -> None:
        """Be told."""
        self._told = True

    @workflow.run
    async def run(self, what: str) -> Any:
        """Ask for it."""
        return await getattr(self, f"_{what}")()

    async def _echo(self, **options: Any) -> Any:
        options = {"start_to_close_timeout": MINUTE} | options
        return await workflow.execute_activity("echo", 1, **options)

    # -- what the server takes -------------------------------------------------------------------

    async def _no_delay(self) -> Any:
        return await self._echo(retry_policy=RetryPolicy(initial_interval=timedelta(0)))

    async def _centuries(self) -> Any:
        long = timedelta(seconds=2 * CENTURY_SECONDS)
        await self._echo(start_to_close_timeout=long, heartbeat_timeout=long)
        return await self._echo(schedule_to_close_timeout=long, schedule_to_start_timeout=long)

    async def _same_id_twice(self) -> Any:
        return [await self._echo(activity_id="same"), await self._echo(activity_id="same")]

    async def _same_id_after_cancelling(self) -> Any:
        first = workflow.start_activity(
            "echo",
            1,
            activity_id="same",
            task_queue="nobody",
            start_to_close_timeout=MINUTE,
        )
        await workflow.sleep(1)
        first.cancel()
        await asyncio.sleep(0)
        return await workflow.execute_activity(
            "takes", 2, activity_id="same", start_to_close_timeout=MINUTE
        )

    async def _signal_to_itself(self) -> Any:
        handle = workflow.get_external_workflow_handle(workflow.info().workflow_id)
        try:
            await handle.signal("tell")
        except ApplicationError as error:
            return f"{error.type}: {error.message}, {self._told}"

    async def _cancel_to_itself(self) -> Any:
        handle = workflow.get_external_workflow_handle(workflow.info().workflow_id)
        try:
            await handle.cancel()
        except ApplicationError as error:
            return f"{error.type}: {error.message}"

    # -- what it refuses -------------------------------------------------------------------------

    async def _two_of_one_id(self) -> Any:
        workflow.start_activity("echo", 1, activity_id="same", start_to_close_timeout=SECOND)
        await self._echo(activity_id="same")

    async def _a_live_id(self) -> Any:
        workflow.start_activity("takes", 15, activity_id="same", start_to_close_timeout=MINUTE)
        await workflow.sleep(1)
        return await self._echo(activity_id="same")

    async def _a_long_id(self) -> Any:
        await self._echo(activity_id="i" * 1001)

    async def _no_type(self) -> Any:
        await workflow.execute_activity("", start_to_close_timeout=SECOND)

    async def _a_long_type(self) -> Any:
        await workflow.execute_activity("t" * 1001, start_to_close_timeout=SECOND)

    async def _negative_start_to_close(self) -> Any:
        await self._echo(start_to_close_timeout=-SECOND)

    async def _negative_schedule_to_close(self) -> Any:
        await self._echo(schedule_to_close_timeout=-SECOND / 2)

    async def _negative_schedule_to_start(self) -> Any:
        await self._echo(schedule_to_start_timeout=-SECOND)

    async def _negative_heartbeat(self) -> Any:
        await self._echo(heartbeat_timeout=-SECOND)

    async def _shrinking_delays(self) -> Any:
        policy = RetryPolicy(initial_interval=timedelta(0), maximum_interval=SECOND / 2)
        await self._echo(retry_policy=policy)

    async def _no_such_timeout(self) -> Any:
        policy = RetryPolicy(non_retryable_error_types=["TemporalTimeout:Sundown"])
        await self._echo(retry_policy=policy)

    async def _a_bad_one_among_good_ones(self) -> Any:
        workflow.start_activity("echo", 1, start_to_close_timeout=SECOND)
        workflow.upsert_memo({"seen": "never"})
        await self._echo(activity_id="i" * 1001)

    async def _a_child_with_a_long_id(self) -> Any:
        await workflow.execute_child_workflow(GivesUp.run, id="i" * 1001)

    async def _a_child_with_a_negative_timeout(self) -> Any:
        await workflow.execute_child_workflow(GivesUp.run, id="child", run_timeout=-SECOND)

    async def _a_child_without_a_type(self) -> Any:
        await workflow.execute_child_workflow("", id="child")


def _asking(what: str, **options: Any) -> Play:
    async def play(side: Side) -> None:
        await side.run(Asks.run, what, **options)

    return play


HALF = MINUTE / 2
OF_REFUSED = {"a_live_id": {"run_timeout": MINUTE, "task_timeout": HALF}}
"""The third attempt of its task comes with the end of the activity that has the id."""
TAKEN = {
    "no_delay",
    "centuries",
    "same_id_twice",
    "same_id_after_cancelling",
    "signal_to_itself",
    "cancel_to_itself",
}
for _what in (name[1:] for name in vars(Asks) if name.startswith("_") and name[1] != "_"):
    if _what in TAKEN:
        add(f"asks-{_what}", _asking(_what))
    elif _what != "echo":
        add(f"refuses-{_what}", _asking(_what, **OF_REFUSED.get(_what, {"run_timeout": HALF})))
