"""A cancel that was refused excuses nothing, in whatever form the refusal comes."""

from __future__ import annotations

import pytest

from sagacheck.checks import Verdict
from sagacheck.run import LocalPlayer, TrialResult
from sagacheck.saga import SagaUnderTest
from tests.sagas.refusing import GRANTS, NOT_UNDERSTOOD, REFUSALS
from tests.shop import load_text

TOO_LATE = """
scenario: the customer cancels while the confirmation is on its way
why: what was told cannot be taken back
orders: [{id: o1}]
events: [{cancel: o1, by: update, when: {before: notifications.send}}]
expect:
  o1: {status: any}
"""
BROKEN = "notifications.send (mail_1) was sent, yet o1 ended as failed"


def _play(saga: SagaUnderTest) -> TrialResult:
    player = LocalPlayer(saga)
    with player.ready():
        return player.play(load_text(TOO_LATE))


@pytest.mark.parametrize("saga", REFUSALS.values(), ids=REFUSALS)
def test_a_refusal_excuses_nothing(saga: SagaUnderTest) -> None:
    """The client knows that the order stands, and gets the mail; then it is undone."""
    result = _play(saga)

    assert ("I9", BROKEN) in [(each.invariant, each.detail) for each in result.violations]


@pytest.mark.parametrize("saga", GRANTS.values(), ids=GRANTS)
def test_what_was_granted_excuses_the_mail(saga: SagaUnderTest) -> None:
    """The mail was on its way when the client cancelled the order."""
    result = _play(saga)

    assert (result.violations, result.unmet) == ([], [])


def test_an_answer_that_is_not_understood_leaves_it_open() -> None:
    """It may have been granted, and may not: the verdict is unknown, and names the remedy."""
    result = _play(NOT_UNDERSTOOD)

    said = (
        f"I9: {BROKEN}, unless its cancellation was granted; that is unknown: the answer "
        "we shall see is not understood, say `cancel_granted=`"
    )
    assert result.violations == []
    assert [(each.verdict, each.detail) for each in result.unmet] == [(Verdict.UNKNOWN, said)]
