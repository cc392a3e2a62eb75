"""What each invariant flags, and what none of them does."""

from __future__ import annotations

import pytest

from sagacheck.checks import INVARIANTS, check_all
from tests.checks import (
    _bad_ends,
    _bad_goods,
    _bad_money,
    _bad_order_data,
    _bad_requests,
    _bad_rollback,
    _bad_sequence,
)
from tests.checks._bad import BAD, Bad, in_words
from tests.checks._good import GOOD, Tell

TOLD_IN = (
    _bad_money,
    _bad_goods,
    _bad_sequence,
    _bad_rollback,
    _bad_requests,
    _bad_order_data,
    _bad_ends,
)


@pytest.mark.parametrize("bad", BAD, ids=str)
def test_what_is_wrong_is_said_with_its_first_moment(bad: Bad) -> None:
    """An invariant names the order, the effects and amounts, and the moment it was first broken."""
    findings = check_all(bad.evidence())

    said = [in_words(each) for each in findings.violations if each.invariant == bad.invariant]
    assert list(bad.says) == said
    assert not findings.open


@pytest.mark.parametrize("invariant", INVARIANTS)
def test_each_invariant_has_a_history_that_breaks_it(invariant: str) -> None:
    """A check that nothing can fail checks nothing: each has a bad history, told in its module."""
    assert [bad for bad in BAD if bad.invariant == invariant], f"tell one in one of {TOLD_IN}"


@pytest.mark.parametrize("evidence", GOOD, ids=lambda each: each.__name__)
def test_what_is_right_raises_no_alarm(evidence: Tell) -> None:
    """A history in which nothing is wrong is flagged by no invariant."""
    findings = check_all(evidence())

    alarms = [f"{each.invariant} {in_words(each)}" for each in findings.violations]
    assert not alarms
    assert not findings.open


@pytest.mark.parametrize("invariant", INVARIANTS)
def test_each_invariant_is_satisfied_by_facts(invariant: str) -> None:
    """Each invariant has looked at something in at least one history that satisfies it."""
    facts = [check_all(evidence()).facts[invariant] for evidence in GOOD]

    assert sum(facts) > 0


def test_only_the_invariants_asked_for_are_checked() -> None:
    """A caller may check some of the invariants."""
    findings = check_all(GOOD[0](), [INVARIANTS["I7"]])

    expected = {"I7": 3}
    assert expected == findings.facts
