"""An order that never comes to rest is found, and holds up neither the harness nor other orders."""

from __future__ import annotations

import gc
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from temporalio.common import WorkflowIDReusePolicy

from sagacheck.engines import Answer
from sagacheck.language import Scenario
from sagacheck.run import LocalPlayer, TrialResult
from sagacheck.saga import SagaUnderTest
from sagacheck.temporal.worker import deadlock
from tests.sagas import small, spinning
from tests.shop import load_text, plain_orders

SPINS = "the trial makes no progress: hardly any time passes, with"
DEADLOCK = (
    "its workflow task keeps failing: [TMPRL1101] Potential deadlock detected: "
    "workflow didn't yield within N second(s)."
)


def _play(scenario: Scenario, saga: SagaUnderTest) -> TrialResult:
    player = LocalPlayer(saga)
    with player.ready():
        return player.play(scenario)


@pytest.mark.parametrize(
    ("saga", "why"),
    [
        pytest.param(spinning.POLLS, f"at 0 s {SPINS} N events and N calls", id="polls"),
        pytest.param(spinning.TRIES, f"at N s {SPINS} N events and N calls", id="tries"),
        pytest.param(spinning.LOOKS, f"at 0 s {SPINS} N events and N calls", id="looks"),
        pytest.param(spinning.NEVER_YIELDS, DEADLOCK, id="never-yields"),
        pytest.param(spinning.YIELDS_IN_VAIN, DEADLOCK, id="yields-in-vain"),
    ],
)
@pytest.mark.does_not_replay  # a replay would spin, too
def test_an_order_that_spins_is_found(
    saga: SagaUnderTest,
    why: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It breaks I16, as one that waits for ever does, though hardly any virtual time passes."""
    monkeypatch.setattr(deadlock, "LIMIT_SECONDS", 0.2)
    play = _play(plain_orders(1), saga)

    (violation,) = play.violations
    play.trial = None
    gc.collect()
    assert "never retrieved" not in caplog.text, "what was interrupted says nothing later"
    expected = re.escape(f"o1 does not end: {why}").replace("N", r"[\d.,]+") + "?"
    assert violation.invariant == "I16"
    assert re.match(expected, violation.detail), violation.detail


def test_an_order_that_asks_each_second_for_an_hour_does_not_spin() -> None:
    """It takes thousands of turns, and as much time as they need."""
    play = _play(plain_orders(1), spinning.PATIENT)

    assert play.trial is not None
    assert (play.violations, play.unmet) == ([], [])
    assert play.trial.outcomes["o1"].ended_at == pytest.approx(3599)


def test_a_thousand_quick_attempts_do_not_spin() -> None:
    """They come to an end, however fast they follow each other."""
    play = _play(plain_orders(1), spinning.QUICK)

    assert play.trial is not None
    assert (play.violations, play.unmet) == ([], [])
    assert play.trial.outcomes["o1"].ended_at == pytest.approx(999 * 0.005)


OUTAGE = """
scenario: the inventory is down for a year
why: attempts without an end are made until faults end, and not a year long
orders: [{id: o1}]
faults: [{on: inventory.reserve, calls: all, fault: refuse}]
expect: {o1: {status: completed}}
"""


def test_faults_end_after_many_attempts() -> None:
    """The order waits for their end, and comes to its own."""
    saga = replace(spinning.AFTER_TWO_WEEKS, horizon="30d", attempt_limit=20)
    play = _play(load_text(OUTAGE, "s.yaml"), saga)

    assert play.trial is not None
    assert (play.violations, play.unmet) == ([], [])
    assert play.trial.world.journal.calls("o1", "inventory.reserve") == 20


def test_attempts_without_an_end_spin_though_nothing_fails() -> None:
    """Time passes, and it leads to nothing: the message names the setting."""
    play = _play(plain_orders(1), replace(spinning.ENDLESS, attempt_limit=20))

    details = [each.detail for each in play.violations if each.invariant == "I16"]
    made = "it has made 40 attempts at activities (SagaUnderTest.attempt_limit)"
    assert details == [f"o1 does not end: {made}"]


@pytest.mark.parametrize("horizon", ["30d", timedelta(days=15)])
def test_an_order_may_take_as_long_as_its_saga_says(horizon: str | timedelta) -> None:
    """Two weeks are nothing where that is a month."""
    play = _play(plain_orders(1), replace(spinning.AFTER_TWO_WEEKS, horizon=horizon))

    assert play.trial is not None
    assert (play.violations, play.unmet) == ([], [])
    assert play.trial.outcomes["o1"].ended_at == spinning.TWO_WEEKS.total_seconds()


def test_an_order_that_takes_longer_names_the_setting() -> None:
    """By default two days are enough."""
    play = _play(plain_orders(1), spinning.AFTER_TWO_WEEKS)

    details = [each.detail for each in play.violations if each.invariant == "I16"]
    waits = "after 48h (SagaUnderTest.horizon) it waits for a message or a timer"
    assert details == [f"o1 does not end: {waits}"]


@pytest.mark.parametrize("horizon", ["a month", "0s", timedelta(0), 30])
def test_a_horizon_that_is_none(horizon: Any) -> None:
    """It is a duration, as text or as a timedelta."""
    with pytest.raises(ValueError, match="write how long an order may take"):
        _ = replace(spinning.QUICK, horizon=horizon).horizon_seconds


STUCK = """
scenario: a customer cancels an order whose workflow task keeps failing
why: the update gets no answer
orders: [{id: o1}, {id: o2}]
faults: [{on: inventory.reserve, order: o2, calls: [1, 2], fault: drop_request}]
events: [{cancel: o1, when: {at: 4s}, by: update}]
expect: {o1: {status: any}, o2: {status: any}}
"""


@pytest.mark.does_not_replay  # its workflow has a bug
def test_a_customer_without_an_answer_hangs_up() -> None:
    """An update that no worker accepts is given up, and no call of another order waits for it."""
    play = _play(load_text(STUCK, "s.yaml"), small.BUGGY)

    assert play.trial is not None
    (event,) = play.trial.events
    assert (event.at, event.answer) == (4.0, Answer.unknown("no answer within 30 s"))
    calls = [each for each in play.trial.world.journal if each.order == "o2"]
    seen = [(each.sent_at, str(each.outcome)) for each in calls]
    assert seen == [(0.0, "unknown"), (6.0, "unknown"), (13.0, "ok")]
    assert {each.order for each in play.violations if each.invariant == "I16"} == {"o1", "o2"}


AGAIN = """
scenario: an order is terminated and placed again, and then it waits for ever
why: what became of the first run is not what becomes of the order
orders: [{id: o1}]
events:
  - {terminate: o1, when: {at: 1h}}
  - {submit: o1, when: {at: 2h}}
expect: {o1: {status: any}}
"""


def test_a_second_run_that_never_ends_is_found() -> None:
    """The first has ended; the engine waits for the second no longer than for any other."""
    again = WorkflowIDReusePolicy.ALLOW_DUPLICATE
    play = _play(load_text(AGAIN, "s.yaml"), replace(small.WAITS, id_reuse_policy=again))

    details = [each.detail for each in play.violations if each.invariant == "I16"]
    assert details == [
        "o1 does not end: after 48h (SagaUnderTest.horizon) it waits for a message or a timer"
    ]
