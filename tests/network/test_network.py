from __future__ import annotations

import asyncio

import pytest
from msgspec import structs

from fakes import order_network
from sagacheck.network import Calls, Fault, FaultRule, Moment, Network, WorkerCrash
from sagacheck.world import Attempt, AttemptOutcome
from tests.contract.faces import until
from tests.order_calls import ask, call, states

pytestmark = pytest.mark.asyncio

CHARGE = "payments.charge"


def rule(fault: Fault, calls: Calls | None = None, order: str | None = None) -> FaultRule:
    """A rule for charges."""
    return FaultRule(frozenset({CHARGE}), fault, calls or Calls(), order)


async def statuses(network: Network, *orders: str) -> list[int]:
    """The statuses of charges for these orders, one after the other."""
    return [(await ask(network, CHARGE, order)).status for order in orders]


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
    network = order_network()
    network.rules.append(rule(Fault("reject", status=500), calls))

    assert await statuses(network, "o1", "o1", "o1", "o1") == expected
    assert str(calls) == text


async def test_a_rule_may_be_for_one_order() -> None:
    """Other orders' calls pass, and do not count as fired."""
    network = order_network()
    mine = rule(Fault("reject", status=500), order="o2")
    network.rules.append(mine)

    assert await statuses(network, "o1", "o2", "o3") == [201, 500, 201]
    assert mine.fired == 1


async def test_a_rule_is_for_its_operations_only() -> None:
    """A fault on charges does not touch reservations."""
    network = order_network()
    network.rules.append(rule(Fault("reject", status=500)))

    assert (await ask(network, "notifications.send")).status == 202


async def test_the_first_rule_that_strikes_wins() -> None:
    """Rules are asked in their order; those behind the one that strikes are not asked."""
    network = order_network()
    first = rule(Fault("reject", status=502), Calls(frozenset({1})))
    second = rule(Fault("reject", status=503))
    network.rules += [first, second]

    assert await statuses(network, "o1", "o1") == [502, 503]
    assert (first.fired, second.fired) == (1, 1)


async def test_faults_end_when_the_network_heals() -> None:
    """From the moment of healing on no rule is asked any more."""
    network = order_network()
    network.rules.append(rule(Fault("reject", status=500)))
    network.heal_at(0.0)

    assert await statuses(network, "o1") == [201]


async def test_a_rule_of_ones_own_is_a_function() -> None:
    """Anything that looks at an attempt and returns a fault is a rule."""
    network = order_network()
    network.rules.append(
        lambda attempt: Fault("reject", status=500) if attempt.order == "o1" else None
    )

    assert await statuses(network, "o1", "o2") == [500, 201]


async def test_observers_hear_of_each_attempt_before_during_and_after() -> None:
    """Before: nothing is sent. During: the effect is there. After: the caller knows the outcome."""
    network = order_network()
    heard: list[tuple[Moment, AttemptOutcome, bool]] = []

    async def observe(moment: Moment, attempt: Attempt) -> None:
        heard.append((moment, attempt.outcome, attempt.took_effect))

    network.observers.append(observe)
    await ask(network, CHARGE)

    assert heard == [
        (Moment.BEFORE, AttemptOutcome.PENDING, False),
        (Moment.DURING, AttemptOutcome.PENDING, True),
        (Moment.AFTER, AttemptOutcome.OK, True),
    ]


async def test_a_caller_cancelled_before_its_request_leaves_has_done_nothing() -> None:
    """A request held back by an observer never arrives when its caller is cancelled."""
    network = order_network()
    held = asyncio.Event()

    async def hold(moment: Moment, attempt: Attempt) -> None:
        if moment is Moment.BEFORE:
            held.set()
            await asyncio.get_running_loop().create_future()

    network.observers.append(hold)
    asking = asyncio.create_task(ask(network, CHARGE))
    await held.wait()
    asking.cancel()
    await asyncio.wait([asking])

    (attempt,) = network.world.journal
    assert (attempt.outcome, attempt.error, attempt.arrivals) == (
        AttemptOutcome.UNKNOWN,
        "caller_gone",
        [],
    )


async def test_a_caller_without_a_timeout_waits_until_it_is_cancelled() -> None:
    """Where the network cannot know when the caller gives up, it waits for the caller to go."""
    network = order_network()
    network.rules.append(rule(Fault("drop_response")))
    patient = structs.replace(call(network, CHARGE), timeout=None)
    asking = asyncio.create_task(network.send(patient))
    await until(lambda: states(network, CHARGE) == ["live"])
    asking.cancel()
    await asyncio.wait([asking])

    (attempt,) = network.world.journal
    assert (attempt.outcome, attempt.took_effect) == (AttemptOutcome.UNKNOWN, True)


@pytest.mark.parametrize("patience", [None, 30.0])
async def test_an_attempt_that_outlives_its_start_to_close_never_reports(
    patience: float | None,
) -> None:
    """A caller that would wait longer than it may live is dead before it knows anything."""
    network = order_network()
    network.rules.append(rule(Fault("drop_response")))
    mortal = structs.replace(call(network, CHARGE), timeout=patience, lifetime=10.0)

    with pytest.raises(WorkerCrash, match="start-to-close timeout of 10 s"):
        await network.send(mortal)

    assert network.world.journal.attempts[0].error == "worker_crash"


async def struck(share: float, orders: range, fault: Fault) -> list[str]:
    """The orders whose charge is struck by a rule that means a share of them."""
    network = order_network()
    rule = FaultRule(frozenset({"payments.charge"}), fault, share=share)
    network.rules.append(rule)
    for number in orders:
        await ask(network, "payments.charge", f"o{number}")
    assert rule.fired == len([each for each in network.world.journal if each.fault])
    return [each.order for each in network.world.journal if each.fault]


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
