"""Cases about how runs end: results, failures, timeouts, terminations."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import (
    RetryPolicy,
)
from temporalio.exceptions import (
    ActivityError,
    ApplicationError,
    CancelledError,
)

from tests.conformance.registry import add, case, common
from tests.conformance.side import Play, Side

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)


@common
@workflow.defn
class Ends:
    """Ends in one of many ways."""

    @workflow.run
    async def run(self, way: str) -> Any:
        """End."""
        return await getattr(self, f"_{way}")()

    async def _with_nothing(self) -> None:
        return None

    async def _with_a_value(self) -> dict[str, Any]:
        return {"numbers": [1, 2.5], "text": "ä"}

    async def _with_a_failure(self) -> None:
        raise ApplicationError("no", {"why": 1}, 2, type="No")

    async def _with_a_final_failure(self) -> None:
        raise ApplicationError("never", type="Never", non_retryable=True)

    async def _with_a_chain(self) -> None:
        middle = ApplicationError("middle", type="Middle")
        middle.__cause__ = KeyError("inner")
        raise ApplicationError("outer") from middle

    async def _with_a_delay(self) -> None:
        raise ApplicationError("later", next_retry_delay=SECOND)

    async def _with_a_cancellation_of_its_own(self) -> None:
        raise asyncio.CancelledError

    async def _with_a_cancelled_error(self) -> None:
        raise CancelledError("by itself")

    async def _with_another_failure_while_an_activity_runs(self) -> None:
        workflow.start_activity("hang", start_to_close_timeout=timedelta(seconds=50))
        await asyncio.sleep(0)
        raise ApplicationError("did not wait")

    async def _with_a_timer_under_way(self) -> str:
        timer = asyncio.create_task(asyncio.sleep(100))
        await asyncio.sleep(1)
        return f"{timer.done()}"


def _ending(way: str) -> Play:
    async def play(side: Side) -> None:
        await side.run(Ends.run, way)

    return play


for _way in (name[1:] for name in vars(Ends) if name.startswith("_w")):
    if _way != "weakref__":
        add(f"ends-{_way}", _ending(_way))


@common
@workflow.defn
class Waits:
    """Waits for ever, or for a signal."""

    def __init__(self) -> None:
        self._result: str | None = None

    @workflow.run
    async def run(self) -> str:
        """Wait."""
        await workflow.wait_condition(lambda: self._result is not None)
        return str(self._result)

    @workflow.signal
    def end(self, result: str) -> None:
        """End with a result."""
        self._result = result


@case()
async def the_run_times_out(side: Side) -> None:
    """The run's timeout ends it."""
    await side.run(Waits.run, run_timeout=HOUR)


@case()
async def the_execution_times_out(side: Side) -> None:
    """The execution's timeout ends it."""
    await side.run(Waits.run, execution_timeout=HOUR)


@case()
async def the_shorter_timeout_ends_it(side: Side) -> None:
    """A run cannot outlast its execution."""
    await side.run(Waits.run, execution_timeout=HOUR, run_timeout=2 * HOUR)


@case(skips_time=False)
async def it_is_terminated(side: Side) -> None:
    """Termination closes it, whatever its code does."""
    handle = await side.start(Waits.run)
    await side.settled(handle)
    await handle.terminate("a detail", reason="no reason")
    await side.note_result(handle)


@case(worker_waits=True)
async def it_is_terminated_before_it_began(side: Side) -> None:
    """Its code never runs."""
    handle = await side.start(Waits.run)
    await handle.terminate()
    await side.begin_work()
    await side.note_result(handle)


@common
@workflow.defn(failure_exception_types=[ValueError])
class FailsByType:
    """Lets a plain error fail the workflow."""

    @workflow.run
    async def run(self) -> None:
        """Fail."""
        raise ValueError("this type fails the workflow")


@case()
async def an_error_type_that_fails_the_workflow(side: Side) -> None:
    """What is listed fails the workflow instead of its task."""
    await side.run(FailsByType.run)


@common
@workflow.defn
class Undo:
    """Fails with what its activity failed with, deep down."""

    @workflow.run
    async def run(self) -> None:
        """Wrap a failure in a failure."""
        try:
            await workflow.execute_activity(
                "fail",
                args=["no", "Bad", [1]],
                start_to_close_timeout=timedelta(seconds=50),
                retry_policy=RetryPolicy(maximum_attempts=2),
            )
        except ActivityError as error:
            raise ApplicationError("the saga failed", {"step": 1}, type="SagaFailed") from error


@case()
async def a_failure_with_all_its_causes(side: Side) -> None:
    """The chain reaches the client as it is."""
    await side.run(Undo.run)


@case()
async def a_workflow_that_nobody_knows(side: Side) -> None:
    """A dynamic workflow takes unknown types; described while it is closed."""
    handle = await side.start("NobodyKnowsIt")
    await side.note_result(handle)
    description = await handle.describe()
    await side.note("status", str(description.status))
    await side.note("type", description.workflow_type)
    await side.note("closed", description.close_time is not None)
    await side.note("events", description.history_length >= 5)
