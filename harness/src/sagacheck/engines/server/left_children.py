"""Child workflows that have outlived their order on a Temporal server, waited for to their ends."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from temporalio.client import Client, WorkflowFailureError
from temporalio.testing import TimeSkipper

from sagacheck.engines.histories import children_in
from sagacheck.engines.server.passing_time import fast_forward
from sagacheck.engines.workflow_view import WorkflowView
from sagacheck.saga import DAY


class LeftChildren:
    """The children of an order's workflow, and theirs, that have not ended with it.

    Args:
        client: The connection to the server.
        skipper: Skips their time; ``None`` where time passes.
        patience: How long each is waited for, in seconds of real time.
    """

    def __init__(self, client: Client, skipper: TimeSkipper | None, patience: float) -> None:
        self._client = client
        self._skipper = skipper
        self._patience = patience
        self._ended: set[str] = set()

    async def end(self, parent: WorkflowView) -> bool:
        """Wait until no descendant is open, for a day of each one's own time at the most.

        One that is still open then may run for ever, and is terminated.

        Returns:
            Whether there were any that were not waited for before.
        """
        found = False
        for child_id in children_in((await parent.history()).events):
            child = WorkflowView(self._client, child_id)
            if child_id not in self._ended:
                self._ended.add(child_id)
                found = await self._wait_for(child) or found
            found = await self.end(child) or found
        return found

    async def _wait_for(self, child: WorkflowView) -> bool:
        """Wait for the end of a workflow; whether it was open."""
        if (await child.state()).has_ended:
            return False
        with suppress(TimeoutError, WorkflowFailureError):
            async with asyncio.timeout(self._patience):
                if self._skipper is None:
                    await child.handle.result()
                else:
                    await fast_forward(self._skipper, child.handle, DAY)
        await child.terminate("the trial is over")
        return True
