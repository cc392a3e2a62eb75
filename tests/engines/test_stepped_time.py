"""An order with events of its own: what comes first, an event or a call, is not the machine's."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from temporalio import activity

from sagacheck.checks import Verdict
from sagacheck.engines.events.planned_event import PlannedEvent
from sagacheck.engines.server import stopwatch, world_times
from sagacheck.engines.server.order_workflow import ServerOrderWorkflow
from sagacheck.engines.server.stopwatch import Stopwatch
from sagacheck.engines.trial import Trial
from sagacheck.run import ScenarioResult
from sagacheck.saga import SagaUnderTest
from scenarios import SAGA
from tests.engines.conftest import Play
from tests.engines.test_attempts_under_way import on_engine
from tests.sagas import timed

LATENCY = 0.06
"""Of real time, by which each attempt begins later; three of them pass the events below."""
IN_A_CALL = """
scenario: the client cancels while a late parcel is ordered
why: its third call is under way then, however slow the machine
orders: [{id: o1}]
faults: [{on: shipping.create, fault: {delay_request: 90s}}]
events: [{cancel: o1, when: {at: 150ms}, by: workflow}]
expect:
  o1: {status: cancelled}
  effects: {shipping.create: 0, payments.charge: 1}
  undone: [payments.refund, inventory.release]
"""
BETWEEN_RETRIES = """
scenario: the client cancels between two retries
why: the first comes after one second, the second after two more
orders: [{id: o1}]
faults: [{on: payments.charge, calls: all, fault: 503}]
events:
  - {query: o1, when: {at: 1500ms}}
  - {cancel: o1, when: {at: 2900ms}}
expect: {o1: {status: failed}}
"""
DURING_A_LONG_DELAY = """
scenario: an operator terminates the order before the retry that the service has asked for
why: what the service asks for is more than the policy says
orders: [{id: o1}]
faults: [{on: payments.charge, fault: {reject: {status: 503, retry_after: 10m}}}]
events: [{terminate: o1, when: {at: 5m}}]
expect:
  o1: {status: terminated}
  orphans: {inventory.reserve: 1}
"""
AFTER_A_TIMER = """
scenario: a query before the timer of a workflow, and one after it
why: a timer is no latency
orders: [{id: o1}]
events:
  - {query: o1, when: {at: 30m}}
  - {query: o1, when: {at: 2h}}
expect: {o1: {status: completed}}
"""
AFTER_A_CRASH = """
scenario: a query long after the retry of an attempt whose worker has died
why: the server does not say for how long a retry waits that follows no completion
orders: [{id: o1}]
faults: [{on: payments.charge, fault: crash_after}]
events: [{query: o1, when: {at: 20h}}]
expect: {o1: {status: completed}}
"""
STORIES = [
    pytest.param(IN_A_CALL, SAGA, id="in a call"),
    pytest.param(BETWEEN_RETRIES, SAGA, id="between retries"),
    pytest.param(DURING_A_LONG_DELAY, SAGA, id="during a long delay"),
    pytest.param(AFTER_A_TIMER, timed.AFTER_AN_HOUR, id="after a timer"),
    pytest.param(AFTER_A_CRASH, SAGA, id="after a crash"),
]


@pytest.fixture
def latency(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that is slow to begin every attempt."""
    begin_attempt = ServerOrderWorkflow.begin_attempt

    async def begin_later(self: ServerOrderWorkflow, info: activity.Info) -> Any:
        await asyncio.sleep(LATENCY)
        return await begin_attempt(self, info)

    monkeypatch.setattr(ServerOrderWorkflow, "begin_attempt", begin_later)


def _calls(result: ScenarioResult) -> list[tuple[str, int, str]]:
    """The calls, and what came of each."""
    attempts = result.trial.world.journal.attempts
    return [(each.operation, each.call, str(each.outcome)) for each in attempts]


def _moments(result: ScenarioResult) -> list[float]:
    """When the calls were made until the last event, to a hundredth of a second."""
    last = max(each.event.when.at or 0.0 for each in result.trial.events)
    moments = (each.sent_at for each in result.trial.world.journal.attempts)
    return [round(moment, 2) for moment in moments if moment < last]


@pytest.mark.asyncio
@pytest.mark.usefixtures("latency")
@pytest.mark.parametrize(("text", "saga"), STORIES)
async def test_the_story_is_that_of_the_simulation(
    play: Play, text: str, saga: SagaUnderTest
) -> None:
    """Every call comes at its time until the last event, and in its turn, on a slow machine too."""
    simulated = await on_engine("simulated", play, text, saga)
    server = await on_engine("server", play, text, saga)

    assert (server.verdict, server.unmet) == (Verdict.VALID, ())
    assert _calls(server) == _calls(simulated)
    assert _moments(server) == _moments(simulated)


@pytest.mark.asyncio
async def test_an_event_comes_during_code_that_takes_long(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An attempt that sleeps for real does not hold an event whose time has come."""
    monkeypatch.setattr(world_times, "UNNOTICED_SECONDS", 0.01)
    happened = asyncio.Event()
    begin_attempt, happen_now = ServerOrderWorkflow.begin_attempt, Trial.happen_now

    def happen(self: Trial, planned: PlannedEvent) -> None:
        happen_now(self, planned)
        happened.set()

    async def sleep_until_it_came(self: ServerOrderWorkflow, info: activity.Info) -> Any:
        begun = await begin_attempt(self, info)
        await asyncio.wait_for(happened.wait(), timeout=20)
        return begun

    monkeypatch.setattr(ServerOrderWorkflow, "begin_attempt", sleep_until_it_came)
    monkeypatch.setattr(Trial, "happen_now", happen)
    text = IN_A_CALL.replace("faults:", "# faults:").replace("shipping.create: 0, ", "")
    (result,) = await play(text.replace("payments.charge: 1", "payments.charge: 0"))

    assert happened.is_set()
    assert result.trial.world.journal.attempts[0].sent_at >= 0.15


def test_a_stopwatch_counts_no_wait_for_a_processor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor what is computed; where the system does not tell the first, it counts."""
    clock = {"monotonic": 100.0, "thread_time": 1.0}
    monkeypatch.setattr("time.monotonic", lambda: clock["monotonic"])
    monkeypatch.setattr("time.thread_time", lambda: clock["thread_time"])
    scheduling = tmp_path / "schedstat"
    scheduling.write_text("1000000000 5000000000 7")
    monkeypatch.setattr(stopwatch, "_SCHEDULING", scheduling)

    watch = Stopwatch()
    clock.update(monotonic=110.0, thread_time=2.0)
    scheduling.write_text("2000000000 11000000000 9")
    assert watch.seconds == pytest.approx(3.0)

    scheduling.unlink()
    assert Stopwatch().seconds == 0.0
