"""The evidence for the invariants: the services' side of a run, and the answers to clients."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import msgspec

from sagacheck.checks.outcome import OrderOutcome
from sagacheck.services import RETURNED, OperationTable, Tells
from sagacheck.world import (
    HUNDREDTHS,
    AccountKind,
    Attempt,
    Effect,
    EffectState,
    Entry,
    Journal,
    Ledger,
    Posting,
    decimals_of,
)

TELLS: tuple[Tells, ...] = ("success", "failure", "anything")
"""What messages may tell."""


class OrderTerms(msgspec.Struct, frozen=True):
    """What the customer ordered; frozen when the order was placed.

    Attributes:
        price: What it costs, in minor units of `currency`; in hundredths where that is empty.
        lines: Pieces per SKU.
        currency: The currency of the price, by its ISO 4217 code; empty where the order has none,
            and may be paid in any.
        data: What requests for the order may carry, by the names in `Operation.carries`.
    """

    price: int
    lines: Mapping[str, int]
    currency: str = ""
    data: Mapping[str, Any] = msgspec.field(default_factory=dict)

    def price_in(self, currency: str) -> int:
        """What the order costs when it is paid in `currency`, in minor units of that.

        An order of another currency costs nothing in this one.
        """
        if self.currency:
            return self.price if currency == self.currency else 0
        decimals = decimals_of(currency)
        return int(self.price * 10 ** (HUNDREDTHS if decimals is None else decimals) // 100)


@dataclass(frozen=True)
class Evidence:
    """Everything that the invariants read.

    Attributes:
        operations: The services' operations, creates in the order of a saga's steps.
        ledger: What the services hold.
        journal: Every attempt at every call.
        orders: What was ordered, by the orders' ids.
        outcomes: How the orders ended, by their ids.
        completed_means: The creates whose effects must be live when an order completes.
        cancelled: The orders whose cancellation a client asked for and was not refused.
        unanswered: Those of them of which it is not known whether the cancellation was granted,
            and why not.
        orphans: How many effects of each create may remain after a termination.
    """

    operations: OperationTable
    ledger: Ledger
    journal: Journal
    orders: Mapping[str, OrderTerms]
    outcomes: Mapping[str, OrderOutcome]
    completed_means: tuple[str, ...]
    cancelled: frozenset[str] = frozenset()
    unanswered: Mapping[str, str] = field(default_factory=dict)
    orphans: Mapping[str, int] = field(default_factory=dict)

    @cached_property
    def effects(self) -> list[Effect]:
        """All effects, oldest first."""
        return list(self.ledger.effects.values())

    @cached_property
    def stock_operations(self) -> frozenset[str]:
        """The creates whose effects hold pieces of stock."""
        return frozenset(effect.operation for effect in self.effects if effect.lines)

    @cached_property
    def money_operations(self) -> frozenset[str]:
        """The creates whose effects are payments."""
        return frozenset(effect.operation for effect in self.effects if effect.amount)

    @cached_property
    def _creates(self) -> frozenset[str]:
        return frozenset(operation.name for operation in self.operations.creates)

    @cached_property
    def _undos(self) -> frozenset[str]:
        return frozenset(each.name for each in self.operations.operations if each.undoes)

    @cached_property
    def _effects_by_order(self) -> dict[str, list[Effect]]:
        table: dict[str, list[Effect]] = {}
        for effect in self.effects:
            table.setdefault(effect.order, []).append(effect)
        return table

    @cached_property
    def _entries_by_order(self) -> dict[str, list[Entry]]:
        table: dict[str, list[Entry]] = {}
        for entry in self.ledger.entries:
            table.setdefault(entry.order, []).append(entry)
        return table

    @cached_property
    def _attempts_by_step(self) -> dict[tuple[str, str], list[Attempt]]:
        table: dict[tuple[str, str], list[Attempt]] = {}
        for attempt in self.journal:
            table.setdefault((attempt.order, attempt.operation), []).append(attempt)
        return table

    @cached_property
    def _causes(self) -> dict[int, Attempt]:
        return {number: attempt for attempt in self.journal for number in attempt.entries}

    @cached_property
    def _partial_undos(self) -> frozenset[int]:
        """The numbers of the entries that give back a part of a payment, and leave some of it."""
        left: dict[str, int] = {}
        partial = set()
        for entry in self.ledger.entries:
            taken = sum(posting.amount for posting in entry.postings if is_takings(posting))
            if taken:
                left[entry.effect] = left.get(entry.effect, 0) + taken
                if taken < 0 < left[entry.effect]:
                    partial.add(entry.number)
        return frozenset(partial)

    def ended(self) -> Iterator[tuple[str, OrderOutcome]]:
        """The orders that have come to an end."""
        return ((order, out) for order, out in self.outcomes.items() if out.status.is_terminal)

    def entries_of(self, order: str) -> list[Entry]:
        """The ledger's entries about `order`, in the order in which they happened."""
        return self._entries_by_order.get(order, [])

    def effects_of(self, order: str, operation: str | None = None) -> list[Effect]:
        """The effects of `order`, of one create or of all."""
        effects = self._effects_by_order.get(order, [])
        return [effect for effect in effects if operation in (None, effect.operation)]

    def attempts_at(self, order: str, operation: str) -> list[Attempt]:
        """The attempts at one operation for `order`, in the order in which they were sent."""
        return self._attempts_by_step.get((order, operation), [])

    def cause_of(self, entry: Entry) -> Attempt | None:
        """The attempt that made the services write `entry`; ``None`` where there was none."""
        return self._causes.get(entry.number)

    def is_create(self, entry: Entry) -> bool:
        """Whether the entry is the effect of a create."""
        return entry.operation in self._creates

    def is_undo(self, entry: Entry) -> bool:
        """Whether the entry undid something at the request of a caller."""
        return entry.operation in self._undos

    def ends_effect(self, entry: Entry) -> bool:
        """Whether the entry took its effect away, at a caller's request or by the world's doing.

        A refund that leaves a part of its charge does not.
        """
        if self.is_undo(entry):
            return not entry.postings or entry.number not in self._partial_undos
        effect = self.ledger.effects.get(entry.effect)
        return effect is not None and effect.undone_by == entry.operation

    def restores_effect(self, entry: Entry) -> bool:
        """Whether the entry brought its effect back: the world returned the money of a refund."""
        return entry.operation == RETURNED

    def first_undo_of(self, order: str) -> Entry | None:
        """The entry with which `order` began to be undone; ``None`` where it never was."""
        return next((entry for entry in self.entries_of(order) if self.is_undo(entry)), None)

    def can_be_undone(self, operation: str) -> bool:
        """Whether some operation undoes `operation`."""
        return self.operations.undo_of(operation) is not None

    def is_message(self, operation: str, *tells: Tells) -> bool:
        """Whether nothing undoes `operation`, and it tells one of these; by default any."""
        row = self.operations[operation]
        return row.is_create and not self.can_be_undone(operation) and row.tells in (tells or TELLS)

    def money_of(self, order: str) -> list[tuple[Entry, Posting]]:
        """What the merchant took for `order` and gave back, with the entries."""
        return [
            (entry, posting)
            for entry in self.entries_of(order)
            for posting in entry.postings
            if is_takings(posting)
        ]

    def stock_taken(self, order: str, account: str) -> dict[str, int]:
        """Pieces per SKU that `order` moved to the stock account of this name."""
        pieces: dict[str, int] = {}
        for entry in self.entries_of(order):
            for posting in entry.postings:
                if posting.account.kind is AccountKind.STOCK and posting.account.name == account:
                    pieces[posting.unit] = pieces.get(posting.unit, 0) + posting.amount
        return {sku: amount for sku, amount in pieces.items() if amount}


def is_takings(posting: Posting) -> bool:
    """Whether the posting is money that the merchant takes, or gives back where it is negative.

    Money that is set aside is not taken, nor is money of a refund that has not settled.
    """
    account = posting.account
    is_other = account.may_be_negative or account.on_hold
    return account.kind is AccountKind.MONEY and not is_other


def is_live(effect: Effect) -> bool:
    """Whether the effect was not undone; one that can no longer be undone is live, too."""
    return effect.state is not EffectState.UNDONE
