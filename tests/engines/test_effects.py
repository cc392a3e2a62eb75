"""Activities that make no HTTP call suffer what HTTP calls suffer, on both engines."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from sagacheck.checks import OrderStatus, Verdict
from sagacheck.engines import Trial
from sagacheck.errors import InvalidScenarioError
from sagacheck.run import LocalPlayer, TrialResult
from sagacheck.saga import SagaUnderTest
from tests.engines.conftest import Play
from tests.sagas import effects
from tests.shop import load_text

KINDS = {
    "functions": effects.FUNCTIONS,
    "methods": effects.METHODS,
    "coroutines that heartbeat": effects.HEARTBEATS,
    "threads": effects.THREADS,
    "threads that heartbeat": effects.HEARTBEATS_IN_THREADS,
    "local activities": effects.LOCALS,
    "local activities in threads": effects.LOCALS_IN_THREADS,
}
ON_A_SERVER = {
    name: kind for name, kind in KINDS.items() if name not in ("methods", "local activities")
}
FAULTS = {
    "drop_request": ("read_timeout", 1),
    "drop_response": ("read_timeout", 2),
    "{delay_request: 25s}": ("read_timeout", 2),
    "{delay_response: 5s}": ("", 1),
    "reset_after_effect": ("read_error", 2),
    "{duplicate: 2}": ("", 2),
    "refuse": ("connect_error", 1),
    "{reject: 503}": ("service_unavailable", 1),
    "{status_after_effect: 500}": ("internal_server_error", 2),
}
"""What the first caller saw, and how often the room was booked in all."""
SCENARIO = """
scenario: one call suffers
why: w
orders: [{{id: o1}}]
faults: [{{on: hotel.book, fault: {fault}}}]
expect:
  o1: {{status: any}}
"""
LOST = SCENARIO.format(fault="drop_response, calls: all")

Simulate = Callable[[str, SagaUnderTest], TrialResult]


@pytest.fixture
def simulate() -> Iterator[Simulate]:
    """Plays a scenario in virtual time."""
    with LocalPlayer(effects.METHODS).ready():
        yield lambda text, saga: LocalPlayer(saga).play(load_text(text, "s.yaml", saga.dialect))


def trial_of(result: TrialResult) -> Trial:
    """What was played."""
    assert result.trial is not None
    assert not result.trial.troubles
    return result.trial


def broken(result: TrialResult) -> set[str]:
    """The invariants that a trial has broken."""
    return {each.invariant for each in result.violations}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_happens_before_after_or_around_the_activity(
    simulate: Simulate, fault: str
) -> None:
    """The caller sees it, the activity has run as often as it says, and one effect is there."""
    error, runs = FAULTS[fault]
    effects.HOTEL.runs.clear()

    result = simulate(SCENARIO.format(fault=fault), effects.METHODS)

    trial = trial_of(result)
    first = trial.world.journal.attempts[0]
    assert first.error == error
    assert effects.HOTEL.runs == ["book"] * runs
    assert len(trial.world.ledger.effects_by("hotel.book")) == 1
    assert trial.outcomes["o1"].status is OrderStatus.COMPLETED
    assert broken(result) == set()


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
@pytest.mark.parametrize("fault", [*FAULTS, "crash_before", "crash_after", "evict"])
def test_all_kinds_of_activities_suffer_alike(
    simulate: Simulate, fault: str, kind: SagaUnderTest
) -> None:
    """The same verdict, the same attempts, the same end, whatever runs the activity."""
    text = SCENARIO.format(fault=fault)
    played = [simulate(text, saga) for saga in (effects.FUNCTIONS, kind)]

    function, other = map(trial_of, played)
    seen = [[(a.operation, a.outcome, a.error) for a in t.world.journal] for t in (function, other)]
    assert seen[0] == seen[1]
    assert function.outcomes["o1"].status == other.outcomes["o1"].status
    assert broken(played[1]) == set()


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
def test_the_bug_of_each_kind_is_found(simulate: Simulate, kind: SagaUnderTest) -> None:
    """Replies are lost: the careful saga cancels what may be there, the other does not."""
    assert broken(simulate(LOST, kind)) == set()
    assert broken(simulate(LOST, effects.careless(kind))) >= {"I7"}


@pytest.mark.asyncio
@pytest.mark.parametrize("kind", ON_A_SERVER.values(), ids=ON_A_SERVER.keys())
async def test_the_same_on_a_server(play: Play, kind: SagaUnderTest) -> None:
    """All faults, and the bug, on a real Temporal server."""
    texts = [SCENARIO.format(fault=fault) for fault in FAULTS]

    results = await play(*texts, LOST, saga=kind)
    (wrong,) = await play(LOST, saga=effects.careless(kind))

    for result, (error, _) in zip(results[:-1], FAULTS.values(), strict=True):
        assert result.trial is not None
        assert result.trial.world.journal.attempts[0].error == error
    assert [each.verdict for each in results] == [Verdict.VALID] * len(results)
    assert "I7" in {each.invariant for each in wrong.violations}


@pytest.mark.parametrize("slow", [effects.SLOW_THREADS, effects.SLOW_COROUTINES])
def test_a_pause_of_an_activity_passes_in_virtual_time(
    simulate: Simulate, slow: SagaUnderTest
) -> None:
    """Its effect is there when it has worked, and a late run of it works as long."""
    trial = trial_of(simulate(SCENARIO.format(fault="{duplicate: 2}"), slow))
    late = trial_of(simulate(SCENARIO.format(fault="{delay_request: 25s}"), slow))

    arrivals = [each.at for each in trial.world.journal.attempts[0].arrivals]
    assert arrivals == pytest.approx([1, 2], abs=0.01)
    arrivals = [each.at for each in late.world.journal.attempts[0].arrivals]
    assert arrivals == pytest.approx([26], abs=0.01)


def test_an_activity_that_raises_has_had_no_effect(simulate: Simulate) -> None:
    """Its own exception reaches the workflow as it is, and the journal says that it was refused."""
    result = simulate(SCENARIO.format(fault="evict"), effects.NO_MONEY)

    trial = trial_of(result)
    attempts = [a for a in trial.world.journal if a.operation == "bank.pay"]
    assert [(a.outcome, a.error, a.entries) for a in attempts] == [("refused", "NoMoney", [])]
    ending = trial.outcomes["o1"].ending
    assert (ending.status, ending.error) == (OrderStatus.FAILED, "NoMoney: mallory has no money")
    assert broken(result) == set()


def test_a_declared_refusal_is_not_tried_again(simulate: Simulate) -> None:
    """A fault that refuses raises what the activity would raise; another error is tried again."""
    refused = "scenario: s\nwhy: w\norders: [{id: o1}]\nexpect: {o1: {status: any}}\nfaults:\n"
    played = [
        simulate(f"{refused}  - {{on: bank.pay, fault: {fault}}}\n", effects.METHODS)
        for fault in ("{reject: {status: 409, code: NoMoney}}", "{reject: {status: 400}}")
    ]

    statuses = [trial_of(each).outcomes["o1"].status for each in played]
    assert statuses == [OrderStatus.FAILED, OrderStatus.COMPLETED]


def test_without_a_key_each_run_has_an_effect(simulate: Simulate) -> None:
    """A reply is lost, and the second attempt books another room; with a key it does not."""
    lost = SCENARIO.format(fault="drop_response")

    assert "I13" in broken(simulate(lost, effects.WITHOUT_KEYS))
    assert broken(simulate(lost, effects.METHODS)) == set()


def test_an_undo_without_a_key_is_done_though_there_is_nothing(simulate: Simulate) -> None:
    """The booking was refused on all attempts: an undo by key changes nothing, a blind one does."""
    never = SCENARIO.format(fault="refuse, calls: all")

    assert broken(simulate(never, effects.METHODS)) == set()
    assert broken(simulate(never, effects.WITHOUT_KEYS)) == {"I8"}


def test_without_tombstones_what_arrives_after_its_undo_stays(simulate: Simulate) -> None:
    """It cannot be told from a new booking; a service that leaves tombstones refuses it."""
    late = SCENARIO.format(fault="{delay_request: 1h}, calls: all")

    assert "I7" in broken(simulate(late, effects.METHODS))
    assert broken(simulate(late, effects.WITH_TOMBSTONES)) == set()


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("malformed", "an activity does hotel.book by itself and reads no HTTP reply"),
        ("truncated", "write drop_response"),
        ("empty", "write drop_response"),
        ("{status_after_effect: 302}", "it succeeds or raises; write 400 or more"),
        ("{status_after_effect: 202}", "it succeeds or raises; write 400 or more"),
        ("{stale_read: 1h}", "a fault that does not fit hotel.book"),
    ],
)
def test_a_fault_of_bytes_is_refused_with_the_reason(fault: str, reason: str) -> None:
    """An activity has no reply that could be spoilt."""
    with pytest.raises(InvalidScenarioError, match=reason):
        load_text(SCENARIO.format(fault=fault), "s.yaml", effects.METHODS.dialect)
