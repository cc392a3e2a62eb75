"""Cancels by any name, approvals by people, and what a workflow is sent."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from sagacheck.checks import OrderStatus, Verdict
from sagacheck.engines import AnswerKind, Trial
from sagacheck.importing import NotImportableError
from sagacheck.run import LocalPlayer, TrialResult
from sagacheck.saga import SagaUnderTest, load_saga
from tests.engines.conftest import Play
from tests.sagas import asked
from tests.sagas.asked import PURCHASE
from tests.shop import load_text

PLAIN = "scenario: s\nwhy: w\norders: [{id: o1}]\nexpect: {o1: {status: any}}\n"
CANCELLED = PLAIN + "events: [{cancel: o1, by: BY, when: {at: 10s}}]\n"

Simulate = Callable[[str, SagaUnderTest], TrialResult]


@pytest.fixture
def simulate() -> Iterator[Simulate]:
    """Plays a scenario in virtual time."""
    with LocalPlayer(PURCHASE).ready():
        yield lambda text, saga: LocalPlayer(saga).play(load_text(text, "s.yaml", saga.dialect))


def trial_of(result: TrialResult) -> Trial:
    """What was played."""
    assert result.trial is not None
    return result.trial


def test_people_approve_whatever_waits(simulate: Simulate) -> None:
    """One after another, a minute after the order has begun to wait; without them it is stuck."""
    result = simulate(PLAIN, PURCHASE)

    outcome = trial_of(result).outcomes["o1"]
    assert outcome.status is OrderStatus.COMPLETED
    assert outcome.ending.result == {
        "status": "completed",
        "approved": [["ann", 10], ["board", 0]],
        "total": 100,
    }
    assert outcome.ended_at == pytest.approx(120, abs=1)
    alone = simulate(PLAIN, replace(PURCHASE, people=()))
    assert "I16" in [each.invariant for each in alone.violations]


def test_people_stay_away_where_a_scenario_sends_messages(simulate: Simulate) -> None:
    """Its own messages are all there are."""
    text = PLAIN + "events: [{signal: {to: o1, name: approve, args: [bob, 1]}, when: waiting}]\n"

    assert "I16" in [each.invariant for each in simulate(text, PURCHASE).violations]


@pytest.mark.parametrize(("by", "who"), [("signal", "nobody"), ("update", "ann")])
def test_a_cancel_has_the_name_and_the_arguments_of_the_saga(
    simulate: Simulate, by: str, who: str
) -> None:
    """The reason is left out where the handler takes none."""
    trial = trial_of(simulate(CANCELLED.replace("BY", by), PURCHASE))

    assert trial.outcomes["o1"].ending.error == f"withdrawn by {who}"
    answer = trial.events[0].answer
    assert answer is not None
    assert answer.kind is AnswerKind.GRANTED


@pytest.mark.asyncio
async def test_the_same_on_a_server(play: Play) -> None:
    """People and cancels on a real Temporal server."""
    texts = [PLAIN, *(CANCELLED.replace("BY", by) for by in ("signal", "update"))]

    results = await play(*texts, saga=PURCHASE)

    assert [each.verdict for each in results] == [Verdict.VALID] * 3
    errors = [each.trial.outcomes["o1"].ending.error for each in results]
    assert errors == ["", "withdrawn by nobody", "withdrawn by ann"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"cancel_signal": "withdrow"}, r"cancel_signal: 'withdrow'; .*did you mean withdraw"),
        ({"cancel_update": "stop"}, "cancel_update: 'stop'; the workflow handles confirm"),
        ({"people": ["aprove"]}, r"people: 'aprove'; .*\(did you mean approve\?\)"),
        ({"people": [()]}, "names no message"),
    ],
)
def test_a_message_that_no_workflow_handles_is_refused(
    change: dict[str, Any], reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the saga is loaded, with the nearest that it handles."""
    monkeypatch.setattr(asked, "PURCHASE", replace(PURCHASE, **change))

    with pytest.raises(NotImportableError, match=reason):
        load_saga("tests.sagas.asked:PURCHASE")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (None, r'cannot take what it is sent: {"id": "o1"}; it expects Purchase.run\(purchase: '),
        (lambda order: [order.id], r'sent: "o1"; .*missing a required argument: .count'),
        (lambda order: [order.id, "two", 3], r'sent: "o1", "two", 3; .*budget'),
        (lambda order: [order.total], "SagaUnderTest.arguments makes no list of arguments"),
    ],
)
def test_input_that_the_workflow_cannot_take(
    simulate: Simulate, arguments: Any, reason: str
) -> None:
    """What was sent, what it expects, and the setting: today `Failed decoding arguments`."""
    result = simulate(PLAIN, replace(PURCHASE, arguments=arguments))

    assert [each.detail for each in result.unmet if "SagaUnderTest.arguments" in each.detail]

    assert any(re.search(reason, each.detail) for each in result.unmet)
