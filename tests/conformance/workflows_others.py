"""Cases about signals and cancel requests to other workflows."""

from __future__ import annotations

from temporalio import workflow
from temporalio.exceptions import (
    ApplicationError,
)

from tests.conformance.registry import case, common
from tests.conformance.side import Side
from tests.conformance.workflows_ends import Waits


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
async def another_workflow_is_signalled(side: Side) -> None:
    """The signal arrives like a client's."""
    other = await side.start(Waits.run, id="other")
    await side.settled(other)
    await side.run(Outsider.run, other.id, "signal")
    await side.note_result(other)


@case(skips_time=False)
async def another_workflow_is_cancelled(side: Side) -> None:
    """The request arrives like a client's."""
    other = await side.start(Waits.run, id="other")
    await side.settled(other)
    await side.run(Outsider.run, other.id, "cancel")
    await side.note_result(other)


@case()
async def nobody_is_signalled(side: Side) -> None:
    """The workflow gets the error that the other does not exist."""
    await side.run(Outsider.run, side.name("nobody"), "signal")


@case()
async def nobody_is_cancelled(side: Side) -> None:
    """The workflow gets the error that the other does not exist."""
    await side.run(Outsider.run, side.name("nobody"), "cancel")
