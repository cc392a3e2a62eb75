"""Records the histories that the replay tests replay: ``python -m tests.replay.record``.

Record anew only what is new. A history that was recorded with an older version of the workflow is
what guards the orders that are under way when a new version is deployed.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from sagacheck.engines.server.engine import ServerEngine
from sagacheck.language import CancelBy, Scenario
from sagacheck.process_exit import exit_process
from sagacheck.run import run_all
from scenarios import SAGA
from tests.orders._stories import (
    ORDER,
    PLENTY,
    cancels,
    ends,
    loses_reply,
    rejects,
    story,
)

HISTORIES = Path(__file__).with_name("histories")
PROCESS_NAME = re.compile(r"\d+@")
"""How the name of a worker or a client begins that the SDK has made of process and computer."""

STORIES: dict[str, Scenario] = {
    recorded.name: recorded
    for recorded in (
        story("completed", expect=ends("completed")),
        story(
            "completed_after_retries",
            faults=[rejects("payments.charge", 503, 1), rejects("notifications.send", 503, 1, 2)],
            expect=ends("completed"),
        ),
        story(
            "failed_and_undone",
            faults=[rejects("shipping.create", 422)],
            expect=ends("failed", "InvalidAddress"),
        ),
        story(
            "cancelled_by_signal",
            events=[cancels(CancelBy.SIGNAL, "before", "payments.charge")],
            expect=ends("failed", "OrderCancelled"),
        ),
        story(
            "cancelled_by_update",
            events=[cancels(CancelBy.UPDATE, "after", "shipping.create")],
            expect=ends("failed", "OrderCancelled"),
        ),
        story(
            "cancelled_workflow",
            events=[cancels(CancelBy.WORKFLOW, "before", "shipping.create")],
            expect=ends("cancelled"),
        ),
        story(
            "stands_because_the_parcel_left",
            given=replace(PLENTY, ships_after=1.0),
            faults=[loses_reply("shipping.create", 1, 2, 3)],
            expect=ends("completed"),
        ),
        story(
            "needs_attention",
            given=replace(PLENTY, refunds_refused=True),
            faults=[rejects("shipping.create", 422)],
            expect=ends("needs_attention"),
        ),
    )
}
"""What is recorded, by the name of its file."""


async def record(names: list[str]) -> None:
    """Play stories on a server, and write down their histories.

    Raises:
        RuntimeError: A story did not end as it should.
    """
    saga = SAGA
    async with ServerEngine(saga) as engine:
        results = await run_all([STORIES[name] for name in names], engine, saga, at_once=4)
    HISTORIES.mkdir(exist_ok=True)
    for name, result in zip(names, results, strict=True):
        if result.violations or result.unmet:
            msg = f"{name}: {result.violations} {result.unmet}"
            raise RuntimeError(msg)
        history = json.loads(result.trial.outcomes[ORDER.id].history, object_hook=_anonymous)
        text = json.dumps(history, indent=1, sort_keys=True)
        HISTORIES.joinpath(f"{name}.json").write_text(text + "\n")


def _anonymous(members: dict[str, Any]) -> dict[str, Any]:
    """A JSON object without what tells of this computer: processes and stack traces."""
    return {
        key: "recorder" if PROCESS_NAME.match(str(value)) else value
        for key, value in members.items()
        if key != "stackTrace"
    }


if __name__ == "__main__":
    missing = [name for name in STORIES if not HISTORIES.joinpath(f"{name}.json").exists()]
    asyncio.run(record(sys.argv[1:] or missing))
    exit_process()
