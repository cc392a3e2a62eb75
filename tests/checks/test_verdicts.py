"""How findings become verdicts, and verdicts exit codes."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest

from sagacheck.checks import (
    Ending,
    Evidence,
    Facts,
    OrderOutcome,
    OrderStatus,
    Unmet,
    UnmetKind,
    Verdict,
    Violation,
    check_all,
    invariant,
)
from sagacheck.engines import Trial
from sagacheck.run import ScenarioResult
from sagacheck.run.judging.judge import run_one
from sagacheck.world import ManualClock
from scenarios import SAGA
from tests.checks._evidence import Story
from tests.checks._good import completed
from tests.shop import load_text

VALID, INVALID, UNKNOWN = Verdict.VALID, Verdict.INVALID, Verdict.UNKNOWN


@invariant("I99", "nothing crashes")
def _crashes(evidence: Evidence) -> Facts:
    yield None
    raise ZeroDivisionError(len(evidence.effects))


@invariant("I1", "nothing is wrong")
def _holds(evidence: Evidence) -> Facts:
    yield None


def test_a_check_that_crashes_makes_the_verdict_unknown() -> None:
    """A crash is neither a pass nor a failure: it is reported, and the other checks still count."""
    findings = check_all(completed(), [_crashes, _holds])

    detail = "the check of I99 crashed: ZeroDivisionError: 4"
    assert findings.open == [Unmet(UnmetKind.CHECK, detail)]
    assert findings.open[0].verdict is UNKNOWN
    assert findings.facts == {"I1": 1}


def test_only_unmet_expectations_are_invalid() -> None:
    """What did not happen is unknown; what happened otherwise than expected is invalid."""
    verdicts = {kind: Unmet(kind, "").verdict for kind in UnmetKind}

    assert verdicts == {
        UnmetKind.EXPECTATION: INVALID,
        UnmetKind.FAULT: UNKNOWN,
        UnmetKind.EVENT: UNKNOWN,
        UnmetKind.CHECK: UNKNOWN,
        UnmetKind.RUN: UNKNOWN,
        UnmetKind.DETERMINISM: UNKNOWN,
    }


@dataclass(frozen=True)
class Merged:
    """Some verdicts, and what they come to."""

    verdicts: tuple[Verdict, ...]
    verdict: Verdict
    exit_code: int

    def __str__(self) -> str:
        return "+".join(self.verdicts) or "none"


@pytest.mark.parametrize(
    "case",
    [
        Merged((), VALID, 0),
        Merged((VALID, VALID), VALID, 0),
        Merged((VALID, UNKNOWN), UNKNOWN, 3),
        Merged((UNKNOWN, INVALID, VALID), INVALID, 1),
    ],
    ids=str,
)
def test_one_bad_verdict_spoils_all(case: Merged) -> None:
    """The worst verdict counts for a run, and decides its exit code."""
    merged = Verdict.merge(case.verdicts)

    assert (merged, merged.exit_code) == (case.verdict, case.exit_code)


def test_json_of_a_violation_has_the_agreed_keys() -> None:
    """A violation is written as invariant, order and detail."""
    violation = Violation("I7", "o1", "left behind", 2.0, 4)

    assert violation.as_json() == {"invariant": "I7", "order": "o1", "detail": "left behind"}


SCENARIO = """
scenario: s
why: w
orders: [{id: o1}]
expect: {o1: {status: completed}}
"""


@dataclass
class _Engine:
    """Plays a trial by taking over what a story tells."""

    outcome: OrderOutcome | None
    error: Exception | None = None
    name: str = "told"

    def new_clock(self) -> ManualClock:
        return ManualClock()

    async def play(self, trial: Trial) -> None:
        if self.error is not None:
            raise self.error
        trial.world.journal.open(
            order="o1", operation="inventory.reserve", key=None, sent_at=0, body={}
        )
        if self.outcome is not None:
            trial.outcomes["o1"] = self.outcome


def _result(outcome: OrderOutcome | None, error: Exception | None = None) -> ScenarioResult:
    engine = _Engine(outcome, error)
    return asyncio.run(run_one(load_text(SCENARIO, "s.yaml"), engine, SAGA))


def test_what_cannot_be_played_is_unknown() -> None:
    """An engine's error is the result of that scenario, and ends no other."""
    result = _result(None, OSError("the server is gone"))

    detail = "it could not be played: OSError: the server is gone"
    assert result.unmet == (Unmet(UnmetKind.RUN, detail),)
    assert result.verdict is UNKNOWN


def test_an_order_without_an_outcome_is_found() -> None:
    """An order without an outcome violates I16, and the expectation about it is not met."""
    result = _result(None)

    assert [each.invariant for each in result.violations] == ["I16"]
    assert [each.detail for each in result.unmet] == ["o1 has no outcome"]
    assert result.verdict is INVALID


def test_an_unmet_expectation_names_its_line() -> None:
    """A scenario that ends otherwise than expected is invalid, and says at which line."""
    result = _result(OrderOutcome("o1", Ending(OrderStatus.FAILED, "OutOfStock: none left")))

    detail = "expected o1 to end as completed, it ended as failed (OutOfStock: none left)"
    assert result.unmet == (Unmet(UnmetKind.EXPECTATION, detail, 5),)
    assert result.verdict is INVALID


def test_a_result_counts_the_facts_behind_it() -> None:
    """Each result tells how many facts each invariant has looked at."""
    result = _result(Story().end(OrderStatus.FAILED).outcomes["o1"])

    assert result.facts["I16"] == 1
    assert result.facts["I7"] == 0
