"""Whatever fails, whenever it fails: everything is consistent afterwards."""

from __future__ import annotations

import asyncio

from hypothesis import event, given, settings
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer

from sagacheck.engines import SimulatedEngine, Trial
from sagacheck.language import Scenario
from scenarios import SAGA
from tests.property.counterexamples import counterexample
from tests.property.judging import fingerprint, played, wrongs
from tests.property.strategies import scenarios

A_THIRD = max(1, settings().max_examples // 3)
"""Of the examples: to play twice, or to replay, shows less than to play another."""


@given(scenario=scenarios())
def test_no_invariant_is_broken(engine: SimulatedEngine, scenario: Scenario) -> None:
    """Each order ends, and what the services hold is what its end promises."""
    trial = played(scenario, engine, SAGA)
    _tell_hypothesis(trial)

    if found := wrongs(trial):
        raise counterexample(trial, found, found_by="no invariant is broken")


@settings(max_examples=A_THIRD)
@given(scenario=scenarios())
def test_the_same_story_is_the_same_run(engine: SimulatedEngine, scenario: Scenario) -> None:
    """Journal, ledger and histories of two runs are the same, byte for byte."""
    trial, again = (played(scenario, engine, SAGA) for _ in range(2))

    if fingerprint(trial) != fingerprint(again):
        raise counterexample(trial, ["two runs differ"], found_by="the same story is the same")


@settings(max_examples=A_THIRD)
@given(scenario=scenarios())
def test_every_history_replays(engine: SimulatedEngine, scenario: Scenario) -> None:
    """I15: the SDK's own replayer takes every history for one of today's code."""
    trial = played(scenario, engine, SAGA)

    if found := asyncio.run(_replay_failures(trial)):
        raise counterexample(trial, found, found_by="every history replays")


async def _replay_failures(trial: Trial) -> list[str]:
    replayer = Replayer(workflows=[SAGA.workflow], data_converter=pydantic_data_converter)
    results = [
        await replayer.replay_workflow(outcome.recorded, raise_on_replay_failure=False)
        for outcome in trial.outcomes.values()
        if outcome.recorded is not None
    ]
    assert results, "each order has a history"
    return [f"I15: {result.replay_failure}" for result in results if result.replay_failure]


def _tell_hypothesis(trial: Trial) -> None:
    """``--hypothesis-show-statistics`` shows what the stories were like."""
    for outcome in trial.outcomes.values():
        event(f"an order ended as {outcome.status}")
    event(f"faults that fired: {sum(fault.rule.fired > 0 for fault in trial.faults)}")
    event(f"events that happened: {sum(each.answer is not None for each in trial.events)}")
