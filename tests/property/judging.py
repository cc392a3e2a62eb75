"""Plays scenarios in virtual time, and says what is wrong with a run."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace

import msgspec

from sagacheck.checks import OrderStatus, UnmetKind
from sagacheck.engines import SimulatedEngine, Trial
from sagacheck.language import Scenario
from sagacheck.run.judging.judge import judge
from sagacheck.saga import SagaUnderTest
from sagacheck.world import LoopClock


def played(scenario: Scenario, engine: SimulatedEngine, saga: SagaUnderTest) -> Trial:
    """The run of a scenario."""
    trial = Trial(scenario, saga, LoopClock())
    engine.play_now(trial)
    return trial


def wrongs(trial: Trial) -> list[str]:
    """What must never be, and was: violations, crashed checks, troubles of the run.

    That a fault never fired, an event never happened or no order was valid is no failure: they were
    made up.
    """
    trial.scenario = with_orphans(trial)
    findings, unmet = judge(trial)
    return [
        *(f"{each.invariant}: {each.detail}" for each in findings.violations),
        *(each.detail for each in unmet if each.kind is UnmetKind.CHECK),
        *trial.troubles,
    ]


def with_orphans(trial: Trial) -> Scenario:
    """The scenario of `trial`, which expects what its terminated orders have left behind.

    To terminate a workflow is to forbid it to clean up. So whatever it leaves behind is no fault of
    the saga's; whatever others leave behind is.
    """
    left = Counter(
        effect.operation
        for effect in trial.world.ledger.effects.values()
        if effect.undone_by is None
        and effect.order in trial.outcomes
        and trial.outcomes[effect.order].status is OrderStatus.TERMINATED
    )
    return replace(trial.scenario, expect=replace(trial.scenario.expect, orphans=left))


def fingerprint(trial: Trial) -> str:
    """All that a run leaves behind: its journal, its ledger and its histories."""
    return json.dumps(
        {
            "journal": msgspec.to_builtins(trial.world.journal.attempts),
            "entries": msgspec.to_builtins(trial.world.ledger.entries),
            "histories": [outcome.history for outcome in trial.outcomes.values()],
        },
        default=str,
    )
