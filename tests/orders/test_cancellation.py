"""An order can be cancelled at any moment, by any means, and is consistent afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations_with_replacement

import pytest
import pytest_asyncio

from sagacheck.engines.server.engine import ServerEngine
from sagacheck.language import CancelBy, Event, FaultSpec, Scenario
from sagacheck.run import ScenarioResult, run_all
from sagacheck.world import Settings
from scenarios import SAGA
from tests.orders._stories import PLENTY, cancels, cancels_at, rejects, story

STEPS = ("inventory.reserve", "payments.charge", "shipping.create", "notifications.send")
UNDOS = ("shipping.cancel", "payments.refund", "inventory.release")

UNDONE = {CancelBy.SIGNAL: "failed", CancelBy.UPDATE: "failed", CancelBy.WORKFLOW: "cancelled"}
"""How an order ends that is cancelled in time."""
TOO_LATE = UNDONE | {CancelBy.SIGNAL: "completed", CancelBy.UPDATE: "completed"}
"""How it ends once its customer is being told: only an operator can end the workflow then."""

LONG_BACKOFF = 600.0
AMID_BACKOFF = 300.0
AFTER_THE_END = 3600.0
GONE_AT_ONCE = replace(PLENTY, ships_after=0.0)
MAIL_REFUSED = rejects("notifications.send", 400)
"""Makes an order fail at its last step, so that all three compensations run."""


class Matrix:
    """Stories of cancellation, and how each should end."""

    def __init__(self) -> None:
        self.stories: dict[str, Scenario] = {}
        self.endings: dict[str, str] = {}

    def add(
        self,
        name: str,
        ending: str,
        events: list[Event],
        *faults: FaultSpec,
        given: Settings = PLENTY,
    ) -> None:
        """Add a story; its name tells when the order is cancelled, and how."""
        self.stories[name] = story(name, events=events, faults=faults, given=given)
        self.endings[name] = ending

    def add_all(self, by: CancelBy) -> None:
        """Add a story for every moment at which a client may cancel by this means."""
        if by is not CancelBy.UPDATE:  # which waits for the first task, to be answered by it
            self.add(f"{by} before the first task", UNDONE[by], [cancels_at(by, 0.0)])
        self.add(f"{by} after the end", "completed", [cancels_at(by, AFTER_THE_END)])
        for step in STEPS:
            ending = (TOO_LATE if step == "notifications.send" else UNDONE)[by]
            self.add(f"{by} just before {step}", ending, [cancels(by, "before", step)])
            self.add(f"{by} during {step}", ending, [cancels(by, "during", step)])
            self.add(f"{by} right after {step}", ending, [cancels(by, "after", step)])
            self.add(
                f"{by} in the backoff of {step}",
                ending,
                [cancels_at(by, AMID_BACKOFF)],
                rejects(step, 503, 1, retry_after=LONG_BACKOFF),
            )
            if step in STEPS[-2:]:
                self.add(
                    f"{by} right after {step}, whose parcel is gone at once",
                    "completed",
                    [cancels(by, "after", step)],
                    given=GONE_AT_ONCE,
                )
        for undo in UNDOS:
            for moment in ("before", "during"):
                event = cancels(by, moment, undo)
                self.add(f"{by} {moment} {undo}", UNDONE[by], [event], MAIL_REFUSED)

    def add_twice(self, first: CancelBy, second: CancelBy) -> None:
        """Add stories in which an order is cancelled twice."""
        ending = UNDONE[max(first, second, key=list(CancelBy).index)]
        step, undo = "payments.charge", "payments.refund"
        self.add(
            f"{first} and {second} just before {step}",
            ending,
            [cancels(first, "before", step), cancels(second, "before", step)],
        )
        self.add(
            f"{first} during {step}, {second} during {undo}",
            ending,
            [cancels(first, "during", step), cancels(second, "during", undo)],
        )


MATRIX = Matrix()
for means in CancelBy:
    MATRIX.add_all(means)
for pair in combinations_with_replacement(CancelBy, 2):
    MATRIX.add_twice(*pair)


@pytest_asyncio.fixture(scope="module")
async def results(server_engine: ServerEngine) -> Mapping[str, ScenarioResult]:
    """What became of every story, all played at the same time."""
    stories = list(MATRIX.stories.values())
    played = await run_all(stories, server_engine, SAGA, at_once=24)
    return dict(zip(MATRIX.stories, played, strict=True))


@pytest.mark.parametrize("name", MATRIX.stories)
def test_cancelled_order_is_consistent(name: str, results: Mapping[str, ScenarioResult]) -> None:
    """Whenever and however an order is cancelled, no invariant breaks and it ends as promised."""
    result = results[name]
    assert (result.violations, result.unmet) == ((), ())
    assert str(result.trial.outcomes["o1"].status) == MATRIX.endings[name]
