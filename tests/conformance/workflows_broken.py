"""Cases about workflow tasks that fail, and are tried again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from temporalio import workflow

from tests.conformance.registry import add, case, common
from tests.conformance.side import Play, Side

BROKEN: set[str] = set()


"""Workflows whose code is broken now; mending it is like deploying a new version."""


@common
@workflow.defn
class Breaks:
    """Breaks in a workflow task, and is mended later."""

    @workflow.run
    async def run(self) -> str:
        """Do a step, break, and go on when mended."""
        first = await workflow.execute_activity(
            "echo", "first", start_to_close_timeout=timedelta(seconds=50)
        )
        if workflow.info().workflow_id in BROKEN:
            BROKEN.discard(workflow.info().workflow_id)
            raise ValueError("a bug in the code")
        return f"{first}, mended"


@case(skips_time=False)
async def a_workflow_task_fails_and_is_tried_again(side: Side) -> None:
    """The task fails, not the workflow; the next attempt replays."""
    BROKEN.add(side.name(""))
    await side.run(Breaks.run)


@common
@workflow.defn
class BreaksBeforeItWaits:
    """Breaks in its first task, and has nothing to ask for when it is mended."""

    def __init__(self) -> None:
        self._is_over = False

    @workflow.run
    async def run(self) -> str:
        """Break, and wait when mended."""
        if workflow.info().workflow_id in BROKEN:
            BROKEN.discard(workflow.info().workflow_id)
            raise ValueError("a bug in the code")
        await workflow.wait_condition(lambda: self._is_over)
        return "mended"

    @workflow.signal
    def end(self) -> None:
        """End."""
        self._is_over = True


@case(skips_time=False)
async def an_attempt_that_asks_for_nothing_is_written_down(side: Side) -> None:
    """Only failed attempts after the first leave nothing behind."""
    BROKEN.add(side.name(""))
    handle = await side.start(BreaksBeforeItWaits.run)
    await side.settled(handle)
    await handle.signal(BreaksBeforeItWaits.end)
    await side.note_result(handle)


@common
@workflow.defn
class Breaking:
    """Breaks its workflow task in one of many ways, for ever."""

    @workflow.run
    async def run(self, way: str) -> Any:
        """Break."""
        if way == "result":
            return object()
        if way == "argument":
            await workflow.execute_activity(
                "echo", object(), start_to_close_timeout=timedelta(seconds=50)
            )
        await workflow.wait_condition(lambda: False)
        return None

    @workflow.signal
    def break_it(self) -> None:
        """Raise what is no failure."""
        raise KeyError("in a signal handler")

    @workflow.update
    def update_it(self) -> None:
        """Raise what is no failure."""
        raise KeyError("in an update handler")

    @workflow.query
    def ask(self) -> str:
        """Answer."""
        return "answered"


def _breaking(way: str) -> Play:
    async def play(side: Side) -> None:
        handle = await side.start(Breaking.run, way)
        if way == "signal":
            await side.settled(handle)
            await handle.signal(Breaking.break_it)
        await side.has(handle, "WORKFLOW_TASK_FAILED", 2 if way == "signal" else 1)
        await side.fails_silently(handle)
        await handle.terminate(reason="it is broken")
        await side.note_result(handle)

    return play


for _way in ("result", "argument", "signal"):
    add(f"breaks-{_way}", _breaking(_way), skips_time=False)
