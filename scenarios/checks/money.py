"""I1 to I4 and I18: where the money is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from fakes import AccountKind, Entry
from scenarios.checks.evidence import Evidence
from scenarios.outcome import Status
from scenarios.verdict import Violation

Facts = Iterator[Violation | None]
"""What a check yields: ``None`` for each fact that holds, a violation for each that does not."""


def money_is_conserved(evidence: Evidence) -> Facts:
    """I1: money only moves; the sum over all accounts is zero at every prefix, per currency."""
    for entry in evidence.books.entries:
        sums: Counter[str] = Counter()
        for posting in entry.postings:
            if posting.account.kind is AccountKind.MONEY:
                sums[posting.unit] += posting.amount
        for currency, total in sums.items():
            detail = f"{entry.operation} {_of(entry)} makes {_amount(total, currency)} from nothing"
            yield (
                None if total == 0 else Violation("I1", entry.order, detail, entry.at, entry.number)
            )


def customer_pays_the_price_or_nothing(evidence: Evidence) -> Facts:
    """I2: a completed order is paid with its price, a failed one with nothing."""
    takes_money = any(effect.amount for effect in evidence.effects)
    for order, outcome in evidence.ended():
        taken, price = evidence.money_taken(order), evidence.orders[order].price
        if outcome.status is Status.COMPLETED and (takes_money or price):
            detail = f"{order} completed: {taken} cents were taken, its price is {price}"
            wanted = price
        elif outcome.status.promises_undone:
            detail = f"{order} ended as {outcome.status}, but {taken} cents were not given back"
            wanted = 0
        else:
            continue
        yield None if taken == wanted else Violation("I2", order, detail, outcome.ended_at)


def refunds_stay_within_the_charge(evidence: Evidence) -> Facts:
    """I3: at every prefix and for each charge, 0 <= refunded <= captured, in one currency."""
    held: Counter[str] = Counter()
    units: dict[str, set[str]] = {}
    for entry in evidence.books.entries:
        for posting in entry.postings:
            account = posting.account
            if account.kind is not AccountKind.MONEY or account.may_be_negative:
                continue
            held[entry.effect] += posting.amount
            units.setdefault(entry.effect, set()).add(posting.unit)
            captured = evidence.books.effects[entry.effect].amount
            within = 0 <= held[entry.effect] <= captured and len(units[entry.effect]) == 1
            detail = (
                f"{entry.effect}: captured {captured}, held {held[entry.effect]} cents after "
                f"{entry.operation}, in {', '.join(sorted(units[entry.effect]))}"
            )
            yield None if within else Violation("I3", entry.order, detail, entry.at, entry.number)


def at_most_one_live_charge(evidence: Evidence) -> Facts:
    """I4: at every prefix an order has at most one charge that is not refunded."""
    live: dict[str, set[str]] = {}
    for entry in evidence.books.entries:
        effect = evidence.books.effects.get(entry.effect)
        if effect is None or not effect.amount:
            continue
        charges = live.setdefault(entry.order, set())
        if evidence.is_create(entry):
            charges.add(entry.effect)
        else:
            charges.discard(entry.effect)
        detail = f"{entry.order} is charged {len(charges)} times: {', '.join(sorted(charges))}"
        yield (
            None
            if len(charges) <= 1
            else Violation("I4", entry.order, detail, entry.at, entry.number)
        )


def charge_is_the_sum_of_the_lines(evidence: Evidence) -> Facts:
    """I18: each charge is exactly the sum of the order's lines."""
    for effect in evidence.effects:
        if not effect.amount or effect.order not in evidence.orders:
            continue
        price = evidence.orders[effect.order].price
        detail = f"{effect.id} took {effect.amount} cents, the lines add up to {price}"
        yield None if effect.amount == price else Violation("I18", effect.order, detail, effect.at)


def _of(entry: Entry) -> str:
    return f"of {entry.effect}" if entry.effect else ""


def _amount(minor: int, currency: str) -> str:
    return f"{minor / 100:.2f} {currency}"
