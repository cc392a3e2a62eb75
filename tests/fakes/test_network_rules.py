from __future__ import annotations

import asyncio

import pytest
from msgspec import structs

from sagacheck.network import Calls, Fault, FaultRule, Moment, WorkerCrash
from sagacheck.world import Attempt, AttemptOutcome, World
from tests.contract.faces import until
from tests.fakes.callers import ask, call, states

pytestmark = pytest.mark.anyio

CHARGE = "payments.charge"


def rule(fault: Fault, calls: Calls | None = None, order: str | None = None) -> FaultRule:
    """A rule for charges."""
    return FaultRule(frozenset({CHARGE}), fault, calls or Calls(), order)


async def statuses(world: World, *orders: str) -> list[int]:
    """The statuses of charges for these orders, one after the other."""
    return [(await ask(world, CHARGE, order)).status for order in orders]


@pytest.mark.parametrize(
    ("calls", "expected", "text"),
    [
        (Calls(), [500, 500, 500, 500], "all"),
        (Calls(frozenset({1})), [500, 201, 201, 201], "1"),
        (Calls(frozenset({3, 1})), [500, 201, 500, 201], "1, 3"),
        (Calls(start=3), [201, 201, 500, 500], "3.."),
    ],
)
async def test_a_rule_strikes_the_calls_it_names(
    calls: Calls, expected: list[int], text: str
) -> None:
    """Calls are counted from one; a list, an open range and all of them can be meant."""
    world = World()
    world.network.rules.append(rule(Fault("reject", status=500), calls))

    assert await statuses(world, "o1", "o1", "o1", "o1") == expected
    assert str(calls) == text


async def test_a_rule_may_be_for_one_order() -> None:
    """Other orders' calls pass, and do not count as fired."""
    world = World()
    mine = rule(Fault("reject", status=500), order="o2")
    world.network.rules.append(mine)

    assert await statuses(world, "o1", "o2", "o3") == [201, 500, 201]
    assert mine.fired == 1


async def test_a_rule_is_for_its_operations_only() -> None:
    """A fault on charges does not touch reservations."""
    world = World()
    world.network.rules.append(rule(Fault("reject", status=500)))

    assert (await ask(world, "notifications.send")).status == 202


async def test_the_first_rule_that_strikes_wins() -> None:
    """Rules are asked in their order; those behind the one that strikes are not asked."""
    world = World()
    first = rule(Fault("reject", status=502), Calls(frozenset({1})))
    second = rule(Fault("reject", status=503))
    world.network.rules += [first, second]

    assert await statuses(world, "o1", "o1") == [502, 503]
    assert (first.fired, second.fired) == (1, 1)


async def test_faults_end_when_the_network_heals() -> None:
    """From the moment of healing on no rule is asked any more."""
    world = World()
    world.network.rules.append(rule(Fault("reject", status=500)))
    world.network.heal_at(0.0)

    assert await statuses(world, "o1") == [201]


async def test_a_rule_of_ones_own_is_a_function() -> None:
    """Anything that looks at an attempt and returns a fault is a rule."""
    world = World()
    world.network.rules.append(
        lambda attempt: Fault("reject", status=500) if attempt.order == "o1" else None
    )

    assert await statuses(world, "o1", "o2") == [500, 201]


async def test_observers_hear_of_each_attempt_before_and_after() -> None:
    """Before: nothing has been sent. After: the caller's knowledge is written down."""
    world = World()
    heard: list[tuple[Moment, AttemptOutcome]] = []

    async def observe(moment: Moment, attempt: Attempt) -> None:
        heard.append((moment, attempt.outcome))

    world.network.observers.append(observe)
    await ask(world, CHARGE)

    assert heard == [(Moment.BEFORE, AttemptOutcome.PENDING), (Moment.AFTER, AttemptOutcome.OK)]


async def test_a_caller_cancelled_before_its_request_leaves_has_done_nothing() -> None:
    """A request held back by an observer never arrives when its caller is cancelled."""
    world = World()
    held = asyncio.Event()

    async def hold(moment: Moment, attempt: Attempt) -> None:
        if moment is Moment.BEFORE:
            held.set()
            await asyncio.get_running_loop().create_future()

    world.network.observers.append(hold)
    asking = asyncio.create_task(ask(world, CHARGE))
    await held.wait()
    asking.cancel()
    await asyncio.wait([asking])

    (attempt,) = world.journal
    assert (attempt.outcome, attempt.error, attempt.arrivals) == (
        AttemptOutcome.UNKNOWN,
        "caller_gone",
        [],
    )


async def test_a_caller_without_a_timeout_waits_until_it_is_cancelled() -> None:
    """Where the network cannot know when the caller gives up, it waits for the caller to go."""
    world = World()
    world.network.rules.append(rule(Fault("drop_response")))
    patient = structs.replace(call(world, CHARGE), timeout=None)
    asking = asyncio.create_task(world.network.send(patient))
    await until(lambda: states(world, CHARGE) == ["live"])
    asking.cancel()
    await asyncio.wait([asking])

    (attempt,) = world.journal
    assert (attempt.outcome, attempt.took_effect) == (AttemptOutcome.UNKNOWN, True)


@pytest.mark.parametrize("patience", [None, 30.0])
async def test_an_attempt_that_outlives_its_start_to_close_never_reports(
    patience: float | None,
) -> None:
    """A caller that would wait longer than it may live is dead before it knows anything."""
    world = World()
    world.network.rules.append(rule(Fault("drop_response")))
    mortal = structs.replace(call(world, CHARGE), timeout=patience, lifetime=10.0)

    with pytest.raises(WorkerCrash, match="start-to-close timeout of 10 s"):
        await world.network.send(mortal)

    assert world.journal.attempts[0].error == "worker_crash"


async def struck(share: float, orders: range, fault: Fault) -> list[str]:
    """The orders whose charge is struck by a rule that means a share of them."""
    world = World()
    rule = FaultRule(frozenset({"payments.charge"}), fault, share=share)
    world.network.rules.append(rule)
    for number in orders:
        await ask(world, "payments.charge", f"o{number}")
    assert rule.fired == len([each for each in world.journal if each.fault])
    return [each.order for each in world.journal if each.fault]


async def test_a_share_of_the_calls_is_struck() -> None:
    """About so many of them, the same in every run, and others for another fault."""
    orders, fault = range(1000), Fault("reject", status=503)

    some = await struck(0.2, orders, fault)

    assert 150 < len(some) < 250
    assert some == await struck(0.2, orders, fault)
    assert some != await struck(0.2, orders, Fault("reject", status=502))
    assert set(some) < set(await struck(0.5, orders, fault))
    assert await struck(0.0, orders, fault) == []
    assert len(await struck(1.0, orders, fault)) == 1000
