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
    ChildWorkflowError,
    WorkflowAlreadyStartedError,
)

from tests.conformance.registry import add, case, common
from tests.conformance.side import Handle, Play, Side
from tests.conformance.workflows_ends import Waits

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
    async def play(side: Side) -> None:
        handle = await side.start(Parent.run, child, arguments, options)
        other = side.client.get_workflow_handle(side.name("child"))
        if options.get("waits"):
            await _until_both_wait(side, handle)
            await handle.signal(Parent.go)
        await side.note_result(handle)
        side.include("child")
        await side.note("child", other.result())

    return play


async def _until_both_wait(side: Side, handle: Handle) -> None:
    await side.has(handle, "CHILD_WORKFLOW_EXECUTION_STARTED")
    await side.settled(handle)
    await side.settled(side.client.get_workflow_handle(side.name("child")))


for _name, _child in CHILDREN.items():
    add(f"child {_name}".replace(" ", "-").replace(",", ""), _having(*_child))


def _closing(policy: str) -> Play:
    async def play(side: Side) -> None:
        options = {"waits": True, "leaves": True, "closing": policy}
        handle = await side.start(Parent.run, "Waits", [], options)
        child = side.client.get_workflow_handle(side.name("child"))
        await _until_both_wait(side, handle)
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
    handle = await side.start(Parent.run, "Waits", [], {})
    await _until_both_wait(side, handle)
    await handle.cancel()
    await side.note_result(handle)
    side.include("child")


@case(skips_time=False)
async def the_child_is_terminated(side: Side) -> None:
    """The parent gets the end."""
    handle = await side.start(Parent.run, "Waits", [], {})
    await _until_both_wait(side, handle)
    child = side.client.get_workflow_handle(side.name("child"))
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
    await _until_both_wait(side, handle)
    await handle.signal(Parent.go)
    await side.points.reached("undo")
    await side.settled(handle)
    side.points.release("undo")
    await side.note_result(handle)
    side.include("child")
    await side.note("child", side.client.get_workflow_handle(side.name("child")).result())


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
async def a_child_of_a_child(side: Side) -> None:
    """It knows its parent, and the root of all."""
    await side.run(Grandparent.run, 2)
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
    async def play(side: Side) -> None:
        await side.run(ManyChildren.run, policy, attempts)
        side.include("child")

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
