"""Cases about child workflows."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import (
    RetryPolicy,
    SearchAttributeKey,
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDReusePolicy,
)
from temporalio.exceptions import (
    ApplicationError,
    ChildWorkflowError,
    WorkflowAlreadyStartedError,
)

from tests.conformance.registry import add, case, common
from tests.conformance.side import TASK_TIMEOUT, Handle, Play, Side
from tests.conformance.workflows_ends import Ends, Waits

STAGE = SearchAttributeKey.for_keyword("Stage")
SECOND = timedelta(seconds=1)


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
                task_timeout=TASK_TIMEOUT,
            )
            if options.get("waits"):
                await workflow.wait_condition(lambda: self._go)
            if options.get("leaves"):
                return "left"
            if "signal" in options:
                await handle.signal("end", options["signal"])
                self._go = False
                await workflow.wait_condition(lambda: self._go)
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


@common
@workflow.defn
class EndsWhenTold:
    """Ends in one of the ways of `Ends` when it is told to, also where it was cancelled before.

    A child that ends by itself races with the workflow task in which its parent sees its start, or
    the delivery of a cancel request: a server may record them in any order.
    """

    def __init__(self) -> None:
        self._is_told = False

    @workflow.run
    async def run(self, way: str) -> Any:
        """Wait, and end."""
        try:
            await workflow.wait_condition(lambda: self._is_told)
        except asyncio.CancelledError:
            await workflow.wait_condition(lambda: self._is_told)
            raise
        if way == "in_a_later_run":
            workflow.continue_as_new(args=[1, 1], workflow="Counts")
        if way == "never":
            await workflow.wait_condition(lambda: False)
        return await getattr(Ends(), f"_{way}")()

    @workflow.signal
    def tell(self) -> None:
        """Let it end."""
        self._is_told = True


CHILDREN: dict[str, tuple[str, dict[str, Any]]] = {
    "returns": ("with_a_value", {"memo": {"m": 1}}),
    "returns nothing": ("with_nothing", {}),
    "fails": ("with_a_chain", {}),
    "continues as new": ("in_a_later_run", {}),
}
CANCELLED_CHILDREN: dict[str, dict[str, Any]] = {
    "is cancelled": {},
    "is cancelled, tried": {"cancelling": "TRY_CANCEL", "closing": "ABANDON"},
    "is cancelled, abandoned": {"cancelling": "ABANDON"},
}


def _having(way: str, options: dict[str, Any]) -> Play:
    async def play(side: Side) -> None:
        handle = await side.start(Parent.run, "EndsWhenTold", [way], options)
        child = await _until_both_wait(side, handle)
        await child.signal(EndsWhenTold.tell)
        await side.note_result(handle)
        side.include("child")
        await side.note("child", child.result())

    return play


def _cancelling(options: dict[str, Any]) -> Play:
    async def play(side: Side) -> None:
        usual = {"waits": True, "cancel": True}
        handle = await side.start(Parent.run, "EndsWhenTold", ["with_nothing"], usual | options)
        child = await _until_both_wait(side, handle)
        await handle.signal(Parent.go)
        if options.get("cancelling") != "ABANDON":  # else the parent ends at once
            await _tell_when_both_wait(side, handle, child)
        await side.note_result(handle)
        side.include("child")
        await side.note("child", child.result())

    return play


async def _tell_when_both_wait(side: Side, parent: Handle, child: Handle) -> None:
    """Let a child end that was cancelled, when both know that it was."""
    await side.has(parent, "EXTERNAL_WORKFLOW_EXECUTION_CANCEL_REQUESTED")
    await side.settled(parent)
    await side.settled(child)
    await child.signal(EndsWhenTold.tell)


async def _until_both_wait(side: Side, parent: Handle, times: int = 1) -> Handle:
    """Wait until the parent has seen that its child has begun, and the child waits; the child."""
    child: Handle = side.client.get_workflow_handle(f"{parent.id}/child")
    await side.has(parent, "CHILD_WORKFLOW_EXECUTION_STARTED", times)
    await side.settled(parent)
    await side.settled(child)
    return child


for _name, _child in CHILDREN.items():
    add(f"child {_name}".replace(" ", "-").replace(",", ""), _having(*_child))
for _name, _options in CANCELLED_CHILDREN.items():
    add(f"child {_name}".replace(" ", "-").replace(",", ""), _cancelling(_options))


@case()
async def child_times_out(side: Side) -> None:
    """An activity holds its time until the parent has seen that it has begun."""
    handle = await side.start(Parent.run, "CompletesAndWaits", [], {"timeout": 100})
    await side.has(handle, "CHILD_WORKFLOW_EXECUTION_STARTED")
    await side.settled(handle)
    await side.points.reached("held")
    side.points.release("held")
    await side.note_result(handle)
    side.include("child")


@common
@workflow.defn
class CompletesAndWaits:
    """Waits for ever after an activity."""

    @workflow.run
    async def run(self) -> None:
        """Wait."""
        await workflow.execute_activity(
            "wait_at", "held", start_to_close_timeout=timedelta(seconds=90)
        )
        await workflow.wait_condition(lambda: False)


def _closing(policy: str) -> Play:
    async def play(side: Side) -> None:
        options = {"waits": True, "leaves": True, "closing": policy}
        handle = await side.start(Parent.run, "Waits", [], options)
        child = await _until_both_wait(side, handle)
        await handle.signal(Parent.go)
        await side.note_result(handle)
        if policy == "ABANDON":
            await child.signal("end", "alone")
        side.include("child")
        await side.note("child", child.result())

    return play


for _closing_policy in ("TERMINATE", "REQUEST_CANCEL", "ABANDON"):
    add(f"parent-closes-{_closing_policy}".lower(), _closing(_closing_policy), skips_time=False)


@case(skips_time=False)
async def the_child_s_id_is_taken(side: Side) -> None:
    """The child cannot be started."""
    other = await side.start(Waits.run, id="child")
    await side.settled(other)
    await side.run(Parent.run, "Waits", [], {})
    await other.signal(Waits.end, "other")
    await side.note_result(other)


@case(skips_time=False)
async def the_parent_is_cancelled_and_its_child_with_it(side: Side) -> None:
    """Waiting for the child is what is cancelled."""
    handle = await side.start(Parent.run, "EndsWhenTold", ["with_nothing"], {})
    child = await _until_both_wait(side, handle)
    await handle.cancel()
    await _tell_when_both_wait(side, handle, child)
    await side.note_result(handle)
    side.include("child")


@case(skips_time=False)
async def the_child_is_terminated(side: Side) -> None:
    """The parent gets the end."""
    handle = await side.start(Parent.run, "Waits", [], {})
    child = await _until_both_wait(side, handle)
    await child.terminate(reason="by somebody")
    await side.note_result(handle)
    side.include("child")


@common
@workflow.defn
class SlowToCancel:
    """Takes its time to cancel, and keeps the signals that arrive meanwhile."""

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
async def a_child_is_signalled_and_asked_to_cancel(side: Side) -> None:
    """Core waits for the child to end, although the parent asked for less."""
    options = {
        "waits": True,
        "signal": "from the parent",
        "cancel": True,
        "cancelling": "WAIT_CANCELLATION_REQUESTED",
        "closing": "ABANDON",
    }
    handle = await side.start(Parent.run, "SlowToCancel", [], options)
    child = await _until_both_wait(side, handle)
    await handle.signal(Parent.go)
    await side.has(handle, "EXTERNAL_WORKFLOW_EXECUTION_SIGNALED")
    await side.settled(handle)
    await side.settled(child)
    await handle.signal(Parent.go)
    await side.points.reached("undo")
    await side.has(handle, "EXTERNAL_WORKFLOW_EXECUTION_CANCEL_REQUESTED")
    await side.settled(handle)
    side.points.release("undo")
    await side.note_result(handle)
    side.include("child")
    await side.note("child", child.result())


@common
@workflow.defn
class Grandparent:
    """Has a child that has a child."""

    def __init__(self) -> None:
        self._is_told = False

    @workflow.signal
    def tell(self) -> None:
        """Let the youngest end."""
        self._is_told = True

    @workflow.run
    async def run(self, depth: int) -> list[Any]:
        """Go down."""
        info = workflow.info()
        above = [info.parent is not None, info.root is not None and info.root.workflow_id]
        if depth:
            return [
                *above,
                *await workflow.execute_child_workflow(
                    Grandparent.run,
                    depth - 1,
                    id=f"{info.workflow_id}/child",
                    task_timeout=TASK_TIMEOUT,
                ),
            ]
        await workflow.wait_condition(lambda: self._is_told)
        return above


@case()
async def a_child_of_a_child(side: Side) -> None:
    """It knows its parent, and the root of all."""
    handle = await side.start(Grandparent.run, 2)
    child = await _until_both_wait(side, handle)
    grandchild = await _until_both_wait(side, child)
    await grandchild.signal(Grandparent.tell)
    await side.note_result(handle)
    side.include("child")
    side.include("child/child")


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
                            "FailsTwiceWhenTold" if attempts else "EndsWhenTold",
                            3 if attempts else "with_nothing",
                            id=f"{workflow.info().workflow_id}/child",
                            id_reuse_policy=WorkflowIDReusePolicy[policy],
                            task_timeout=TASK_TIMEOUT,
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


@common
@workflow.defn
class FailsTwiceWhenTold:
    """Fails until some attempt, the first of which waits until it is told to go on."""

    def __init__(self) -> None:
        self._is_told = workflow.info().attempt > 1

    @workflow.run
    async def run(self, succeeds_at: int) -> int:
        """Fail, or say which attempt it is."""
        await workflow.wait_condition(lambda: self._is_told)
        if workflow.info().attempt < succeeds_at:
            raise ApplicationError(f"attempt {workflow.info().attempt}", type="Again")
        return workflow.info().attempt

    @workflow.signal
    def tell(self) -> None:
        """Let it go on."""
        self._is_told = True


def _repeating(policy: str, attempts: int, children: int) -> Play:
    async def play(side: Side) -> None:
        handle = await side.start(ManyChildren.run, policy, attempts)
        for number in range(1, children + 1):
            child = await _until_both_wait(side, handle, number)
            await child.signal("tell")
        await side.note_result(handle)
        side.include("child")

    return play


for _policy_name, _attempts, _children in (
    ("ALLOW_DUPLICATE", 3, 2),
    ("ALLOW_DUPLICATE_FAILED_ONLY", 2, 2),
    ("ALLOW_DUPLICATE_FAILED_ONLY", 0, 1),
    ("REJECT_DUPLICATE", 0, 1),
):
    add(
        f"child-again-{_policy_name}-{_attempts}".lower(),
        _repeating(_policy_name, _attempts, _children),
    )


@common
@workflow.defn
class UnseenChild:
    """Cancels a child, or a signal to it, before the service sees it."""

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
async def a_child_is_cancelled_before_anybody_has_seen_it(side: Side) -> None:
    """The service never sees it."""
    await side.run(UnseenChild.run)
