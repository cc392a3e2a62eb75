"""Which violations are distinct, and which history stands for each."""

from __future__ import annotations

from sagacheck.checks import Violation
from sagacheck.explore.choices import FaultChoice, History
from sagacheck.explore.history_player import HistoryResult
from sagacheck.explore.tally import Tally
from sagacheck.network import Fault


def fault(name: str, call: int = 1, operation: str = "payments.charge") -> FaultChoice:
    """A fault of one call."""
    return FaultChoice("o1", operation, call, Fault(name))


def found(*histories: History, invariant: str = "I7") -> Tally:
    """A tally in which each of these histories breaks an invariant."""
    tally = Tally()
    for history in histories:
        tally.add(history, HistoryResult([], [Violation(invariant, "o1", "wrong")]))
    return tally


def test_the_same_choices_elsewhere_are_counted_and_not_shown_again() -> None:
    """The number of the call makes no other violation."""
    (only,) = found((fault("drop_response"),), (fault("drop_response", call=2),)).smallest_first()
    assert only.history == (fault("drop_response"),)
    assert only.times == 2


def test_a_history_with_a_choice_more_is_explained_by_the_smaller_one() -> None:
    """What breaks with one fault breaks with two."""
    small, more = (fault("drop_response", call=2),), (fault("refuse"), fault("drop_response"))
    tally = found(small, more)
    assert [each.history for each in tally.smallest_first()] == [small]
    assert tally.violating == 2


def test_the_other_choice_alone_explains_it_too() -> None:
    """Whichever of the two it is."""
    small, more = (fault("refuse"),), (fault("refuse"), fault("drop_response"))
    assert [each.history for each in found(small, more).smallest_first()] == [small]


def test_another_invariant_is_another_violation() -> None:
    """The same history may break several."""
    tally = found((fault("refuse"),))
    tally.merge(found((fault("refuse"),), invariant="I13"))
    assert {each.violation.invariant for each in tally.smallest_first()} == {"I7", "I13"}


def test_another_operation_is_another_violation() -> None:
    """A charge that is known to be left behind hides no reservation that is, too."""
    charge, goods = (Violation("I7", "o1", what) for what in ("a charge", "a reservation"))
    operations = {charge: "payments.charge", goods: "inventory.reserve"}
    history = (fault("refuse"),)
    both, later = Tally(), Tally()
    both.add(history, HistoryResult([], [charge, goods], operations=operations))
    later.add(history, HistoryResult([], [charge], operations=operations))
    more = (*history, fault("evict"))
    later.add(more, HistoryResult([], [charge, goods], operations=operations))

    assert [each.fact for each in both.smallest_first()] == [
        ("I7", "payments.charge"),
        ("I7", "inventory.reserve"),
    ]
    assert [(each.fact[1], each.history) for each in later.smallest_first()] == [
        ("payments.charge", history),
        ("inventory.reserve", more),
    ]


def test_the_smallest_comes_first() -> None:
    """However it was found."""
    pair = (fault("refuse"), fault("refuse", operation="shipping.create"))
    single = (fault("drop_response"),)
    assert [each.history for each in found(pair, single).smallest_first()] == [single, pair]


def test_a_merged_tally_is_that_of_all() -> None:
    """Processes lose nothing on the way."""
    one, other = found((fault("refuse"),)), found((fault("refuse", call=2),), (fault("evict"),))
    one.merge(other)
    assert (one.histories, one.violating) == (3, 3)
    assert {each.times for each in one.smallest_first()} == {2, 1}
    assert one.choices["payments.charge", "refuse", 2] == 1


def test_a_missing_observation_is_kept_with_its_first_history() -> None:
    """So that it can be played again."""
    tally = Tally()
    tally.add((fault("refuse"),), HistoryResult([], unknown=["it never fired"]))
    tally.add((fault("evict"),), HistoryResult([], unknown=["it never fired"]))
    assert tally.unknown == {"it never fired": (fault("refuse"),)}
