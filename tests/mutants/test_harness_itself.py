"""Anomalies of the harness (F1 to F8): each is noticed, and each notice has something to notice.

F1, F2 and F4 have tests of single parts as well: `tests/checks/test_unmet.py` and
`tests/checks/test_verdicts.py`. F5 is held over the whole catalogue by
`tests/engines/test_simulated_engine.py`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace

import pytest

from fakes import ORDER_OPERATIONS
from sagacheck.checks import Evidence, Facts, UnmetKind, Verdict
from sagacheck.checks import check as checks
from sagacheck.engines import SimulatedEngine, Trial
from sagacheck.language import Scenario
from sagacheck.mutants import catalogue, name_of
from sagacheck.mutants.finders import by_catalogue
from sagacheck.run import ScenarioResult
from sagacheck.run.judging.judge import run_one
from sagacheck.saga import SagaUnderTest
from tests.engines.test_simulated_engine import fingerprint
from tests.mutants._saga import OURS, saga
from tests.mutants.wrong_harness import Remembers, too_clean
from tests.mutants.wrong_requests import NoKeys, RandomKey
from tests.mutants.wrong_services import LeavesNoTombstone, services
from tests.sagas import idle
from tests.shop import load_text

HAPPY = load_text(
    "scenario: all goes well\nwhy: w\norders: [{id: o1}]\nexpect: {o1: {status: any}}", "s.yaml"
)
BY_NAME = {name_of(scenario): scenario for scenario in catalogue()}
LOST_REPLY = BY_NAME["payments/reply-lost"]
ZOMBIE = BY_NAME["inventory/requests-arrive-after-the-release"]


def _played(scenarios: Sequence[Scenario], tested: SagaUnderTest) -> list[ScenarioResult]:
    """The results of scenarios that were played one after another on one engine."""

    async def play() -> list[ScenarioResult]:
        async with SimulatedEngine(tested) as engine:
            return [await run_one(scenario, engine, tested) for scenario in scenarios]

    return asyncio.run(play())


def _verdict(scenario: Scenario, tested: SagaUnderTest = OURS) -> tuple[Verdict, set[UnmetKind]]:
    (result,) = _played([scenario], tested)
    return result.verdict, {unmet.kind for unmet in result.unmet}


def test_f1_a_saga_that_does_nothing_has_shown_nothing() -> None:
    """F1, vacuous pass: no call means no verdict, though no invariant is broken."""
    assert _verdict(HAPPY, idle.SAGA) == (Verdict.UNKNOWN, {UnmetKind.RUN})
    assert _verdict(HAPPY) == (Verdict.VALID, set())


def test_f2_a_fault_that_never_fires_has_shown_nothing() -> None:
    """F2: the saga survives the lost reply of a call that it never makes, which says nothing."""
    (fault,) = LOST_REPLY.faults
    unfired = replace(LOST_REPLY, faults=(replace(fault, order="nobody"),))

    assert UnmetKind.FAULT in _verdict(unfired)[1]
    assert _verdict(LOST_REPLY) == (Verdict.VALID, set())


def test_f3_fakes_that_are_too_clean_are_noticed() -> None:
    """F3: fakes that guess a missing key hide a double charge; that they guess shows instead."""
    honest = by_catalogue(saga(activities=NoKeys), among=[LOST_REPLY])
    guessing = by_catalogue(saga(activities=NoKeys, services=too_clean), among=[LOST_REPLY])

    assert {"I4", "I13"} <= honest.broken.keys()
    assert guessing.broken.keys() == {"I14"}


def test_f4_a_check_that_crashes_has_shown_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """F4: neither valid nor invalid, whatever the others say."""

    def crashes(evidence: Evidence) -> Facts:
        msg = "a bug in the check"
        raise LookupError(msg)

    monkeypatch.setitem(checks.INVARIANTS, "I7", replace(checks.INVARIANTS["I7"], check=crashes))

    assert _verdict(HAPPY) == (Verdict.UNKNOWN, {UnmetKind.CHECK})


def test_f5_a_seed_that_does_not_repeat_is_noticed() -> None:
    """F5: the same seed leaves the same behind; a saga that rolls dice does not."""
    first, second = (fingerprint(_played([LOST_REPLY], OURS)[0]) for _ in range(2))
    assert first == second

    dice = saga(activities=RandomKey)
    first, second = (fingerprint(_played([LOST_REPLY], dice)[0]) for _ in range(2))
    assert first != second


ATTEMPTS = 3
"""So many attempts our saga makes at a step."""


def _masked(scenarios: Iterable[Scenario]) -> set[str]:
    """The steps of which no scenario lets every attempt fail, so that a retry always helps."""
    hit = {
        operation
        for scenario in scenarios
        for operation in ORDER_OPERATIONS.names
        if all(_fails(scenario, operation, call) for call in range(1, ATTEMPTS + 1))
    }
    return {operation.name for operation in ORDER_OPERATIONS.operations} - hit


def _fails(scenario: Scenario, operation: str, call: int) -> bool:
    return any(operation in f.operations and call in f.calls for f in scenario.faults)


def test_f6_no_retry_masks_every_fault() -> None:
    """F6: for each operation some scenario has more faults than a step has attempts."""
    assert _masked(catalogue()) == set()
    assert _masked([LOST_REPLY]) == set(ORDER_OPERATIONS.names)


def test_f7_a_ledger_that_is_read_too_early_hides_a_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    """F7: a request that comes hours after the end is waited for; who does not, misses it."""
    bad = saga(services=services(inventory=LeavesNoTombstone))
    assert "I12" in by_catalogue(bad, among=[ZOMBIE]).broken

    async def at_once(self: Trial) -> None:
        """No wait for requests that are under way."""

    monkeypatch.setattr(Trial, "finish", at_once)
    assert "I12" not in by_catalogue(bad, among=[ZOMBIE]).broken


def test_f8_no_run_leaks_into_the_next() -> None:
    """F8: a run is the same after others as alone; a saga that keeps something is not."""
    Remembers.reservations.clear()
    for tested, leaks in ((OURS, False), (saga(activities=Remembers), True)):
        alone, _, after_others = _played([LOST_REPLY, ZOMBIE, LOST_REPLY], tested)

        assert (fingerprint(alone) != fingerprint(after_others)) is leaks
