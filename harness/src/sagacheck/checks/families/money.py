"""I1 to I4, I18 and I22: where the money is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from sagacheck.checks.evidence import Evidence, OrderTerms, is_takings
from sagacheck.checks.invariants import BrokenFact, Facts, invariant
from sagacheck.checks.outcome import OrderOutcome, OrderStatus
from sagacheck.world import AccountKind, Entry, Posting, money_text


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
                sum_ = f"{'+' if total > 0 else ''}{money_text(total, currency)}"
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
        completed = outcome.status is OrderStatus.COMPLETED and _is_paid_for(evidence)
        if not completed and not outcome.status.promises_undone:
            continue
        taken = _sums(posting for _, posting in moved)
        wrong = (
            _not_the_price(evidence.orders[order], taken) if completed else _not_given_back(taken)
        )
        if not wrong:
            yield None
            continue
        how = "completed" if completed else f"ended as {outcome.status}"
        at = _since(outcome, moved[-1][0] if moved else None)
        yield BrokenFact(order, f"{order} {how}{wrong}", at)


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
            if not is_takings(posting):
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
        if not evidence.is_create(entry) and not evidence.restores_effect(entry):
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
        terms = evidence.orders[entry.order]
        if effect.amount == terms.price_in(effect.currency):
            yield None
            continue
        due = _price(terms, effect.currency)
        detail = f"{_charge(evidence, effect.id)} was charged, the lines add up to {due}"
        yield BrokenFact.by(entry, detail)


@invariant("I22", "money goes back in its own currency")
def money_goes_back_in_its_own_currency(evidence: Evidence) -> Facts:
    """At every prefix money goes back in the currency in which it was taken.

    What goes back for a charge is in the charge's currency; other money that goes back to the
    customer is in a currency in which the order was charged.

    Reads: the postings on the merchant's account.
    Checked: at each entry that gives money back.
    """
    of_charge: defaultdict[str, set[str]] = defaultdict(set)
    of_order: defaultdict[str, set[str]] = defaultdict(set)
    for entry in evidence.ledger.entries:
        for posting in filter(is_takings, entry.postings):
            if posting.amount > 0:
                of_charge[entry.effect].add(posting.unit)
                of_order[entry.order].add(posting.unit)
                continue
            taken_in = of_charge.get(entry.effect) or of_order[entry.order]
            if posting.unit in taken_in or not posting.amount:
                yield None
                continue
            back = money_text(-posting.amount, posting.unit)
            taken = " and ".join(sorted(taken_in)) or "nothing"
            detail = f"{entry.operation} of {entry.effect} refunds {back}, but {taken} was charged"
            yield BrokenFact.by(entry, detail)


def _sums(postings: Iterable[Posting]) -> dict[str, int]:
    """The sum in each currency, where it is not zero."""
    sums: defaultdict[str, int] = defaultdict(int)
    for posting in postings:
        sums[posting.unit] += posting.amount
    return {currency: total for currency, total in sums.items() if total}


def _not_the_price(terms: OrderTerms, taken: Mapping[str, int]) -> str:
    """What is wrong with what was taken for an order that completed; empty if nothing is."""
    currency = terms.currency or next(iter(taken), "")
    price = terms.price_in(currency)
    if taken == ({currency: price} if price else {}):
        return ""
    was_taken = " and ".join(money_text(sum_, unit) for unit, sum_ in taken.items())
    return f" and costs {_price(terms, currency)}, but {was_taken or 'nothing'} was charged"


def _not_given_back(taken: Mapping[str, int]) -> str:
    """What is wrong with what is left of an order that failed; empty if nothing is."""
    wrong = [
        f"{money_text(sum_, currency)} was not refunded"
        if sum_ > 0
        else f"{money_text(-sum_, currency)} more was refunded than charged"
        for currency, sum_ in taken.items()
    ]
    return f", but {' and '.join(wrong)}" if wrong else ""


def _price(terms: OrderTerms, currency: str) -> str:
    """What an order costs, in its own currency or in the one in which it was paid."""
    own = terms.currency or currency
    return money_text(terms.price_in(own), own)


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
    captured, currency = (effect.amount, effect.currency) if effect else (0, min(currencies))
    of_all = f"{entry.effect} captured {money_text(captured, currency)}"
    if len(currencies) > 1:
        return f"{of_all}, {entry.operation} moves {' and '.join(sorted(currencies))} on it"
    if held < 0:
        refunds = money_text(captured - held, currency)
        return f"{of_all}, {entry.operation} brings its refunds to {refunds}"
    if held > captured:
        return f"{of_all}, {entry.operation} makes that {money_text(held, currency)}"
    return ""


def _since(outcome: OrderOutcome, entry: Entry | None) -> float | None:
    """The moment from which a promise is broken: the order's end, or what came after it."""
    if entry is None or outcome.ended_at is None:
        return outcome.ended_at
    return max(outcome.ended_at, entry.at)


def _charge(evidence: Evidence, effect_id: str) -> str:
    effect = evidence.ledger.effects[effect_id]
    return f"{effect.id} ({money_text(effect.amount, effect.currency)})"
