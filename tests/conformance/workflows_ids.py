"""Cases about workflow ids: which may be used again, what a running one does, whom a call means."""

from __future__ import annotations

from typing import Any

from temporalio.common import (
    QueryRejectCondition,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.exceptions import (
    WorkflowAlreadyStartedError,
)

from tests.conformance.registry import add, case
from tests.conformance.side import Play, Side
from tests.conformance.workflows_ends import Ends, Waits
from tests.conformance.workflows_messages import Mailbox


async def _closed(side: Side, way: str) -> None:
    handle = await side.start(Ends.run, way)
    await side.note_result(handle)


def _reusing(policy: WorkflowIDReusePolicy, way: str) -> Play:
    async def play(side: Side) -> None:
        await _closed(side, way)
        try:
            handle = await side.start(Ends.run, "with_a_value", id_reuse_policy=policy)
        except WorkflowAlreadyStartedError as error:
            await side.note("refused", f"{error}")
        else:
            await side.note_result(handle)

    return play


for _policy in WorkflowIDReusePolicy:
    for _way in ("with_nothing", "with_a_failure"):
        if _policy is not WorkflowIDReusePolicy.TERMINATE_IF_RUNNING:
            add(f"reuse-{_policy.name}-{_way}".lower(), _reusing(_policy, _way))


def _conflicting(policy: WorkflowIDConflictPolicy) -> Play:
    async def play(side: Side) -> None:
        first = await side.start(Waits.run)
        await side.settled(first)
        try:
            second = await side.start(Waits.run, id_conflict_policy=policy)
        except WorkflowAlreadyStartedError as error:
            await side.note("refused", f"{error}")
            second = first
        await side.note("same run", first.result_run_id == second.result_run_id)
        await side.settled(second)
        await second.signal(Waits.end, "ended")
        await side.note_result(second)
        await side.note(
            "first", side.client.get_workflow_handle(first.id, run_id=first.result_run_id).result()
        )

    return play


for _conflict in WorkflowIDConflictPolicy:
    add(f"conflict-{_conflict.name}".lower(), _conflicting(_conflict), skips_time=False)


@case(skips_time=False)
async def terminate_if_running(side: Side) -> None:
    """An old policy, which means another one today."""
    first = await side.start(Waits.run)
    await side.settled(first)
    second = await side.start(Waits.run, id_reuse_policy=WorkflowIDReusePolicy.TERMINATE_IF_RUNNING)
    await side.settled(second)
    await second.signal(Waits.end, "ended")
    await side.note_result(second)


@case(skips_time=False)
async def requests_to_another_chain(side: Side) -> None:
    """Who means another chain of runs does not reach this one."""
    handle = await side.start(Waits.run)
    await side.settled(handle)
    other: Any = side.client.get_workflow_handle(
        handle.id, first_execution_run_id="00000000-0000-4000-8000-000000000000"
    )
    await side.note("cancel", other.cancel())
    await side.note("terminate", other.terminate())
    await handle.signal(Waits.end, "ended")
    await side.note_result(handle)


@case(skips_time=False)
async def queries_with_conditions(side: Side) -> None:
    """A query can be refused by how the workflow is."""
    condition = QueryRejectCondition
    handle = await side.start(Mailbox.run)
    for when in ("running", "completed"):
        if when == "completed":
            await handle.signal(Mailbox.end)
            await side.note_result(handle)
        for each in (condition.NOT_OPEN, condition.NOT_COMPLETED_CLEANLY):
            answer = handle.query(Mailbox.got, reject_condition=each)
            await side.note(f"{when}, {each.name}", answer)
    failed = await side.start(Ends.run, "with_a_failure", id="failed")
    await side.note_result(failed)
    answer = failed.query("any", reject_condition=condition.NOT_COMPLETED_CLEANLY)
    await side.note("failed", answer)
