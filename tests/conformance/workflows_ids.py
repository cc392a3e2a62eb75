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
from tests.conformance.stage import Play, Stage
from tests.conformance.workflows_ends import Ends, Waits
from tests.conformance.workflows_messages import Mailbox


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
