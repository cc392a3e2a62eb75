"""I21: whose data a request carries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from sagacheck.checks.evidence import Evidence, OrderTerms
from sagacheck.checks.invariants import BrokenFact, Facts, invariant
from sagacheck.services import OperationTable
from sagacheck.world import Attempt


@invariant("I21", "requests carry the data of their own order")
def requests_carry_the_data_of_their_own_order(evidence: Evidence) -> Facts:
    """A request carries the customer, card, address, price and parcel of its own order.

    Which field carries what stands in the operation's row. Goods are compared, too: no effect holds
    other pieces of stock than the order is for, or more.

    Reads: the fields of the requests, the effects, and the order as it was placed.
    Checked: at each request of an order with such a field, and at each effect with pieces of stock.
    """
    told: set[tuple[str, str, str, str]] = set()
    for attempt in evidence.journal:
        terms = evidence.orders.get(attempt.order)
        if terms is None:
            continue
        for name, wrong in _carried(evidence, attempt, terms):
            if not wrong:
                yield None
                continue
            fact = (attempt.order, attempt.operation, name, wrong)
            if fact not in told:  # the first request with it counts, retries carry it again
                told.add(fact)
                detail = f"call {attempt.call} of {attempt.operation} carries {wrong}"
                yield BrokenFact(attempt.order, detail, attempt.sent_at)
    yield from _goods(evidence)


def _carried(evidence: Evidence, attempt: Attempt, terms: OrderTerms) -> Iterator[tuple[str, str]]:
    """Each field that carries a datum of the order, and what is wrong with it, if anything is."""
    for name, datum in evidence.operations[attempt.operation].carries.items():
        sent = attempt.body.get(name)
        if sent is None:
            continue
        operation, detail = _of_effect(datum, evidence.operations)
        if operation:
            effects = evidence.effects_of(attempt.order, operation)
            own = sorted({each.details[detail] for each in effects if detail in each.details})
            belongs = sent in own or not sent
            yield name, "" if belongs else f"{name} {sent!r}, the order has {_list(own)}"
        elif datum in terms.data:
            yield name, _difference(name, sent, terms.data[datum])


def _of_effect(datum: str, operations: OperationTable) -> tuple[str, str]:
    """The create and the detail of its effects that `datum` names; empty for one of the order."""
    operation, _, detail = datum.rpartition(".")
    return (operation, detail) if operation in operations else ("", "")


def _difference(name: str, sent: Any, own: Any) -> str:
    """How `sent` differs from the order's `own`; empty if it does not."""
    if isinstance(own, Mapping) and isinstance(sent, Mapping):
        parts = (_difference(f"{name}.{key}", sent[key], own[key]) for key in sent if key in own)
        return next(filter(None, parts), "")
    same = _is_sum(sent, own) if isinstance(own, Decimal) else sent == own
    return "" if same else f"{name} {sent!r}, the order has {_plain(own)}"


def _is_sum(sent: Any, own: Decimal) -> bool:
    try:
        return Decimal(str(sent)) == own
    except InvalidOperation:
        return False


def _goods(evidence: Evidence) -> Facts:
    for effect in evidence.effects:
        terms = evidence.orders.get(effect.order)
        if terms is None or not terms.lines:
            continue
        for sku, pieces in effect.lines.items():
            ordered = terms.lines.get(sku, 0)
            if pieces <= ordered:
                yield None
                continue
            held = f"{effect.operation} ({effect.id}) holds {pieces} {sku}"
            yield BrokenFact(effect.order, f"{held}, the order is for {ordered}", effect.at)


def _plain(own: Any) -> str:
    return f"{own:f}" if isinstance(own, Decimal) else repr(own)


def _list(own: list[str]) -> str:
    return " and ".join(map(repr, own)) or "none"
