"""An order that will never end is found, and what it waits for is said."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest

from sagacheck.checks import OrderStatus, Verdict
from sagacheck.saga import SagaUnderTest
from tests.engines.conftest import Play
from tests.sagas.small import BUGGY, NEVER_UNDONE, WAITS

SCENARIO = """
scenario: it does not end
why: an order that is stuck must not pass for one that ended
orders: [{id: o1}]
expect: {o1: {status: completed}}
"""


@dataclass(frozen=True)
class Case:
    """A saga that gets stuck, and what it waits for then."""

    name: str
    saga: SagaUnderTest
    waits_for: str

    def __str__(self) -> str:
        return self.name


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "case",
    [
        Case("signal", WAITS, "nothing is under way: it waits for a message that no client sends"),
        Case("bug", BUGGY, "its workflow task keeps failing: a bug in the workflow"),
        Case(
            "undo",
            NEVER_UNDONE,
            "after 48h (SagaUnderTest.horizon) it waits for release_goods, attempt N, "
            "release_goods was never finished, o1 keeps its goods",
        ),
    ],
    ids=str,
)
async def test_an_order_that_never_ends_is_invalid(play: Play, case: Case) -> None:
    """A stuck order breaks I16, which names what it waits for, and its status is running."""
    (result,) = await play(SCENARIO, saga=case.saga)

    details = [
        re.sub(
            r"attempt \d+", "attempt N", each.detail
        )  # how many there are is the server's affair
        for each in result.violations
        if each.invariant == "I16"
    ]
    assert details == [f"o1 does not end: {case.waits_for}"]
    assert result.verdict is Verdict.INVALID
    assert result.trial.outcomes["o1"].status is OrderStatus.RUNNING
