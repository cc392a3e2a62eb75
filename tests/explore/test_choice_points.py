"""What a run offers: everything that could have happened in it, at every moment that it had."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from fakes import ORDER_OPERATIONS
from sagacheck.explore import Search
from sagacheck.explore.choice_space import SLOW
from sagacheck.explore.choices import Choice, EventChoice, FaultChoice, apply
from sagacheck.explore.history_player import HistoryPlayer
from sagacheck.language import CancelBy, EventKind, When
from sagacheck.network import FAULTS, Fault
from sagacheck.run import LocalPlayer
from scenarios import SAGA
from tests.mutants import wrong_cancelling
from tests.shop import plain_orders

STEPS = ("inventory.reserve", "payments.charge", "shipping.create", "notifications.send")
LOST = FaultChoice("o1", "payments.charge", 1, Fault("drop_request"))


@pytest.fixture(scope="module")
def player() -> Iterator[HistoryPlayer]:
    """Plays histories of one order."""
    player = Search(base=plain_orders(1)).player()
    with player.ready():
        yield player


def offers(player: HistoryPlayer, *history: Choice) -> list[Choice]:
    """What is offered after the last choice of the history."""
    return player.play(history).offered


def test_each_call_may_suffer_each_fault_that_fits_it(player: HistoryPlayer) -> None:
    """An outage is the only fault that is not offered by its name: it is a refusal that lasts."""
    offered = {(c.operation, c.fault.name) for c in offers(player) if isinstance(c, FaultChoice)}
    operations = [ORDER_OPERATIONS[name] for name in STEPS]
    fitting = {
        (operation.name, kind.name)
        for operation in operations
        for kind in FAULTS.values()
        if kind.fits(operation) and kind.name != "outage"
    }
    assert offered == fitting


def test_a_client_may_cancel_by_every_means_before_and_after_each_call(
    player: HistoryPlayer,
) -> None:
    """And submit the order again."""
    offered = {
        (c.when.operation, c.when.moment, c.by)
        for c in offers(player)
        if isinstance(c, EventChoice)
    }
    for operation in STEPS:
        for moment in ("before", "after"):
            for means in (*CancelBy, None):
                assert (operation, moment, means) in offered


def test_a_client_may_cancel_during_each_call(player: HistoryPlayer) -> None:
    """By every means, and whatever the call suffers. To submit then would be nothing new."""
    during = [
        (choice.kind, choice.when.operation, choice.by)
        for choice in offers(player)
        if isinstance(choice, EventChoice) and choice.when.moment == "during"
    ]
    lost = [c.when for c in offers(player, LOST) if isinstance(c, EventChoice)]
    assert during == [(EventKind.CANCEL, name, means) for name in STEPS for means in CancelBy]
    assert When("during", "payments.charge", 1) in lost


@pytest.mark.does_not_replay  # the saga has a bug
def test_a_cancel_that_meets_an_activity_under_way_is_one_choice() -> None:
    """A saga that takes only a CancelledError for a cancel breaks by that choice alone."""
    (mutant,) = [each for each in wrong_cancelling.MUTANTS if each.name == "except CancelledError"]
    space = Search(base=plain_orders(1)).space(mutant.saga)
    player = HistoryPlayer(mutant.saga, plain_orders(1), replace(space, only=frozenset({"cancel"})))
    with player.ready():
        broken = [
            (choice.when.moment, choice.when.operation)
            for choice in offers(player)
            if isinstance(choice, EventChoice) and player.play((choice,)).violations
        ]
    assert set(broken) == {("during", name) for name in STEPS}


def test_a_client_may_come_after_the_end(player: HistoryPlayer) -> None:
    """A minute later, by every means."""
    late = [c for c in offers(player) if isinstance(c, EventChoice) and c.when.moment == "at"]
    assert {(c.kind, c.by) for c in late} == {
        *((EventKind.CANCEL, means) for means in CancelBy),
        (EventKind.SUBMIT, None),
    }
    assert {c.when.at for c in late} == {60.0}


def test_a_client_may_come_while_a_caller_waits_and_during_a_backoff(
    player: HistoryPlayer,
) -> None:
    """A lost request is waited for for a minute, and tried again a second later."""
    moments = {
        choice.when.at for choice in offers(player, LOST) if isinstance(choice, EventChoice)
    } - {None}
    assert {30.0, 60.5} <= moments


def test_only_what_comes_after_the_last_choice_is_offered(player: HistoryPlayer) -> None:
    """What lies before it belongs to other histories."""
    offered = offers(player, LOST)
    calls = {(c.operation, c.call) for c in offered if isinstance(c, FaultChoice)}
    assert ("inventory.reserve", 1) not in calls
    assert ("payments.charge", 1) not in calls
    assert ("payments.charge", 2) in calls


def test_calls_that_a_lasting_fault_strikes_suffer_no_other(player: HistoryPlayer) -> None:
    """The first fault strikes; a second one would never be seen."""
    lasting = FaultChoice("o1", "payments.charge", 1, Fault("refuse"), 3)
    offered = [c for c in offers(player, lasting) if isinstance(c, FaultChoice)]
    assert not [choice for choice in offered if choice.operation == "payments.charge"]
    assert [choice for choice in offered if choice.operation == "payments.refund"]


def test_a_run_that_is_undone_offers_its_compensations(player: HistoryPlayer) -> None:
    """A declined card leads to a release, which may fail too."""
    declined = FaultChoice("o1", "payments.charge", 1, Fault("reject", status=402))
    assert "inventory.release" in {choice.where for choice in offers(player, declined)}


@pytest.mark.parametrize(
    ("words", "gone"),
    [({"cancels": False}, {"cancel", "submit"}), ({"crashes": False}, {"crash_before", "evict"})],
)
def test_what_is_switched_off_is_not_offered(words: dict[str, bool], gone: set[str]) -> None:
    """Neither cancels nor crashes."""
    player = Search(base=plain_orders(1), cancels=True, crashes=True).player()
    without = Search(base=plain_orders(1), **words).player()  # type: ignore[arg-type]
    with player.ready():
        assert gone <= {choice.kind for choice in offers(player)}
        assert not gone & {choice.kind for choice in offers(without)}


def test_a_slow_call_lets_the_other_order_overtake() -> None:
    """Of two orders that want the same goods either may get them."""
    base = plain_orders(2)
    slow = FaultChoice("o1", "inventory.reserve", 1, SLOW)
    search = Search(base=base).player()
    player = LocalPlayer(SAGA)
    with player.ready():
        assert slow in offers(search)
        first, second = player.play(base).trial, player.play(apply((slow,), base)).trial
    assert first is not None
    assert second is not None
    assert [str(first.outcomes[each].status) for each in ("o1", "o2")] == ["completed", "failed"]
    assert [str(second.outcomes[each].status) for each in ("o1", "o2")] == ["failed", "completed"]
