"""Cases about chains of runs: continue-as-new, and workflows that are retried."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import (
    RetryPolicy,
    SearchAttributeKey,
    SearchAttributePair,
    TypedSearchAttributes,
)
from temporalio.exceptions import (
    ApplicationError,
)

from tests.conformance.registry import case, common
from tests.conformance.side import Side
from tests.conformance.workflows_ends import Ends, Waits

STAGE = SearchAttributeKey.for_keyword("Stage")
TRIES = SearchAttributeKey.for_int("Tries")
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)


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
async def continue_as_new(side: Side) -> None:
    """Two runs, one result."""
    await side.run(Counts.run, 1, 2)


@case()
async def continue_as_new_with_memo_and_timeouts(side: Side) -> None:
    """What the first run had, the next has too."""
    await side.run(
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
async def continue_as_new_as_another(side: Side) -> None:
    """The next run is of another type."""
    await side.run(BecomesAnother.run)


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
async def a_workflow_is_retried(side: Side) -> None:
    """Each attempt is a run of its own."""
    await side.run(FailsTwice.run, 3, retry_policy=RetryPolicy(initial_interval=SECOND))


@case()
async def a_workflow_is_retried_in_vain(side: Side) -> None:
    """The last attempt's failure is the workflow's."""
    await side.run(FailsTwice.run, 9, retry_policy=RetryPolicy(maximum_attempts=2))


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
async def changes_and_continues_as_new(side: Side) -> None:
    """The next run has what the first had made of them."""
    await side.run(
        ChangesAndContinues.run,
        True,
        memo={"a": 1, "c": 3},
        search_attributes=TypedSearchAttributes([SearchAttributePair(STAGE, "first")]),
    )


@case()
async def a_retried_workflow_continues_as_new(side: Side) -> None:
    """The policy goes on, the attempts begin anew."""
    await side.run(Counts.run, 1, 2, retry_policy=RetryPolicy(maximum_attempts=3))


@case()
async def a_retried_workflow_runs_out_of_time(side: Side) -> None:
    """There is no attempt that would begin after the end of the execution."""
    policy = RetryPolicy(initial_interval=50 * SECOND)
    await side.run(FailsTwice.run, 9, retry_policy=policy, execution_timeout=120 * SECOND)


@case()
async def a_retried_workflow_times_out(side: Side) -> None:
    """A run that times out is tried again, too."""
    policy = RetryPolicy(initial_interval=5 * SECOND, maximum_attempts=2)
    await side.run(Waits.run, retry_policy=policy, run_timeout=100 * SECOND)


@case()
async def a_failure_that_ends_the_retries(side: Side) -> None:
    """A final failure is not tried again."""
    await side.run(Ends.run, "with_a_final_failure", retry_policy=RetryPolicy())
