"""Cases about what a run carries along: search attributes, memo, patches, a new version."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import (
    SearchAttributeKey,
    SearchAttributePair,
    TypedSearchAttributes,
)

from tests.conformance.registry import case, common
from tests.conformance.side import Side

STAGE = SearchAttributeKey.for_keyword("Stage")
TRIES = SearchAttributeKey.for_int("Tries")


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
async def search_attributes_and_memo(side: Side) -> None:
    """They are what the client gave, and then what the workflow made of them."""
    await side.run(
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
async def patches(side: Side) -> None:
    """A new run takes the new way, and records that it did."""
    await side.run(Patched.run)


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
            await workflow.execute_activity("echo", 1, start_to_close_timeout=timedelta(seconds=50))
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
async def a_new_version_takes_over(side: Side) -> None:
    """A run of the first version goes on with the second, on the old way."""
    handle = await side.start("Evolves")
    await side.settled(handle)
    await side.deploy(EvolvesV2)
    await handle.signal("go")
    await side.note_result(handle)


@case(skips_time=False)
async def summary_and_details(side: Side) -> None:
    """A client that describes a workflow gets the summary and details of its starter."""
    handle = await side.start("Patched", static_summary="a summary", static_details="more of it")
    description = await handle.describe()
    await side.note("summary", description.static_summary())
    await side.note("details", description.static_details())
    await side.note_result(handle)
