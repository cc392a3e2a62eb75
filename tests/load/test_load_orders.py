"""Orders, faults and shapes come from a seed, a mix and a name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fakes import ORDER_OPERATIONS
from load._orders import draw_order
from sagacheck.load import Planner, Shares
from sagacheck.load.results.figures import Ended, latencies, over_time
from sagacheck.load.system.fault_mixes import MIXES, mix_named, read_mix
from sagacheck.load.users.load_shapes import SHAPES, LoadProfile
from sagacheck.run import terms_of

PLANNER = Planner("run", 7, Shares(cancel=0.3, resubmit=0.3, query=0.3), draw_order)
MANY = range(1, 400)


def test_a_plan_can_be_worked_out_from_the_order_id() -> None:
    """So it is known what a client has placed that died."""
    plans = [PLANNER.plan(2, number) for number in MANY]

    assert [PLANNER.plan_of(plan.order.id) for plan in plans] == plans


def test_the_seed_decides_everything_but_the_ids() -> None:
    """Another run with the same seed places the same orders, another seed places others."""
    again, other = replace(PLANNER, run="again"), replace(PLANNER, seed=8)
    first = PLANNER.plan(0, 1)

    assert replace(again.plan(0, 1).order, id=first.order.id) == first.order
    assert replace(other.plan(0, 1).order, id=first.order.id) != first.order


def test_shares_are_kept() -> None:
    """About as many orders are disturbed as was asked for, and none where none was."""
    plans = [PLANNER.plan(0, number) for number in MANY]
    quiet = [replace(PLANNER, shares=Shares()).plan(0, number) for number in MANY]

    assert 0.2 < sum(plan.cancel is not None for plan in plans) / len(plans) < 0.4
    assert 0.2 < sum(plan.resubmit_after is not None for plan in plans) / len(plans) < 0.4
    assert not any(plan.cancel or plan.resubmit_after or plan.query_after for plan in quiet)


def test_orders_cost_whole_cents() -> None:
    """Or the ledger could not agree with them."""
    orders = [PLANNER.plan(0, number).order for number in MANY]

    assert all(terms_of(order).price == order.total * 100 > 0 for order in orders)


@pytest.mark.parametrize("name", MIXES)
def test_mixes_have_rules_that_a_file_may_have_too(tmp_path: Path, name: str) -> None:
    """What is built in is what anybody can write."""
    file = tmp_path / "mix.yaml"
    rules = [dict(rule) for rule in mix_named(name, ORDER_OPERATIONS)]
    file.write_text(str(rules), encoding="utf-8")

    assert [dict(rule) for rule in read_mix(str(file), ORDER_OPERATIONS)] == rules


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("on: payments", "a mix is a list of rules"),
        ("- {on: payments, fault: 503", r"mix.yaml:1:\d+"),
        ("- {on: payments.chrge, fault: 503}", "rule 1: .*payments.charge"),
        ("- {on: payments, fault: 503, share: 2}", "rule 1: .*share"),
    ],
)
def test_what_is_wrong_with_a_mix_is_told_with_its_place(
    tmp_path: Path, text: str, message: str
) -> None:
    """The file, the line or rule, and what would be right."""
    file = tmp_path / "mix.yaml"
    file.write_text(text, encoding="utf-8")

    with pytest.raises(ValueError, match=message):
        read_mix(str(file), ORDER_OPERATIONS)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("steady", [1.0, 1.0, 1.0, 1.0]),
        ("ramp", [0.0, 0.25, 0.5, 0.75]),
        ("spike", [0.25, 0.25, 1.0, 0.25]),
        ("soak", [0.0, 1.0, 1.0, 1.0]),
    ],
)
def test_shapes(name: str, expected: list[float]) -> None:
    """The part of all users that are there at each quarter."""
    assert [SHAPES[name](part / 4) for part in range(4)] == expected


def test_the_last_moment_of_a_shape_is_the_end_of_the_run() -> None:
    """There is always a user before it, however few a shape asks for."""
    profile = LoadProfile(SHAPES["ramp"], users=8, spawn_rate=2.0, seconds=60.0)

    assert [profile.at(seconds) for seconds in (0.0, 30.0, 59.9)] == [(1, 2.0), (4, 2.0), (8, 2.0)]
    assert profile.at(60.0) is None


def test_percentiles_lie_between_the_nearest_values() -> None:
    """Of a hundred values the 99th percentile is not the maximum: one in a hundred lies above."""
    orders = [Ended(at=float(each), latency=float(each)) for each in range(1, 101)]

    assert latencies(orders) == {"p50": 50.5, "p95": 95.05, "p99": 99.01}


def test_percentiles_of_one_value_are_that_value() -> None:
    """And there are none where no order has ended."""
    assert latencies([Ended(at=1.0, latency=0.25)]) == dict.fromkeys(("p50", "p95", "p99"), 0.25)
    assert latencies([]) == {}


def test_every_order_is_in_one_span_of_time() -> None:
    """Also the first and the last, and none before the run began."""
    orders = [Ended(at, 0.1) for at in (99.9, 100.0, 130.0, 220.0)]

    spans = over_time(orders, began_at=100.0)

    assert len(spans) <= 61
    assert sum(each.per_second * 2 for each in spans) == pytest.approx(len(orders))
