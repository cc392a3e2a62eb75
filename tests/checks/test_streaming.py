from __future__ import annotations

import asyncio
import random
from functools import partial
from pathlib import Path

import msgspec
import pytest

from fakes import ORDER_OPERATIONS
from sagacheck.checks import (
    INVARIANTS,
    Evidence,
    Findings,
    FinishedOrder,
    OrderStatus,
    StreamingChecks,
    check_all,
)
from sagacheck.engines import SimulatedEngine
from sagacheck.run import ScenarioResult
from sagacheck.run.judging.judge import evidence_of, run_one
from sagacheck.services import AVAILABLE, CUSTOMER, MERCHANT
from sagacheck.world import Idempotency, OrderRecord, records_by_order
from tests.checks import (
    _bad_ends,
    _bad_goods,
    _bad_money,
    _bad_order_data,
    _bad_requests,
    _bad_rollback,
    _bad_sequence,
)
from tests.checks._bad import BAD, Bad
from tests.checks._evidence import CREATES, Story
from tests.checks._good import GOOD, Tell
from tests.reachable import objects_below
from tests.sagas import naive
from tests.shop import find, load_file

WILD_RUNS = 80
TOLD_IN = (
    _bad_money,
    _bad_goods,
    _bad_sequence,
    _bad_rollback,
    _bad_requests,
    _bad_order_data,
    _bad_ends,
)


def streamed(evidence: Evidence, *, seed: int = 0) -> Findings:
    """What is found when a run's orders are handed over one at a time, in any order."""
    checks = StreamingChecks(evidence.operations, evidence.completed_means, evidence.orphans)
    for entry in evidence.ledger.entries:
        checks.log([entry])
    orders = finished_orders(evidence)
    random.Random(seed).shuffle(orders)
    for order in orders:
        checks.order(order)
    return checks.findings()


def finished_orders(evidence: Evidence) -> list[FinishedOrder]:
    """The orders of a run, with what belongs to each, as it comes off the wire."""
    records = records_by_order(
        attempts=evidence.journal.attempts,
        entries=evidence.ledger.entries,
        effects=evidence.ledger.effects.values(),
    )
    names = {**records, **evidence.orders, **evidence.outcomes}
    return [
        FinishedOrder(
            order_record=on_the_wire(records.get(name, OrderRecord(name))),
            terms=evidence.orders.get(name),
            outcome=evidence.outcomes.get(name),
            cancelled=name in evidence.cancelled,
        )
        for name in names
    ]


def on_the_wire(record: OrderRecord) -> OrderRecord:
    """The record as the fakes send it and a program reads it."""
    return msgspec.json.decode(msgspec.json.encode(record), type=OrderRecord)


def in_any_order(findings: Findings) -> list[str]:
    """The violations with all that they say."""
    return sorted(map(repr, findings.violations))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("bad", BAD, ids=str)
def test_what_is_wrong_is_found_an_order_at_a_time(bad: Bad, seed: int) -> None:
    """The violations of a bad run are those of the whole-run check, to the last word."""
    whole = check_all(bad.evidence())

    one_by_one = streamed(bad.evidence(), seed=seed)

    assert in_any_order(whole) == in_any_order(one_by_one)
    assert not one_by_one.open


@pytest.mark.parametrize("evidence", GOOD, ids=lambda each: each.__name__)
def test_what_is_right_is_seen_an_order_at_a_time(evidence: Tell) -> None:
    """A good run is good, and each invariant has looked at as many facts as ever."""
    whole = check_all(evidence())

    one_by_one = streamed(evidence())

    assert not one_by_one.violations
    assert whole.facts == one_by_one.facts


def wild(seed: int) -> Evidence:
    """Anything may happen to three orders, which share keys and goods, and any end may be told."""
    chance = random.Random(seed)
    orders = ("o1", "o2", "o3")
    profile = chance.choice(list(Idempotency))
    story = Story(*orders[: chance.randint(1, 3)], idempotency=profile)
    acts = [story.reserve, story.charge, story.ship, story.mail]
    acts += [story.release, story.refund, story.call_back, partial(story.charge, amount="5.00")]
    acts += [partial(story.charge, customer_id="x"), partial(story.mail, tracking_number="T")]
    for _ in range(chance.randint(3, 20)):
        act, order = chance.choice(acts), chance.choice(orders)
        fault = chance.choice(["", "", "", "reject", "drop_response", "delay_request", "duplicate"])
        act(order, chance.choice(["k1", "k2", None]), fault=fault, delay=chance.choice([1.0, 20.0]))
    if chance.random() < 0.3:
        story.write("world.loss", "", (AVAILABLE, "WIDGET", -9))
    if chance.random() < 0.3:
        story.write("payments.refund", "pay_1")
    charge = story.world.ledger.effects.get("pay_1")
    if charge is not None and chance.random() < 0.3:
        euros = (CUSTOMER, "EUR", 5), (MERCHANT, "EUR", -5)
        story.write("payments.refund", charge.id, *euros, order=charge.order)
    for order in story.orders:
        if chance.random() < 0.8:
            story.end(chance.choice(list(OrderStatus)), order)
    cancelled = frozenset(order for order in orders if chance.random() < 0.3)
    means = chance.choice([CREATES, CREATES, ("inventory.reserve", "shipping.create")])
    return story.evidence(cancelled=cancelled, completed_means=means)


@pytest.mark.parametrize("seed", range(WILD_RUNS))
def test_whatever_happens_is_judged_alike(seed: int) -> None:
    """Where orders share keys, goods and requests, judging them one by one misses nothing."""
    evidence = wild(seed)

    whole, one_by_one = check_all(evidence), streamed(evidence, seed=seed)

    assert in_any_order(whole) == in_any_order(one_by_one)
    assert not one_by_one.open


def test_wild_runs_break_what_can_be_broken_across_orders() -> None:
    """The comparison is worth something: these runs break nearly every invariant."""
    runs = (check_all(wild(seed)) for seed in range(WILD_RUNS))
    broken = {each.invariant for run in runs for each in run.violations}

    assert broken >= {*INVARIANTS} - {"I1", "I15", "I19"}


@pytest.mark.parametrize("file", find(), ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_a_bad_saga_is_judged_alike(file: Path) -> None:
    """What the naive saga does wrong in a scenario is found an order at a time as well."""
    result = asyncio.run(played_by_the_naive_saga(file))
    evidence = evidence_of(result.trial)

    assert in_any_order(check_all(evidence)) == in_any_order(streamed(evidence))


async def played_by_the_naive_saga(file: Path) -> ScenarioResult:
    """Play a scenario in virtual time."""
    async with SimulatedEngine(naive.SAGA) as engine:
        return await run_one(load_file(file), engine, naive.SAGA)


def test_entries_must_come_in_the_order_of_the_log() -> None:
    """A log with a hole would make the stock look right, or wrong: it is refused."""
    evidence = GOOD[0]()
    checks = StreamingChecks(evidence.operations, evidence.completed_means)

    with pytest.raises(ValueError, match="entry 0 of the log is due, not 1"):
        checks.log(evidence.ledger.entries[1:])


def test_an_order_that_is_handed_over_again_is_judged_again() -> None:
    """What was wrong with an order when it was looked at first counts no more."""
    story = Story("o1").all_steps()
    early = finished_orders(story.end(OrderStatus.FAILED).evidence())
    late = finished_orders(story.end(OrderStatus.COMPLETED).evidence())
    checks = StreamingChecks(ORDER_OPERATIONS, story.evidence().completed_means)
    checks.log(story.world.ledger.entries)

    assert any(checks.order(order) for order in early)
    assert not any(checks.order(order) for order in late)
    assert not checks.findings().violations


def test_what_is_right_leaves_nothing_in_memory() -> None:
    """After forty more good orders the checks hold not one object more."""
    names = [f"o{number:02}" for number in range(50)]
    story = Story(*names)
    for name in names:
        story.all_undone(name, name).end(OrderStatus.FAILED, name)
    evidence = story.evidence()
    orders = {order.order_record.order: order for order in finished_orders(evidence)}
    checks = StreamingChecks(ORDER_OPERATIONS, evidence.completed_means)
    checks.log(evidence.ledger.entries)
    checks.order(orders[""])
    sizes = []

    for some in (names[:10], names[10:]):
        violations = [each for name in some for each in checks.order(orders[name])]
        sizes.append(objects_below(checks))
        assert not violations

    assert sizes[1] <= sizes[0]
