"""How an order ended, in the words of its saga."""

from __future__ import annotations

import inspect
from dataclasses import replace
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError

from sagacheck.checks import Ending, OrderStatus, Verdict
from sagacheck.run import LocalPlayer, TrialResult
from sagacheck.saga import SagaUnderTest
from tests.engines.conftest import Play
from tests.sagas.worded import IN_TEMPORALS_WORDS, OTHER_WORDS, RAISES, worded
from tests.shop import load_text

LOST = """
scenario: the reply is lost, and the goods are given back
why: a correct rollback
orders: [{id: o1}]
faults: [{on: inventory.reserve, fault: drop_response}]
expect:
  o1: {status: failed, error: TooLate}
  undone: [inventory.release]
"""
FINE = """
scenario: nothing fails
why: the plain way
orders: [{id: o1}]
expect: {o1: {status: completed}}
"""


def _play(text: str, saga: SagaUnderTest) -> TrialResult:
    player = LocalPlayer(saga)
    with player.ready():
        return player.play(load_text(text))


def _said(result: TrialResult) -> list[tuple[Verdict, str]]:
    assert result.violations == []
    return [(each.verdict, each.detail) for each in result.unmet]


@pytest.mark.parametrize("text", [LOST, FINE], ids=["lost", "fine"])
@pytest.mark.parametrize("saga", [IN_TEMPORALS_WORDS, RAISES], ids=["status", "raises"])
def test_usual_words_are_understood(text: str, saga: SagaUnderTest) -> None:
    """A status in an object; nothing at all; a workflow that fails."""
    assert _said(_play(text, saga)) == []


@pytest.mark.parametrize("words", OTHER_WORDS.values(), ids=OTHER_WORDS)
def test_other_words_are_unknown(words: tuple[Any, Any]) -> None:
    """Neither a completed order nor a failed one: nothing is promised, and nothing is checked."""
    for text, said in ((FINE, words[0]), (LOST, words[1])):
        detail = f"the result {said!r} of o1 is not understood, say `ending=`"
        assert _said(_play(text, worded(*words))) == [(Verdict.UNKNOWN, detail)]


@pytest.mark.parametrize("words", OTHER_WORDS.values(), ids=OTHER_WORDS)
@pytest.mark.parametrize(
    "failed",
    [
        ("failed", "TooLate: x"),
        {"status": "failed", "error": "TooLate: x"},
        Ending(OrderStatus.FAILED, "TooLate: x"),
    ],
    ids=["tuple", "object", "ending"],
)
def test_a_saga_says_how_its_words_read(words: tuple[Any, Any], failed: Any) -> None:
    """By a status, and an error where there is one."""
    saga = worded(*words, ending=lambda said: "completed" if said == words[0] else failed)

    assert [_said(_play(text, saga)) for text in (FINE, LOST)] == [[], []]


def test_a_translation_may_be_wrong_and_is_judged() -> None:
    """What it calls a failure must have undone everything."""
    result = _play(FINE, worded("Booked", "Canceled", ending=lambda _: "failed"))

    assert {"I6", "I7"} <= {violation.invariant for violation in result.violations}


def test_a_translation_that_fails_is_said() -> None:
    """With what it was given and the name of the setting."""
    result = _play(FINE, worded("Booked", "Canceled", ending=lambda said: said["state"]))

    [(verdict, detail)] = _said(result)
    assert verdict is Verdict.UNKNOWN
    why = "say None for what it does not understand: TypeError: string indices must be"
    assert f"`ending=` fails for the result 'Booked', {why}" in detail


def test_a_failure_may_leave_something_to_a_person() -> None:
    """The exception of the workflow is translated, too."""
    saga = worded(
        None,
        ApplicationError("call the warehouse"),
        ending=lambda said: ("needs_attention", str(said), ["o1"]) if said else None,
    )
    result = _play(LOST, saga)

    assert result.trial is not None
    ending = result.trial.outcomes["o1"].ending
    assert (ending.status, ending.result["left"]) == (OrderStatus.NEEDS_ATTENTION, ["o1"])


@pytest.mark.asyncio
async def test_the_server_engine_reads_the_same(play: Play) -> None:
    """One function for both engines."""
    words = OTHER_WORDS["a text"]
    (lost,) = await play(LOST, saga=worded(*words))
    (read,) = await play(
        LOST, saga=worded(*words, ending=lambda said: ("failed", "TooLate: x") if said else None)
    )

    assert [unmet.detail for unmet in lost.unmet] == [
        f"the result {words[1]!r} of o1 is not understood, say `ending=`"
    ]
    assert (read.verdict, read.unmet) == (Verdict.VALID, ())


NOTHING = {
    "an object, or nothing": ({"booking": "b-1"}, dict[str, Any] | None),
    "a status, or nothing": ({"status": "completed"}, dict[str, Any]),
    "a truth value, or nothing": (True, bool | None),
    "a text, or nothing": ("completed", str | None),
    "no type": ({"status": "completed"}, inspect.Signature.empty),
    "any type": ({"status": "completed"}, Any),
}
"""What a saga returns that returns nothing after its rollback, and which type it says."""
NOT_SAID = "the result None of o1 is not understood, say `ending=`"


@pytest.mark.parametrize(("done", "returns"), NOTHING.values(), ids=NOTHING)
def test_nothing_after_a_rollback_is_unknown(done: Any, returns: Any) -> None:
    """It says neither that the order completed nor that it did not."""
    result = _play(LOST, worded(done, None, returns=returns))

    assert _said(result) == [(Verdict.UNKNOWN, NOT_SAID)]


@pytest.mark.parametrize(("done", "returns"), NOTHING.values(), ids=NOTHING)
def test_nothing_reads_as_the_saga_says(done: Any, returns: Any) -> None:
    """With the setting that the message names."""
    failed = ("failed", "TooLate: x")
    saga = worded(
        done, None, returns=returns, ending=lambda said: "completed" if said == done else failed
    )

    assert [_said(_play(text, saga)) for text in (FINE, LOST)] == [[], []]


@pytest.mark.parametrize(
    "returns", [None, Any, inspect.Signature.empty], ids=["none", "any", "no type"]
)
def test_nothing_is_a_success_where_the_effects_are_there(returns: Any) -> None:
    """A saga that raises where it fails need return nothing where it does not."""
    saga = worded(None, ApplicationError("x", type="TooLate"), returns=returns)

    assert [_said(_play(text, saga)) for text in (FINE, LOST)] == [[], []]


def test_a_saga_that_never_returns_anything_completes_by_returning() -> None:
    """Only a failure would say otherwise: what it undid is missing."""
    result = _play(LOST, worded(None, None, returns=None))

    assert {"I6"} <= {violation.invariant for violation in result.violations}


def test_nothing_does_not_excuse_what_is_left() -> None:
    """An order that holds a part of what it promises has not come to nothing."""
    result = _play(FINE, replace(worded(None, None, returns=Any), completed_means=None))

    assert "I6" in {violation.invariant for violation in result.violations}


@pytest.mark.parametrize("said", ["", [], ["failed", 1], {}, {"status": None}, 0, False])
def test_what_means_nothing_is_unknown(said: Any) -> None:
    """Empty or without a status: neither is a success."""
    result = _play(FINE, worded(said, None))

    detail = f"the result {said!r} of o1 is not understood, say `ending=`"
    assert _said(result) == [(Verdict.UNKNOWN, detail)]
