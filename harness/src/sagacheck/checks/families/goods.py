"""I5 and I6: where the goods are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from sagacheck.checks.evidence import Evidence, is_live
from sagacheck.checks.invariants import BrokenFact, Facts, invariant
from sagacheck.checks.outcome import OrderOutcome, OrderStatus
from sagacheck.world import AccountKind, Entry


@invariant("I5", "stock is conserved", entry_by_entry=True)
def stock_is_conserved(evidence: Evidence) -> Facts:
    """Per SKU and at every prefix no goods appear or vanish, and no shelf is below zero.

    Reads: the postings of the ledger.
    Checked: after each entry, for its shelves.
    """
    shelves = Shelves()
    for entry in evidence.ledger.entries:
        yield from shelves.facts_of(entry)


class Shelves:
    """What every shelf holds after each entry of the log; I5 looks at each in turn."""

    def __init__(self) -> None:
        self._balances: defaultdict[tuple[str, str], int] = defaultdict(int)

    def facts_of(self, entry: Entry) -> Facts:
        """What the next entry does to the stock."""
        balances = self._balances
        sums: defaultdict[str, int] = defaultdict(int)
        for posting in entry.postings:
            if posting.account.kind is not AccountKind.STOCK:
                continue
            sums[posting.unit] += posting.amount
            shelf = (posting.account.name, posting.unit)
            before = balances[shelf]
            balances[shelf] += posting.amount
            # It is the first moment below zero that counts.
            if posting.account.may_be_negative or balances[shelf] >= 0 or before < 0:
                yield None
            else:
                detail = f"{_of(entry)} leaves {balances[shelf]} of {posting.unit} {shelf[0]}"
                yield BrokenFact.by(entry, detail)
        for sku, total in sums.items():
            if total == 0:
                yield None
            else:
                yield BrokenFact.by(entry, f"{_of(entry)} does not balance: {total:+d} of {sku}")


@invariant("I6", "completed means done")
def completed_means_done(evidence: Evidence) -> Facts:
    """A completed order has every effect it promises, and the goods that were ordered.

    Reads: the effects, the stock that the order has moved, its lines, and how it ended.
    Checked: for each order that has ended, when the carrier has fetched its parcels.
    """
    for order, outcome in evidence.ended():
        if outcome.status is OrderStatus.COMPLETED:
            yield from _promised_effects(evidence, order, outcome)
            yield from _goods(evidence, order, outcome, evidence.orders[order].lines)
        elif outcome.status.promises_undone:
            yield from _goods(evidence, order, outcome, {})


def _promised_effects(evidence: Evidence, order: str, outcome: OrderOutcome) -> Facts:
    for operation in evidence.completed_means:
        if _may_be_missing(evidence, order, outcome, operation):
            continue
        if any(is_live(effect) for effect in evidence.effects_of(order, operation)):
            yield None
        else:
            detail = f"{order} completed without a live {operation}"
            yield BrokenFact(order, detail, outcome.ended_at)


def _may_be_missing(evidence: Evidence, order: str, outcome: OrderOutcome, operation: str) -> bool:
    """A free order needs no charge, and a result may say that the confirmation was refused.

    The second counts only where the saga has tried to send it.
    """
    if not evidence.orders[order].price and evidence.operations[operation].moves_money:
        return True
    result = outcome.ending.result
    told_refused = isinstance(result, Mapping) and bool(result.get("confirmation_refused"))
    tried = bool(evidence.attempts_at(order, operation))
    return told_refused and tried and evidence.is_message(operation)


def _goods(
    evidence: Evidence, order: str, outcome: OrderOutcome, ordered: Mapping[str, int]
) -> Facts:
    if not evidence.stock_operations:
        return
    shipped = evidence.stock_taken(order, "shipped")
    reserved = evidence.stock_taken(order, "reserved")
    if _goods_leave(evidence):
        fine = shipped == ordered and not reserved
    else:
        fine = not shipped and reserved == ordered
    if fine:
        yield None
        return
    detail = (
        f"{order} ended as {outcome.status}: due {_pieces(ordered)}, "
        f"shipped {_pieces(shipped)}, reserved {_pieces(reserved)}"
    )
    yield BrokenFact(order, detail, outcome.ended_at)


def _goods_leave(evidence: Evidence) -> bool:
    """Whether a completed order's goods leave the warehouse: something builds on what holds them.

    A saga that only reserves and charges completes with its goods reserved.
    """
    return any(
        needed in evidence.stock_operations
        for name in evidence.completed_means
        for needed in evidence.operations[name].needs
    )


def _of(entry: Entry) -> str:
    return f"{entry.operation} of {entry.effect}" if entry.effect else entry.operation


def _pieces(lines: Mapping[str, int]) -> str:
    def each() -> Iterator[str]:
        for sku, quantity in sorted(lines.items()):
            yield f"{quantity} {sku}"

    return ", ".join(each()) or "nothing"
