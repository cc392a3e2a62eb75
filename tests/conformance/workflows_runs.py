"""Cases about runs: ids, timeouts, ends, failing tasks, continue-as-new, children, attributes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import (
    QueryRejectCondition,
    RetryPolicy,
    SearchAttributeKey,
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.exceptions import (
    ActivityError,
    ApplicationError,
    CancelledError,
    ChildWorkflowError,
    WorkflowAlreadyStartedError,
)

from tests.conformance.registry import add, case, common
from tests.conformance.stage import Handle, Play, Stage
from tests.conformance.workflows_messages import Mailbox

STAGE = SearchAttributeKey.for_keyword("Stage")
TRIES = SearchAttributeKey.for_int("Tries")
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
ONCE = RetryPolicy(maximum_attempts=1)


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
        workflow.start_activity("hang", start_to_close_timeout=timedelta(seconds=5))
        await asyncio.sleep(0)
        raise ApplicationError("did not wait")

    async def _with_a_timer_under_way(self) -> str:
        timer = asyncio.create_task(asyncio.sleep(100))
        await asyncio.sleep(1)
        return f"{timer.done()}"


def _ending(way: str) -> Play:
    async def play(stage: Stage) -> None:
        await stage.run(Ends.run, way)

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
async def the_run_times_out(stage: Stage) -> None:
    """The run's timeout ends it."""
    await stage.run(Waits.run, run_timeout=HOUR)


@case()
async def the_execution_times_out(stage: Stage) -> None:
    """The execution's timeout ends it."""
    await stage.run(Waits.run, execution_timeout=HOUR)


@case()
async def the_shorter_timeout_ends_it(stage: Stage) -> None:
    """A run cannot outlast its execution."""
    await stage.run(Waits.run, execution_timeout=HOUR, run_timeout=2 * HOUR)


@case(skips_time=False)
async def it_is_terminated(stage: Stage) -> None:
    """Termination closes it, whatever its code does."""
    handle = await stage.start(Waits.run)
    await stage.settled(handle)
    await handle.terminate("a detail", reason="no reason")
    await stage.note_result(handle)


@case(worker_waits=True)
async def it_is_terminated_before_it_began(stage: Stage) -> None:
    """Its code never runs."""
    handle = await stage.start(Waits.run)
    await handle.terminate()
    await stage.begin_work()
    await stage.note_result(handle)


async def _closed(stage: Stage, way: str) -> None:
    handle = await stage.start(Ends.run, way)
    await stage.note_result(handle)


def _reusing(policy: WorkflowIDReusePolicy, way: str) -> Play:
    async def play(stage: Stage) -> None:
        await _closed(stage, way)
        try:
            handle = await stage.start(Ends.run, "with_a_value", id_reuse_policy=policy)
        except WorkflowAlreadyStartedError as error:
            await stage.note("refused", f"{error}")
        else:
            await stage.note_result(handle)

    return play


for _policy in WorkflowIDReusePolicy:
    for _way in ("with_nothing", "with_a_failure"):
        if _policy is not WorkflowIDReusePolicy.TERMINATE_IF_RUNNING:
            add(f"reuse-{_policy.name}-{_way}".lower(), _reusing(_policy, _way))


def _conflicting(policy: WorkflowIDConflictPolicy) -> Play:
    async def play(stage: Stage) -> None:
        first = await stage.start(Waits.run)
        await stage.settled(first)
        try:
            second = await stage.start(Waits.run, id_conflict_policy=policy)
        except WorkflowAlreadyStartedError as error:
            await stage.note("refused", f"{error}")
            second = first
        await stage.note("same run", first.result_run_id == second.result_run_id)
        await stage.settled(second)
        await second.signal(Waits.end, "ended")
        await stage.note_result(second)
        await stage.note(
            "first", stage.client.get_workflow_handle(first.id, run_id=first.result_run_id).result()
        )

    return play


for _conflict in WorkflowIDConflictPolicy:
    add(f"conflict-{_conflict.name}".lower(), _conflicting(_conflict), skips_time=False)


@case(skips_time=False)
async def terminate_if_running(stage: Stage) -> None:
    """An old policy, which means another one today."""
    first = await stage.start(Waits.run)
    await stage.settled(first)
    second = await stage.start(
        Waits.run, id_reuse_policy=WorkflowIDReusePolicy.TERMINATE_IF_RUNNING
    )
    await stage.settled(second)
    await second.signal(Waits.end, "ended")
    await stage.note_result(second)


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
            "echo", "first", start_to_close_timeout=timedelta(seconds=5)
        )
        if workflow.info().workflow_id in BROKEN:
            BROKEN.discard(workflow.info().workflow_id)
            raise ValueError("a bug in the code")
        return f"{first}, mended"


@case(skips_time=False)
async def a_workflow_task_fails_and_is_tried_again(stage: Stage) -> None:
    """The task fails, not the workflow; the next attempt replays."""
    BROKEN.add(stage.name(""))
    await stage.run(Breaks.run)


@common
@workflow.defn(failure_exception_types=[ValueError])
class FailsByType:
    """Lets a plain error fail the workflow."""

    @workflow.run
    async def run(self) -> None:
        """Fail."""
        raise ValueError("this type fails the workflow")


@case()
async def an_error_type_that_fails_the_workflow(stage: Stage) -> None:
    """What is listed fails the workflow instead of its task."""
    await stage.run(FailsByType.run)


@common
@workflow.defn
class Counts:
    """Starts anew until it has counted to its end."""

    @workflow.run
    async def run(self, number: int, end: int) -> list[Any]:
        """Count on."""
        await asyncio.sleep(5)
        if number < end:
            workflow.continue_as_new(args=[number + 1, end])
        return [number, workflow.info().continued_run_id is not None]


@case()
async def continue_as_new(stage: Stage) -> None:
    """Two runs, one result."""
    await stage.run(Counts.run, 1, 2)


@case()
async def continue_as_new_with_memo_and_timeouts(stage: Stage) -> None:
    """What the first run had, the next has too."""
    await stage.run(
        Counts.run,
        1,
        2,
        memo={"a": 1},
        execution_timeout=HOUR,
        run_timeout=HOUR / 2,
        search_attributes=TypedSearchAttributes([SearchAttributePair(STAGE, "first")]),
    )


@common
@workflow.defn
class BecomesAnother:
    """Starts anew as another workflow."""

    @workflow.run
    async def run(self) -> None:
        """Become `Ends`."""
        workflow.continue_as_new(
            args=["with_a_value"], workflow="Ends", run_timeout=HOUR, memo={"was": "another"}
        )


@case()
async def continue_as_new_as_another(stage: Stage) -> None:
    """The next run is of another type."""
    await stage.run(BecomesAnother.run)


@common
@workflow.defn
class Parent:
    """Has one child, and says what became of it."""

    def __init__(self) -> None:
        self._go = False

    @workflow.run
    async def run(self, child: str, arguments: Sequence[Any], options: dict[str, Any]) -> Any:
        """Run the child."""
        closing = workflow.ParentClosePolicy[options.get("closing", "TERMINATE")]
        cancelling = workflow.ChildWorkflowCancellationType[
            options.get("cancelling", "WAIT_CANCELLATION_COMPLETED")
        ]
        try:
            handle = await workflow.start_child_workflow(
                child,
                args=arguments,
                id=f"{workflow.info().workflow_id}/child",
                parent_close_policy=closing,
                cancellation_type=cancelling,
                run_timeout=SECOND * options["timeout"] if "timeout" in options else None,
                memo=options.get("memo"),
            )
            if options.get("waits"):
                await workflow.wait_condition(lambda: self._go)
            if options.get("leaves"):
                return "left"
            if "signal" in options:
                await handle.signal("end", options["signal"])
            if options.get("cancel"):
                handle.cancel()
            return await handle
        except ChildWorkflowError as error:
            return [error.message, str(error.retry_state), repr(error.cause)]
        except WorkflowAlreadyStartedError as error:
            return str(error)

    @workflow.signal
    def go(self) -> None:
        """Go on."""
        self._go = True


CHILDREN: dict[str, tuple[str, list[Any], dict[str, Any]]] = {
    "returns": ("Ends", ["with_a_value"], {"memo": {"m": 1}}),
    "returns nothing": ("Ends", ["with_nothing"], {}),
    "fails": ("Ends", ["with_a_chain"], {}),
    "times out": ("Waits", [], {"timeout": 100}),
    "is cancelled": ("Waits", [], {"waits": True, "cancel": True}),
    "is cancelled, tried": (
        "Waits",
        [],
        {"waits": True, "cancel": True, "cancelling": "TRY_CANCEL"},
    ),
    "is cancelled, abandoned": (
        "Waits",
        [],
        {"waits": True, "cancel": True, "cancelling": "ABANDON"},
    ),
    "continues as new": ("Counts", [1, 2], {}),
}


def _having(child: str, arguments: list[Any], options: dict[str, Any]) -> Play:
    async def play(stage: Stage) -> None:
        handle = await stage.start(Parent.run, child, arguments, options)
        other = stage.client.get_workflow_handle(stage.name("child"))
        if options.get("waits"):
            await _until_both_wait(stage, handle)
            await handle.signal(Parent.go)
        await stage.note_result(handle)
        stage.include("child")
        await stage.note("child", other.result())

    return play


async def _until_both_wait(stage: Stage, handle: Handle) -> None:
    await stage.has(handle, "CHILD_WORKFLOW_EXECUTION_STARTED")
    await stage.settled(handle)
    await stage.settled(stage.client.get_workflow_handle(stage.name("child")))


for _name, _child in CHILDREN.items():
    add(f"child {_name}".replace(" ", "-").replace(",", ""), _having(*_child))


def _closing(policy: str) -> Play:
    async def play(stage: Stage) -> None:
        options = {"waits": True, "leaves": True, "closing": policy}
        handle = await stage.start(Parent.run, "Waits", [], options)
        child = stage.client.get_workflow_handle(stage.name("child"))
        await _until_both_wait(stage, handle)
        await handle.signal(Parent.go)
        await stage.note_result(handle)
        if policy == "ABANDON":
            await child.signal("end", "alone")
        stage.include("child")
        await stage.note("child", child.result())

    return play


for _closing_policy in ("TERMINATE", "REQUEST_CANCEL", "ABANDON"):
    add(f"parent-closes-{_closing_policy}".lower(), _closing(_closing_policy), skips_time=False)


@case(skips_time=False)
async def the_child_s_id_is_taken(stage: Stage) -> None:
    """The child cannot be started."""
    other = await stage.start(Waits.run, id="child")
    await stage.settled(other)
    await stage.run(Parent.run, "Waits", [], {})
    await other.signal(Waits.end, "other")
    await stage.note_result(other)


@case(skips_time=False)
async def the_parent_is_cancelled_and_its_child_with_it(stage: Stage) -> None:
    """Waiting for the child is what is cancelled."""
    handle = await stage.start(Parent.run, "Waits", [], {})
    await _until_both_wait(stage, handle)
    await handle.cancel()
    await stage.note_result(handle)
    stage.include("child")


@case(skips_time=False)
async def the_child_is_terminated(stage: Stage) -> None:
    """The parent is told."""
    handle = await stage.start(Parent.run, "Waits", [], {})
    await _until_both_wait(stage, handle)
    child = stage.client.get_workflow_handle(stage.name("child"))
    await child.terminate(reason="by somebody")
    await stage.note_result(handle)
    stage.include("child")


@common
@workflow.defn
class SlowToCancel:
    """Takes its time to cancel, and knows what it was told meanwhile."""

    def __init__(self) -> None:
        self._told = ""

    @workflow.run
    async def run(self) -> str:
        """Wait, and undo when cancelled."""
        try:
            await workflow.wait_condition(lambda: False)
        except asyncio.CancelledError:
            await workflow.execute_activity(
                "wait_at", "undo", start_to_close_timeout=timedelta(seconds=50)
            )
        return f"undone, {self._told}"

    @workflow.signal
    def end(self, word: str) -> None:
        """Be told something, which is no reason to end."""
        self._told = word


@case(skips_time=False)
async def a_child_is_signalled_and_asked_to_cancel(stage: Stage) -> None:
    """Core waits for the child to end, although the parent asked for less."""
    options = {
        "waits": True,
        "signal": "from the parent",
        "cancel": True,
        "cancelling": "WAIT_CANCELLATION_REQUESTED",
        "closing": "ABANDON",
    }
    handle = await stage.start(Parent.run, "SlowToCancel", [], options)
    await _until_both_wait(stage, handle)
    await handle.signal(Parent.go)
    await stage.points.reached("undo")
    await stage.settled(handle)
    stage.points.release("undo")
    await stage.note_result(handle)
    stage.include("child")
    await stage.note("child", stage.client.get_workflow_handle(stage.name("child")).result())


@common
@workflow.defn
class Outsider:
    """Signals and cancels another workflow, which is no child."""

    @workflow.run
    async def run(self, other: str, what: str) -> str:
        """Reach out."""
        handle = workflow.get_external_workflow_handle(other)
        try:
            if what == "signal":
                await handle.signal("end", "from an outsider")
            else:
                await handle.cancel()
        except ApplicationError as error:
            return f"{error.type}: {error.message}"
        return "done"


@case(skips_time=False)
async def another_workflow_is_signalled(stage: Stage) -> None:
    """The signal arrives like a client's."""
    other = await stage.start(Waits.run, id="other")
    await stage.settled(other)
    await stage.run(Outsider.run, other.id, "signal")
    await stage.note_result(other)


@case(skips_time=False)
async def another_workflow_is_cancelled(stage: Stage) -> None:
    """The request arrives like a client's."""
    other = await stage.start(Waits.run, id="other")
    await stage.settled(other)
    await stage.run(Outsider.run, other.id, "cancel")
    await stage.note_result(other)


@case()
async def nobody_is_signalled(stage: Stage) -> None:
    """The workflow is told that there is nobody."""
    await stage.run(Outsider.run, stage.name("nobody"), "signal")


@case()
async def nobody_is_cancelled(stage: Stage) -> None:
    """The workflow is told that there is nobody."""
    await stage.run(Outsider.run, stage.name("nobody"), "cancel")


@common
@workflow.defn
class Attributes:
    """Reads and changes its search attributes and its memo."""

    @workflow.run
    async def run(self) -> list[Any]:
        """Tell what they were, and change them."""
        stage = workflow.info().typed_search_attributes.get(STAGE)
        workflow.upsert_search_attributes([STAGE.value_set("second"), TRIES.value_set(2)])
        memo = dict(workflow.memo())
        workflow.upsert_memo({"b": 2, "a": None})
        await asyncio.sleep(1)
        workflow.upsert_search_attributes([TRIES.value_unset()])
        now = workflow.info().typed_search_attributes
        return [stage, memo, now.get(STAGE), now.get(TRIES), dict(workflow.memo())]


@case()
async def search_attributes_and_memo(stage: Stage) -> None:
    """They are what the client gave, and then what the workflow made of them."""
    await stage.run(
        Attributes.run,
        memo={"a": 1},
        search_attributes=TypedSearchAttributes([SearchAttributePair(STAGE, "first")]),
    )


@common
@workflow.defn
class Patched:
    """Has been changed, and says so."""

    @workflow.run
    async def run(self) -> str:
        """Take the new way."""
        told = [str(workflow.patched("one"))]
        await asyncio.sleep(1)
        told.append(str(workflow.patched("one")))
        told.append(str(workflow.patched("two")))
        workflow.deprecate_patch("old")
        await asyncio.sleep(1)
        return ", ".join(told)


@case()
async def patches(stage: Stage) -> None:
    """A new run takes the new way, and records that it did."""
    await stage.run(Patched.run)


@workflow.defn(name="Evolves")
class EvolvesV1:
    """The first version."""

    def __init__(self) -> None:
        self._go = False

    @workflow.run
    async def run(self) -> str:
        """Wait, then echo."""
        await workflow.wait_condition(lambda: self._go)
        return str(
            await workflow.execute_activity("echo", 1, start_to_close_timeout=timedelta(seconds=5))
        )

    @workflow.signal
    def go(self) -> None:
        """Go on."""
        self._go = True


@workflow.defn(name="Evolves")
class EvolvesV2(EvolvesV1):
    """The second version, which is compatible by its patch."""

    @workflow.run
    async def run(self) -> str:
        """Sleep first, but not where the first version did not."""
        if workflow.patched("sleeps"):
            await asyncio.sleep(1)
        return await super().run()


@case(skips_time=False, workflows=[EvolvesV1])
async def a_new_version_takes_over(stage: Stage) -> None:
    """A run of the first version goes on with the second, on the old way."""
    handle = await stage.start("Evolves")
    await stage.settled(handle)
    await stage.deploy(EvolvesV2)
    await handle.signal("go")
    await stage.note_result(handle)


@common
@workflow.defn
class FailsTwice:
    """A workflow that is retried as a whole."""

    @workflow.run
    async def run(self, succeeds_at: int) -> int:
        """Fail until some attempt."""
        if workflow.info().attempt < succeeds_at:
            raise ApplicationError(f"attempt {workflow.info().attempt}", type="Again")
        return workflow.info().attempt


@case()
async def a_workflow_is_retried(stage: Stage) -> None:
    """Each attempt is a run of its own."""
    await stage.run(FailsTwice.run, 3, retry_policy=RetryPolicy(initial_interval=SECOND))


@case()
async def a_workflow_is_retried_in_vain(stage: Stage) -> None:
    """The last attempt's failure is the workflow's."""
    await stage.run(FailsTwice.run, 9, retry_policy=RetryPolicy(maximum_attempts=2))


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
                start_to_close_timeout=timedelta(seconds=5),
                retry_policy=RetryPolicy(maximum_attempts=2),
            )
        except ActivityError as error:
            raise ApplicationError("the saga failed", {"step": 1}, type="SagaFailed") from error


@case()
async def a_failure_with_all_its_causes(stage: Stage) -> None:
    """The chain reaches the client as it is."""
    await stage.run(Undo.run)


@case()
async def a_workflow_that_nobody_knows(stage: Stage) -> None:
    """A dynamic workflow takes what nobody knows; described while it is closed."""
    handle = await stage.start("NobodyKnowsIt")
    await stage.note_result(handle)
    description = await handle.describe()
    await stage.note("status", str(description.status))
    await stage.note("type", description.workflow_type)
    await stage.note("closed", description.close_time is not None)
    await stage.note("events", description.history_length >= 5)


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
                "echo", object(), start_to_close_timeout=timedelta(seconds=5)
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
    async def play(stage: Stage) -> None:
        handle = await stage.start(Breaking.run, way)
        if way == "signal":
            await stage.settled(handle)
            await handle.signal(Breaking.break_it)
        await stage.has(handle, "WORKFLOW_TASK_FAILED", 2 if way == "signal" else 1)
        await handle.terminate(reason="it is broken")
        await stage.note_result(handle)

    return play


for _way in ("result", "argument", "signal"):
    add(f"breaks-{_way}", _breaking(_way), skips_time=False)


@common
@workflow.defn
class ChangesAndContinues:
    """Changes its attributes and its memo, and continues as new."""

    @workflow.run
    async def run(self, again: bool) -> list[Any]:
        """Change them, once."""
        if again:
            workflow.upsert_search_attributes([STAGE.value_set("second"), TRIES.value_set(1)])
            workflow.upsert_memo({"b": 2, "a": None})
            workflow.continue_as_new(False)
        attributes = workflow.info().typed_search_attributes
        return [attributes.get(STAGE), attributes.get(TRIES), dict(workflow.memo())]


@case()
async def changes_and_continues_as_new(stage: Stage) -> None:
    """The next run has what the first had made of them."""
    await stage.run(
        ChangesAndContinues.run,
        True,
        memo={"a": 1, "c": 3},
        search_attributes=TypedSearchAttributes([SearchAttributePair(STAGE, "first")]),
    )


@case()
async def a_retried_workflow_continues_as_new(stage: Stage) -> None:
    """The policy goes on, the attempts begin anew."""
    await stage.run(Counts.run, 1, 2, retry_policy=RetryPolicy(maximum_attempts=3))


@case()
async def a_retried_workflow_runs_out_of_time(stage: Stage) -> None:
    """There is no attempt that would begin after the end of the execution."""
    policy = RetryPolicy(initial_interval=5 * SECOND)
    await stage.run(FailsTwice.run, 9, retry_policy=policy, execution_timeout=12 * SECOND)


@case()
async def a_retried_workflow_times_out(stage: Stage) -> None:
    """A run that times out is tried again, too."""
    policy = RetryPolicy(initial_interval=5 * SECOND, maximum_attempts=2)
    await stage.run(Waits.run, retry_policy=policy, run_timeout=100 * SECOND)


@case()
async def a_failure_that_ends_the_retries(stage: Stage) -> None:
    """A final failure is not tried again."""
    await stage.run(Ends.run, "with_a_final_failure", retry_policy=RetryPolicy())


@case(skips_time=False)
async def requests_to_another_chain(stage: Stage) -> None:
    """Who means another chain of runs does not reach this one."""
    handle = await stage.start(Waits.run)
    await stage.settled(handle)
    other: Any = stage.client.get_workflow_handle(
        handle.id, first_execution_run_id="00000000-0000-4000-8000-000000000000"
    )
    await stage.note("cancel", other.cancel())
    await stage.note("terminate", other.terminate())
    await handle.signal(Waits.end, "ended")
    await stage.note_result(handle)


@case(skips_time=False)
async def queries_with_conditions(stage: Stage) -> None:
    """A query can be refused by how the workflow is."""
    condition = QueryRejectCondition
    handle = await stage.start(Mailbox.run)
    for when in ("running", "completed"):
        if when == "completed":
            await handle.signal(Mailbox.end)
            await stage.note_result(handle)
        for each in (condition.NOT_OPEN, condition.NOT_COMPLETED_CLEANLY):
            answer = handle.query(Mailbox.got, reject_condition=each)
            await stage.note(f"{when}, {each.name}", answer)
    failed = await stage.start(Ends.run, "with_a_failure", id="failed")
    await stage.note_result(failed)
    answer = failed.query("any", reject_condition=condition.NOT_COMPLETED_CLEANLY)
    await stage.note("failed", answer)


@common
@workflow.defn
class Grandparent:
    """Has a child that has a child."""

    @workflow.run
    async def run(self, depth: int) -> list[Any]:
        """Go down."""
        info = workflow.info()
        above = [info.parent is not None, info.root is not None and info.root.workflow_id]
        if depth:
            return [
                *above,
                *await workflow.execute_child_workflow(
                    Grandparent.run, depth - 1, id=f"{info.workflow_id}/child"
                ),
            ]
        return above


@case()
async def a_child_of_a_child(stage: Stage) -> None:
    """It knows its parent, and the root of all."""
    await stage.run(Grandparent.run, 2)
    stage.include("child")
    stage.include("child/child")


@common
@workflow.defn
class ManyChildren:
    """Has a child whose policies are unusual."""

    @workflow.run
    async def run(self, policy: str, attempts: int) -> Any:
        """Run the same child twice."""
        told: list[str] = []
        for _ in range(2):
            try:
                told.append(
                    str(
                        await workflow.execute_child_workflow(
                            "FailsTwice" if attempts else "Ends",
                            3 if attempts else "with_nothing",
                            id=f"{workflow.info().workflow_id}/child",
                            id_reuse_policy=WorkflowIDReusePolicy[policy],
                            retry_policy=RetryPolicy(maximum_attempts=attempts)
                            if attempts
                            else None,
                            search_attributes=TypedSearchAttributes(
                                [SearchAttributePair(STAGE, "child")]
                            ),
                        )
                    )
                )
            except WorkflowAlreadyStartedError as error:
                told.append(str(error))
            except ChildWorkflowError as error:
                told.append(f"{error.retry_state}, {error.cause}")
        return told


def _repeating(policy: str, attempts: int) -> Play:
    async def play(stage: Stage) -> None:
        await stage.run(ManyChildren.run, policy, attempts)
        stage.include("child")

    return play


for _policy_name, _attempts in (
    ("ALLOW_DUPLICATE", 3),
    ("ALLOW_DUPLICATE_FAILED_ONLY", 2),
    ("ALLOW_DUPLICATE_FAILED_ONLY", 0),
    ("REJECT_DUPLICATE", 0),
):
    add(f"child-again-{_policy_name}-{_attempts}".lower(), _repeating(_policy_name, _attempts))


@common
@workflow.defn
class UnseenChild:
    """Cancels a child, or a signal to it, before anybody has seen it."""

    @workflow.run
    async def run(self) -> str:
        """Start, and cancel at once."""
        child = asyncio.create_task(
            workflow.execute_child_workflow("Waits", id=f"{workflow.info().workflow_id}/child")
        )
        await asyncio.sleep(0)
        child.cancel()
        try:
            await child
        except asyncio.CancelledError:
            return "cancelled"
        except ChildWorkflowError as error:
            return f"{error.message}, {error.cause!r}"
        return "not cancelled"


@case()
async def a_child_is_cancelled_before_anybody_has_seen_it(stage: Stage) -> None:
    """The service never hears of it."""
    await stage.run(UnseenChild.run)


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
                    "hang", start_to_close_timeout=timedelta(seconds=2), retry_policy=ONCE
                )
            except ActivityError as error:
                told.append(f"{error.cause}")

        async def timer() -> None:
            await asyncio.sleep(1)
            told.append("timer")

        await asyncio.gather(activity(), timer())
        return told


@case()
async def an_activity_and_a_timer(stage: Stage) -> None:
    """Each ends in its own time."""
    await stage.run(TwoTasks.run)
