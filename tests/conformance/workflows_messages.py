"""Cases about signals, queries and updates, and about what they race with."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.client import WithStartWorkflowOperation, WorkflowUpdateStage
from temporalio.common import RawValue, WorkflowIDConflictPolicy
from temporalio.exceptions import ApplicationError

from tests.conformance.registry import case, common
from tests.conformance.side import Side

ABANDON = workflow.HandlerUnfinishedPolicy.ABANDON


@common
@workflow.defn
class Mailbox:
    """Collects its messages until one says that it ends."""

    def __init__(self) -> None:
        self._got: list[str] = []
        self._end = False

    @workflow.run
    async def run(self) -> list[str]:
        """Wait for the end."""
        await workflow.wait_condition(lambda: self._end)
        return self._got

    @workflow.signal
    def put(self, word: str) -> None:
        """Take a word."""
        self._got.append(word)

    @workflow.signal
    def end(self) -> None:
        """End."""
        self._end = True

    @workflow.signal(unfinished_policy=ABANDON)
    async def put_slowly(self, word: str) -> None:
        """Take a word after an activity."""
        self._got.append(await _echo(word))

    @workflow.signal
    def fail(self, message: str) -> None:
        """Fail the workflow."""
        raise ApplicationError(message, "a detail", type="FromSignal")

    @workflow.query
    def got(self) -> list[str]:
        """What has come so far."""
        return self._got

    @workflow.query
    def last(self, number: int) -> list[str]:
        """The last that have come; there must be as many."""
        if number > len(self._got):
            raise ValueError(f"there are only {len(self._got)}")
        return self._got[-number:]

    @workflow.update
    def add(self, word: str) -> int:
        """Take a word, and tell how many there are."""
        if word == "refuse":
            raise ApplicationError("refused by the handler", 7, type="Refused")
        self._got.append(word)
        return len(self._got)

    @add.validator
    def _check(self, word: str) -> None:
        if not word:
            raise ValueError("no word")
        if word == "bad":
            raise ApplicationError("a bad word", type="Bad")

    @workflow.update(unfinished_policy=ABANDON)
    async def add_slowly(self, word: str) -> str:
        """Take a word after an activity, which waits for the client."""
        self._got.append(await _wait_at(word))
        return word

    @workflow.update(name="add-and-end")
    def add_and_end(self, word: str) -> str:
        """Take the last word."""
        self._got.append(word)
        self._end = True
        return f"{word} was the last"

    @workflow.update(unfinished_policy=ABANDON)
    async def fail_slowly(self, word: str) -> None:
        """Take a word, and fail after an activity."""
        await _echo(word)
        raise ApplicationError(f"cannot take {word}", non_retryable=True)


async def _echo(word: str) -> str:
    return str(
        await workflow.execute_activity("echo", word, start_to_close_timeout=timedelta(seconds=50))
    )


async def _wait_at(word: str) -> str:
    return str(
        await workflow.execute_activity(
            "wait_at", word, start_to_close_timeout=timedelta(seconds=50)
        )
    )


@case()
async def signals_come_one_by_one(side: Side) -> None:
    """Each is a workflow task of its own when the client waits in between."""
    handle = await side.start(Mailbox.run)
    await side.settled(handle)
    for word in ("a", "b"):
        await handle.signal(Mailbox.put, word)
        await side.note("got", handle.query(Mailbox.got))
    await handle.signal(Mailbox.end)
    await side.note_result(handle)


@case(worker_waits=True)
async def signals_come_before_the_worker(side: Side) -> None:
    """They are all there when the workflow's code begins."""
    handle = await side.start(Mailbox.run)
    for word in ("a", "b"):
        await handle.signal(Mailbox.put, word)
    await handle.signal(Mailbox.end)
    await side.begin_work()
    await side.note_result(handle)


@case(worker_waits=True)
async def a_signal_starts_the_workflow(side: Side) -> None:
    """Signal-with-start: the first event is followed by the signal."""
    handle = await side.start(Mailbox.run, start_signal="put", start_signal_args=["a"])
    again = await side.start(
        Mailbox.run,
        start_signal="put",
        start_signal_args=["b"],
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
    )
    await side.note("same run", again.result_run_id == handle.result_run_id)
    await handle.signal(Mailbox.end)
    await side.begin_work()
    await side.note_result(handle)


@case(skips_time=False)
async def unknown_messages(side: Side) -> None:
    """A signal is kept, a query and an update are refused."""
    handle = await side.start(Mailbox.run)
    await side.settled(handle)
    await handle.signal("no_such_signal", "x")
    await side.note("query", handle.query("no_such_query"))
    await side.note("update", handle.execute_update("no_such_update", 1))
    await handle.signal(Mailbox.end)
    await side.note_result(handle)


@case()
async def messages_with_wrong_arguments(side: Side) -> None:
    """A signal is dropped, a query and an update fail."""
    handle = await side.start(Mailbox.run)
    await side.settled(handle)
    await handle.signal("put", 7)
    await side.note("got", handle.query(Mailbox.got))
    await side.note("query", handle.query("last", "x"))
    await side.note("update", handle.execute_update("add", 7))
    await handle.signal(Mailbox.end)
    await side.note_result(handle)


@case()
async def a_signal_handler_fails(side: Side) -> None:
    """The whole workflow fails, and its main function is not asked."""
    handle = await side.start(Mailbox.run)
    await side.settled(handle)
    await handle.signal(Mailbox.fail, "no")
    await side.note_result(handle)


@case()
async def a_signal_handler_runs_an_activity(side: Side) -> None:
    """It goes on beside the main function."""
    handle = await side.start(Mailbox.run)
    await side.settled(handle)
    await handle.signal(Mailbox.put_slowly, "a")
    await side.has(handle, "ACTIVITY_TASK_COMPLETED")
    await side.note("got", handle.query(Mailbox.got))
    await handle.signal(Mailbox.end)
    await side.note_result(handle)


@case()
async def queries_fail_and_succeed(side: Side) -> None:
    """A query sees all that has come, also after the end."""
    handle = await side.start(Mailbox.run)
    await side.note("got", handle.query(Mailbox.got))
    await side.note("last", handle.query(Mailbox.last, 1))
    await handle.signal(Mailbox.end)
    await side.note_result(handle)
    await side.note("got after the end", handle.query(Mailbox.got))
    await side.note("last after the end", handle.query(Mailbox.last, 1))


@case()
async def updates_succeed_and_fail(side: Side) -> None:
    """The validator's refusals leave no trace, the handler's do."""
    handle = await side.start(Mailbox.run)
    await side.settled(handle)
    for word in ("a", "", "bad", "refuse", "b"):
        await side.note(f"update {word}", handle.execute_update(Mailbox.add, word))
    await handle.signal(Mailbox.end)
    await side.note_result(handle)


@case()
async def an_update_ends_the_workflow(side: Side) -> None:
    """Its answer and the workflow's end are in the same task."""
    handle = await side.start(Mailbox.run)
    await side.settled(handle)
    await side.note("update", handle.execute_update(Mailbox.add_and_end, "z"))
    await side.note_result(handle)


@case(skips_time=False)
async def an_update_runs_an_activity(side: Side) -> None:
    """It is accepted at first, and completed later; asking again finds it."""
    handle = await side.start(Mailbox.run)
    await side.settled(handle)
    update = await handle.start_update(
        Mailbox.add_slowly, "a", wait_for_stage=WorkflowUpdateStage.ACCEPTED, id="one"
    )
    await side.points.reached("a")
    side.points.release("a")
    await side.note("update", update.result())
    await side.note("again", handle.execute_update(Mailbox.add_slowly, "a", id="one"))
    await side.note("by id", handle.get_update_handle("one").result())
    await side.note("unknown", handle.get_update_handle("two").result())
    await handle.signal(Mailbox.end)
    await side.note_result(handle)


@case(skips_time=False)
async def an_update_fails_after_an_activity(side: Side) -> None:
    """The update fails, the workflow goes on."""
    handle = await side.start(Mailbox.run)
    await side.settled(handle)
    await side.note("update", handle.execute_update(Mailbox.fail_slowly, "a"))
    await handle.signal(Mailbox.end)
    await side.note_result(handle)


@case(skips_time=False)
async def the_workflow_ends_while_an_update_runs(side: Side) -> None:
    """The client that waits for the update gets an error."""
    handle = await side.start(Mailbox.run)
    await side.settled(handle)
    update = await handle.start_update(
        Mailbox.add_slowly, "a", wait_for_stage=WorkflowUpdateStage.ACCEPTED
    )
    await side.points.reached("a")
    await handle.signal(Mailbox.end)
    await side.note_result(handle)
    side.points.release("a")
    await side.note("update", update.result())


@case()
async def messages_after_the_end(side: Side) -> None:
    """A late client gets an error."""
    handle = await side.start(Mailbox.run)
    await side.settled(handle)
    await handle.signal(Mailbox.end)
    await side.note_result(handle)
    await side.note("signal", handle.signal(Mailbox.put, "a"))
    await side.note("update", handle.execute_update(Mailbox.add, "a"))
    await side.note("cancel", handle.cancel())
    await side.note("terminate", handle.terminate())


@case()
async def messages_to_nobody(side: Side) -> None:
    """There is no such workflow."""
    handle: Any = side.client.get_workflow_handle(side.name("nobody"))
    await side.note("signal", handle.signal("put", "a"))
    await side.note("query", handle.query("got"))
    await side.note("update", handle.execute_update("add", "a"))
    await side.note("cancel", handle.cancel())
    await side.note("terminate", handle.terminate())
    await side.note("describe", handle.describe())
    await side.note("result", handle.result())


@case(skips_time=False)
async def an_update_starts_the_workflow(side: Side) -> None:
    """Update-with-start: the first finds none, the second the one of the first."""
    for word in ("a", "b"):
        start = WithStartWorkflowOperation(
            Mailbox.run,
            id=side.name(""),
            task_queue=side.queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        )
        update = side.client.execute_update_with_start_workflow(
            Mailbox.add, word, start_workflow_operation=start
        )
        await side.note("update", update)
    handle = await start.workflow_handle()
    side.include("")
    await handle.signal(Mailbox.end)
    await side.note_result(handle)


@common
@workflow.defn
class Races:
    """Waits for a signal and for an activity, whichever is first."""

    def __init__(self) -> None:
        self._word = ""

    @workflow.run
    async def run(self, cancel_loser: bool) -> str:
        """Tell who was first."""
        activity = asyncio.create_task(_wait_at("point"))
        await workflow.wait_condition(lambda: bool(self._word) or activity.done())
        first = "activity" if activity.done() else self._word
        if cancel_loser and not activity.done():
            activity.cancel()
        return first

    @workflow.signal
    def say(self, word: str) -> None:
        """Say a word."""
        self._word = word


@case(skips_time=False)
async def the_signal_is_first(side: Side) -> None:
    """The workflow ends while its activity is under way."""
    handle = await side.start(Races.run, False)
    await side.points.reached("point")
    await handle.signal(Races.say, "hello")
    await side.note_result(handle)
    side.points.release("point")


@case(skips_time=False)
async def the_signal_is_first_and_the_activity_cancelled(side: Side) -> None:
    """The cancellation and the end are in the same task."""
    handle = await side.start(Races.run, True)
    await side.points.reached("point")
    await handle.signal(Races.say, "hello")
    await side.note_result(handle)
    side.points.release("point")


@common
@workflow.defn(dynamic=True)
class Anything:
    """Whatever no other workflow is called."""

    @workflow.run
    async def run(self, args: Sequence[RawValue]) -> list[Any]:
        """Tell its name and its arguments."""
        values = [workflow.payload_converter().from_payload(arg.payload) for arg in args]
        return [workflow.info().workflow_type, *values]


@case()
async def a_dynamic_workflow(side: Side) -> None:
    """It takes every name that no other workflow has."""
    await side.run("AnyName", 1, "two")


@common
@workflow.defn
class DynamicHandlers:
    """Takes every message, whatever it is called."""

    def __init__(self) -> None:
        self._got: list[Any] = []
        self._ready = False

    @workflow.run
    async def run(self) -> list[Any]:
        """Wait for three messages."""
        await workflow.wait_condition(lambda: len(self._got) >= 2)
        return self._got

    @workflow.signal(dynamic=True)
    def any_signal(self, name: str, args: Sequence[RawValue]) -> None:
        """Take a signal."""
        self._got.append(["signal", name, len(args)])

    @workflow.query(dynamic=True)
    def any_query(self, name: str, args: Sequence[RawValue]) -> list[Any]:
        """Answer a query."""
        return [name, len(args), self._got]

    @workflow.update(dynamic=True)
    def any_update(self, name: str, args: Sequence[RawValue]) -> str:
        """Take an update."""
        self._got.append(["update", name, len(args)])
        return name


@case(skips_time=False)
async def dynamic_handlers(side: Side) -> None:
    """They take what has no handler of its own."""
    handle = await side.start(DynamicHandlers.run)
    await side.settled(handle)
    await handle.signal("one", args=[1, 2])
    await side.note("query", handle.query("two", "x"))
    await side.note("update", handle.execute_update("three", 3))
    await side.note_result(handle)


@common
@workflow.defn
class LateHandler:
    """Has a signal handler only after a while; what came before has waited."""

    def __init__(self) -> None:
        self._got: list[str] = []

    @workflow.run
    async def run(self) -> list[str]:
        """Sleep, then listen."""
        await asyncio.sleep(60)
        workflow.set_signal_handler("late", self._got.append)
        await workflow.wait_condition(lambda: bool(self._got))
        return self._got


@case(worker_waits=True)
async def a_signal_waits_for_its_handler(side: Side) -> None:
    """It is buffered until there is one."""
    handle = await side.start(LateHandler.run)
    await handle.signal("late", "a")
    await side.begin_work()
    await side.note_result(handle)
