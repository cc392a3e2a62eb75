"""I1 to I4 and I18: where the money is."""

from __future__ import annotations

from collections import defaultdict

from sagacheck.checks.evidence import Evidence
from sagacheck.checks.invariants import BrokenFact, Facts, invariant
from sagacheck.checks.outcome import OrderOutcome, OrderStatus
from sagacheck.world import AccountKind, Entry


@invariant("I1", "money is conserved", entry_by_entry=True)
def money_is_conserved(evidence: Evidence) -> Facts:
    """Money only moves; the sum over all accounts is zero at every prefix, per currency.

    Reads: the postings of the ledger.
    Checked: after each entry.
    """
    for entry in evidence.ledger.entries:
        sums: defaultdict[str, int] = defaultdict(int)
        for posting in entry.postings:
            if posting.account.kind is AccountKind.MONEY:
                sums[posting.unit] += posting.amount
        for currency, total in sums.items():
            if total == 0:
                yield None
            else:
                sum_ = f"{total / 100:+.2f} {currency}"
                detail = f"{entry.operation} of {entry.effect} does not balance: {sum_}"
                yield BrokenFact.by(entry, detail)


@invariant("I2", "customer pays the price or nothing")
def customer_pays_the_price_or_nothing(evidence: Evidence) -> Facts:
    """The customer pays the price of a completed order, and nothing for a failed one.

    Reads: the merchant's account, how the order ended, and its price when it was placed.
    Checked: for each order that has ended, when all late requests have arrived.
    """
    if not _is_about_money(evidence):
        return
    for order, outcome in evidence.ended():
        moved = evidence.money_of(order)
        taken, price = sum(amount for _, amount in moved), evidence.orders[order].price
        completed = outcome.status is OrderStatus.COMPLETED and _is_paid_for(evidence)
        if not completed and not outcome.status.promises_undone:
            continue
        if taken == (price if completed else 0):
            yield None
            continue
        if completed:
            detail = f"{order} completed and costs {_sum(price)}, but {_sum(taken)} was charged"
        else:
            more = f"{_sum(taken)} was not refunded"
            less = f"{_sum(-taken)} more was refunded than charged"
            detail = f"{order} ended as {outcome.status}, but {more if taken > 0 else less}"
        at = _since(outcome, moved[-1][0] if moved else None)
        yield BrokenFact(order, detail, at)


@invariant("I3", "refunds stay within the charge")
def refunds_stay_within_the_charge(evidence: Evidence) -> Facts:
    """At every prefix and for each charge, 0 <= refunded <= captured, in one currency.

    Reads: the postings on the merchant's account.
    Checked: after each entry, for its charge.
    """
    held: defaultdict[str, int] = defaultdict(int)
    currencies: dict[str, set[str]] = {}
    broken: set[str] = set()
    for entry in evidence.ledger.entries:
        for posting in entry.postings:
            if posting.account.kind is not AccountKind.MONEY or posting.account.may_be_negative:
                continue
            held[entry.effect] += posting.amount
            currencies.setdefault(entry.effect, set()).add(posting.unit)
            if entry.effect in broken:
                continue  # it is the first moment that counts
            wrong = _beyond_the_charge(
                evidence, entry, held[entry.effect], currencies[entry.effect]
            )
            broken.update({entry.effect} if wrong else ())
            yield BrokenFact.by(entry, wrong) if wrong else None


@invariant("I4", "at most one live charge")
def at_most_one_live_charge(evidence: Evidence) -> Facts:
    """At every prefix an order has at most one charge that is not refunded.

    Reads: the entries of charges and of their refunds.
    Checked: after each charge.
    """
    live: dict[str, list[str]] = {}
    for entry in evidence.ledger.entries:
        effect = evidence.ledger.effects.get(entry.effect)
        if effect is None or not effect.amount:
            continue
        charges = live.setdefault(entry.order, [])
        if evidence.ends_effect(entry) and entry.effect in charges:
            charges.remove(entry.effect)
        if not evidence.is_create(entry):
            continue
        if entry.effect not in charges:
            charges.append(entry.effect)
        if len(charges) == 1:
            yield None
            continue
        listed = ", ".join(_charge(evidence, each) for each in charges)
        detail = f"{entry.order} is charged {len(charges)} times: {listed}"
        yield BrokenFact.by(entry, detail)


@invariant("I18", "charge is the sum of the lines")
def charge_is_the_sum_of_the_lines(evidence: Evidence) -> Facts:
    """Each charge is exactly the sum of the order's lines.

    Reads: the charges, and the order's lines when it was placed.
    Checked: at each charge.
    """
    for entry in evidence.ledger.entries:
        effect = evidence.ledger.effects.get(entry.effect)
        asked = effect is not None and effect.amount and evidence.is_create(entry)
        if effect is None or not asked or entry.order not in evidence.orders:
            continue
        price = evidence.orders[entry.order].price
        if effect.amount == price:
            yield None
            continue
        detail = f"{_charge(evidence, effect.id)} was charged, the lines add up to {_sum(price)}"
        yield BrokenFact.by(entry, detail)


def _is_about_money(evidence: Evidence) -> bool:
    """Whether the services take money at all; where none does there is nothing to look at."""
    known = any(operation.moves_money for operation in evidence.operations.creates)
    return known or bool(evidence.money_operations)


def _is_paid_for(evidence: Evidence) -> bool:
    """Whether an order that completes must be paid: the saga says so, or has charged some order."""
    means = (evidence.operations[name] for name in evidence.completed_means)
    return any(operation.moves_money for operation in means) or bool(evidence.money_operations)


def _beyond_the_charge(evidence: Evidence, entry: Entry, held: int, currencies: set[str]) -> str:
    """What is wrong with a charge of which `held` is left after `entry`; empty if nothing is."""
    effect = evidence.ledger.effects.get(entry.effect)
    captured = effect.amount if effect else 0
    of_all = f"{entry.effect} captured {_sum(captured)}"
    if len(currencies) > 1:
        return f"{of_all}, {entry.operation} moves {' and '.join(sorted(currencies))} on it"
    if held < 0:
        return f"{of_all}, {entry.operation} brings its refunds to {_sum(captured - held)}"
    if held > captured:
        return f"{of_all}, {entry.operation} makes that {_sum(held)}"
    return ""


def _since(outcome: OrderOutcome, entry: Entry | None) -> float | None:
    """The moment from which a promise is broken: the order's end, or what came after it."""
    if entry is None or outcome.ended_at is None:
        return outcome.ended_at
    return max(outcome.ended_at, entry.at)


def _charge(evidence: Evidence, effect_id: str) -> str:
    effect = evidence.ledger.effects[effect_id]
    return f"{effect.id} ({_sum(effect.amount)} {effect.currency})"


def _sum(minor: int) -> str:
    return f"{minor / 100:.2f}"
