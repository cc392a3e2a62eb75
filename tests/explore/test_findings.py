"""Which violations are distinct, and which history stands for each."""

from __future__ import annotations

from sagacheck.checks import Violation
from sagacheck.explore.choices import FaultChoice, History
from sagacheck.explore.findings import Findings
from sagacheck.explore.player import Played
from sagacheck.network import Fault


def fault(name: str, call: int = 1, operation: str = "payments.charge") -> FaultChoice:
    """A fault of one call."""
    return FaultChoice("o1", operation, call, Fault(name))


def found(*histories: History, invariant: str = "I7") -> Findings:
    """Findings in which each of these histories breaks an invariant."""
    findings = Findings()
    for history in histories:
        findings.add(history, Played([], [Violation(invariant, "o1", "wrong")]))
    return findings


def test_the_same_choices_elsewhere_are_counted_and_not_shown_again() -> None:
    """The number of the call makes no other violation."""
    (only,) = found((fault("drop_response"),), (fault("drop_response", call=2),)).smallest_first()
    assert only.history == (fault("drop_response"),)
    assert only.times == 2


def test_a_history_with_a_choice_more_is_explained_by_the_smaller_one() -> None:
    """What breaks with one fault breaks with two."""
    small, more = (fault("drop_response", call=2),), (fault("refuse"), fault("drop_response"))
    findings = found(small, more)
    assert [each.history for each in findings.smallest_first()] == [small]
    assert findings.violating == 2


def test_the_other_choice_alone_explains_it_too() -> None:
    """Whichever of the two it is."""
    small, more = (fault("refuse"),), (fault("refuse"), fault("drop_response"))
    assert [each.history for each in found(small, more).smallest_first()] == [small]


def test_another_invariant_is_another_violation() -> None:
    """The same history may break several."""
    findings = found((fault("refuse"),))
    findings.merge(found((fault("refuse"),), invariant="I13"))
    assert {each.violation.invariant for each in findings.smallest_first()} == {"I7", "I13"}


def test_the_smallest_comes_first() -> None:
    """However it was found."""
    pair = (fault("refuse"), fault("refuse", operation="shipping.create"))
    single = (fault("drop_response"),)
    assert [each.history for each in found(pair, single).smallest_first()] == [single, pair]


def test_merged_findings_are_those_of_all() -> None:
    """Processes lose nothing on the way."""
    one, other = found((fault("refuse"),)), found((fault("refuse", call=2),), (fault("evict"),))
    one.merge(other)
    assert (one.histories, one.violating) == (3, 3)
    assert {each.times for each in one.smallest_first()} == {2, 1}
    assert one.choices["payments.charge", "refuse", 2] == 1


def test_what_was_not_seen_is_kept_with_its_first_history() -> None:
    """So that somebody can look at it."""
    findings = Findings()
    findings.add((fault("refuse"),), Played([], unknown=["it never fired"]))
    findings.add((fault("evict"),), Played([], unknown=["it never fired"]))
    assert findings.unknown == {"it never fired": (fault("refuse"),)}
