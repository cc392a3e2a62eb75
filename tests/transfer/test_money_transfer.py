"""The example of activities without HTTP: the bug that its README shows is found, and is mended."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sagacheck.explore import Search, explore
from sagacheck.language import Scenario, load
from sagacheck.run import LocalPlayer, TrialResult
from sagacheck.saga import SagaUnderTest
from tests.sagas.refused_withdrawals import BELIEVES_REFUSALS
from tests.shop import plain_orders, schema_text
from transfer import saga as glue
from transfer.saga import NAIVE, SAGA, bank

EXAMPLE = Path(__file__).parents[2] / "examples" / "transfer"
CATALOGUE = load([EXAMPLE / "scenarios"], SAGA.dialect)
MOST_LINES = 16
"""Of code that a team writes for the harness."""

Simulate = Callable[[Scenario, SagaUnderTest], TrialResult]


@pytest.fixture
def play() -> Iterator[Simulate]:
    """Plays a scenario in virtual time."""
    with LocalPlayer(SAGA).ready():
        yield lambda scenario, saga: LocalPlayer(saga).play(scenario)


def findings(played: TrialResult) -> list[str]:
    """All that is wrong."""
    return [each.invariant for each in played.violations] + [each.detail for each in played.unmet]


@pytest.mark.parametrize("scenario", CATALOGUE, ids=lambda scenario: Path(scenario.file).stem)
def test_the_transfer_is_valid(scenario: Scenario, play: Simulate) -> None:
    """Each scenario comes out as it says, and no money was made in the bank itself."""
    assert findings(play(scenario, SAGA)) == []
    assert sum(bank.balances().values()) == 1000


def test_a_refund_of_what_may_have_arrived_makes_money(play: Simulate) -> None:
    """The real activities ran: the bank has 4.00 more than before, and I7 says why."""
    in_doubt = next(each for each in CATALOGUE if "in-doubt" in each.file)

    played = play(in_doubt, NAIVE)

    assert bank.balances() == {"alice": 1000, "bob": 400}
    assert "bank.deposit (bank_2) is left behind: t1 ended as failed" in [
        each.detail for each in played.violations
    ]


def test_one_fault_is_enough_to_find_it() -> None:
    """`explore --faults 1`: nothing is wrong with the right saga, and the wrong one makes money."""
    base = plain_orders(1, SAGA.dialect)
    right = explore(Search(base=base, saga_reference="transfer.saga:SAGA", faults=1)).tally
    wrong = explore(Search(base=base, saga_reference="transfer.saga:NAIVE", faults=1)).tally

    assert (right.violating, right.histories > 50) == (0, True)
    found = [str(choice) for each in wrong.smallest_first() for choice in each.history]
    assert "drop_response, 3 times on call 1 of bank.deposit for o1" in found


def test_a_refusal_does_not_speak_for_an_earlier_attempt() -> None:
    """With money for one of two transfers, one fault finds the saga that believes it."""
    base = plain_orders(2, SAGA.dialect)
    place = "tests.sagas.refused_withdrawals:ONE_CAN_PAY"
    only = frozenset({"bank.withdraw"})
    right = explore(Search(base=base, saga_reference=place, faults=1, only=only)).tally
    wrong = explore(
        Search(base=base, saga_reference=f"{place}_BELIEVES", faults=1, only=only)
    ).tally

    assert (right.violating, right.histories > 50) == (0, True)
    details = {each.violation.detail for each in wrong.smallest_first()}
    why = "may have had its effect, but o2 ended as failed without a confirmed undo"
    assert f"call 1 of bank.withdraw {why}" in details


def test_what_arrives_after_the_refusal_stays_where_no_refund_was_asked_for(play: Simulate) -> None:
    """The bank itself: it keeps 4.00 of a transfer that failed."""
    late = next(each for each in CATALOGUE if "withdrawal-in-doubt" in each.file)

    played = play(late, BELIEVES_REFUSALS)

    assert bank.balances() == {"alice": 600, "bob": 0}
    assert "bank.withdraw (bank_1) is left behind: t1 ended as failed" in [
        each.detail for each in played.violations
    ]


def test_the_glue_is_short() -> None:
    """Without comments and the second saga, and with its imports."""
    lines = Path(glue.__file__).read_text(encoding="utf-8").splitlines()
    code = [each for each in lines if each.strip() and not each.startswith(('"""', "#"))]

    assert len([each for each in code if "replace" not in each]) <= MOST_LINES


def test_its_schema_is_up_to_date() -> None:
    """`sagacheck schema > schema.json` changes nothing."""
    assert (EXAMPLE / "schema.json").read_text(encoding="utf-8") == schema_text(SAGA.dialect)
