"""Orders of a run come from its seed, and from nothing else."""

from __future__ import annotations

from dataclasses import replace

from load._orders import draw_order
from sagacheck.load import Planner, Shares
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
    """About as many orders are disturbed as the shares say, and none where they are zero."""
    plans = [PLANNER.plan(0, number) for number in MANY]
    quiet = [replace(PLANNER, shares=Shares()).plan(0, number) for number in MANY]

    assert 0.2 < sum(plan.cancel is not None for plan in plans) / len(plans) < 0.4
    assert 0.2 < sum(plan.resubmit_after is not None for plan in plans) / len(plans) < 0.4
    assert not any(plan.cancel or plan.resubmit_after or plan.query_after for plan in quiet)


def test_orders_cost_whole_cents() -> None:
    """Or the ledger could not agree with them."""
    orders = [PLANNER.plan(0, number).order for number in MANY]

    assert all(terms_of(order).price == order.total * 100 > 0 for order in orders)
