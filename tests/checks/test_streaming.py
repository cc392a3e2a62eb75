from __future__ import annotations

import random
from pathlib import Path

import msgspec
import pytest

from fakes import World
from fakes.dossier import Dossier, dossiers_of
from fakes.keys import KeyRecord
from scenarios.checks import INVARIANTS, Evidence, Findings, check_all
from scenarios.checks.streaming import FinishedOrder, StreamingChecks
from tests.checks import _bad_effects, _bad_ends, _bad_goods, _bad_money
from tests.checks._bad import BAD, Bad
from tests.checks._good import GOOD, Tell

TOLD_IN = (_bad_money, _bad_goods, _bad_effects, _bad_ends)


def streamed(evidence: Evidence, *, seed: int = 0) -> Findings:
    """What is found when a run's orders are handed over one at a time, in any order."""
    checks = StreamingChecks(evidence.operations, evidence.completed_means, evidence.orphans)
    for entry in evidence.books.entries:
        checks.log([entry])
    orders = finished_orders(evidence)
    random.Random(seed).shuffle(orders)
    for order in orders:
        checks.order(order)
    return checks.findings()


def finished_orders(evidence: Evidence) -> list[FinishedOrder]:
    """The orders of a run, with what belongs to each, as it comes off the wire."""
    keys: list[KeyRecord] = []
    effects = list(evidence.books.effects.values())
    run = Dossier("", evidence.journal.attempts, evidence.books.entries, effects, keys)
    dossiers = dossiers_of(run)
    names = {**dossiers, **evidence.orders, **evidence.outcomes}
    return [
        FinishedOrder(
            dossier=on_the_wire(dossiers.get(name, Dossier(name))),
            facts=evidence.orders.get(name),
            outcome=evidence.outcomes.get(name),
            cancelled=name in evidence.cancelled,
        )
        for name in names
    ]


def on_the_wire(dossier: Dossier) -> Dossier:
    """The dossier as the fakes send it and a program reads it."""
    return msgspec.json.decode(msgspec.json.encode(dossier), type=Dossier)


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
    assert not one_by_one.crashes


@pytest.mark.parametrize("evidence", GOOD, ids=lambda each: each.__name__)
def test_what_is_right_is_seen_an_order_at_a_time(evidence: Tell) -> None:
    """A good run is good, and each invariant has looked at as many facts as ever."""
    whole = check_all(evidence())

    one_by_one = streamed(evidence())

    assert not one_by_one.violations
    assert whole.facts == one_by_one.facts
