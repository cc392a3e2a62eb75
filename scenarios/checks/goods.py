"""I5 and I6: where the goods are."""

from __future__ import annotations

from collections import Counter

from fakes import AccountKind
from scenarios.checks.evidence import Evidence, is_live
from scenarios.checks.money import Facts
from scenarios.outcome import Outcome, Status
from scenarios.verdict import Violation


def stock_is_conserved(evidence: Evidence) -> Facts:
    """I5: per SKU and at every prefix nothing appears or vanishes, and no shelf is below zero."""
    balances: Counter[tuple[str, str]] = Counter()
    for entry in evidence.books.entries:
        sums: Counter[str] = Counter()
        for posting in entry.postings:
            if posting.account.kind is not AccountKind.STOCK:
                continue
            sums[posting.unit] += posting.amount
            key = (posting.account.name, posting.unit)
            balances[key] += posting.amount
            detail = f"{balances[key]} of {posting.unit} {key[0]} after {entry.operation}"
            fine = posting.account.may_be_negative or balances[key] >= 0
            yield None if fine else Violation("I5", entry.order, detail, entry.at, entry.number)
        for sku, total in sums.items():
            detail = f"{entry.operation} of {entry.effect} makes {total} of {sku} from nothing"
            yield (
                None if total == 0 else Violation("I5", entry.order, detail, entry.at, entry.number)
            )


def completed_means_done(evidence: Evidence) -> Facts:
    """I6: a completed order has every effect it promises, and the goods that were ordered."""
    for order, outcome in evidence.ended():
        if outcome.status is Status.COMPLETED:
            yield from _promised_effects(evidence, order, outcome)
            yield from _goods(evidence, order, outcome, dict(evidence.orders[order].lines))
        elif outcome.status.promises_undone:
            yield from _goods(evidence, order, outcome, {})


def _promised_effects(evidence: Evidence, order: str, outcome: Outcome) -> Facts:
    for operation in evidence.completed_means:
        if _may_be_missing(evidence, order, outcome, operation):
            continue
        live = [e for e in evidence.effects_of(order, operation) if is_live(e)]
        detail = f"{order} completed without a live {operation}"
        yield None if live else Violation("I6", order, detail, outcome.ended_at)


def _may_be_missing(evidence: Evidence, order: str, outcome: Outcome, operation: str) -> bool:
    """A free order needs no charge, and a result may say that the confirmation was refused."""
    if not evidence.orders[order].price and evidence.operations[operation].moves_money:
        return True
    result = outcome.ending.result
    told_refused = isinstance(result, dict) and bool(result.get("confirmation_refused"))
    return told_refused and not evidence.can_be_undone(operation)


def _goods(evidence: Evidence, order: str, outcome: Outcome, ordered: dict[str, int]) -> Facts:
    shipped = evidence.stock_taken(order, "shipped")
    reserved = evidence.stock_taken(order, "reserved")
    moves_stock = any(effect.lines for effect in evidence.effects)
    if not moves_stock:
        return
    detail = (
        f"{order} ended as {outcome.status}: ordered and due {ordered or 'nothing'}, "
        f"shipped {shipped or 'nothing'}, still reserved {reserved or 'nothing'}"
    )
    fine = shipped == ordered and not reserved
    yield None if fine else Violation("I6", order, detail, outcome.ended_at)
