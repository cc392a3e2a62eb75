"""What the services hold: an append-only log of balanced entries, and the effects they are about.

Double entry, as in TigerBeetle's ledgers: every change is an entry whose postings sum to zero per
unit, nothing is ever edited, and each balance is a fold over the log. Stock is kept the same way,
with the SKU as the unit. The ledger records and does not judge: an entry that does not balance is
written as it is, and the invariants find it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from enum import StrEnum
from operator import attrgetter
from typing import Any

import msgspec
from msgspec import structs


class AccountKind(StrEnum):
    """What an account counts."""

    MONEY = "money"
    STOCK = "stock"


class Account(msgspec.Struct, frozen=True):
    """A place where money or stock can be.

    Attributes:
        name: Its name in reports.
        kind: Money, counted in minor units of a currency, or stock, counted in pieces of a SKU.
        may_be_negative: Whether a balance below zero is possible in the real world.
        on_hold: Whether what is there is nobody's for now: set aside, or on its way back.
    """

    name: str
    kind: AccountKind
    may_be_negative: bool = False
    on_hold: bool = False


class Posting(msgspec.Struct, frozen=True):
    """A signed amount on one account: `amount` whole pieces of `unit`, a currency or a SKU."""

    account: Account
    unit: str
    amount: int


class EffectState(StrEnum):
    """Where an effect is in its life."""

    LIVE = "live"
    UNDONE = "undone"
    FINAL = "final"
    """Nothing can undo it any more: the parcel has left, the mail was sent."""


class RefundState(StrEnum):
    """Where a refund is that takes its time."""

    PENDING = "pending"
    SETTLED = "settled"
    FAILED = "failed"
    """The money came back to the merchant."""


class Refund(msgspec.Struct, frozen=True):
    """A refund that was accepted, and settles or fails later.

    Attributes:
        id: The service's own id of it.
        amount: In minor units.
        at: When it was accepted, in seconds of the world's clock.
        state: Pending, settled or failed.
    """

    id: str
    amount: int
    at: float
    state: RefundState = RefundState.PENDING


class Effect(msgspec.Struct):
    """Something a create left in the world: a reservation, a charge, a shipment, a mail.

    Attributes:
        id: The service's own id of it.
        operation: The create that made it.
        order: The order it belongs to.
        key: The idempotency key of the request that made it, if it had one.
        at: When it came to be, in seconds of the world's clock.
        state: Live, undone or final.
        amount: Money involved, in minor units.
        currency: The currency of `amount`.
        refunded: How much of `amount` was given back.
        held: Money that is set aside for it and not taken, in minor units of `currency`.
        refunds: Its refunds, where they take their time; failed ones are not in `refunded`.
        lines: Pieces per SKU involved.
        details: What else the service remembers of it.
        undone_by: The operation, or the event of the outside world, that ended it.
        undone_at: When that was.
    """

    id: str
    operation: str
    order: str
    key: str | None
    at: float
    state: EffectState = EffectState.LIVE
    amount: int = 0
    currency: str = ""
    refunded: int = 0
    held: int = 0
    refunds: tuple[Refund, ...] = ()
    lines: dict[str, int] = {}
    details: dict[str, str] = {}
    undone_by: str | None = None
    undone_at: float | None = None


class Entry(msgspec.Struct, frozen=True):
    """One change of the ledger, made in one atomic step.

    Attributes:
        number: Its place in the log; the log is the order in which things really happened.
        at: When, in seconds of the world's clock.
        operation: What changed it: an operation, or ``world.…`` for the outside world.
        order: The order concerned, empty for the opening stock.
        effect: The id of the effect concerned.
        key: The idempotency key of the effect concerned.
        postings: What moved. Empty for effects that move neither money nor stock.
    """

    number: int
    at: float
    operation: str
    order: str
    effect: str
    key: str | None
    postings: tuple[Posting, ...] = ()


class Ledger:
    """The log, the effects, and the balances that follow from the log.

    Attributes:
        entries: The log, except the entries of orders that were evicted.
        effects: What the entries are about, by id.
        on_write: Called with each new entry, before its effect is what the entry says.
    """

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.effects: dict[str, Effect] = {}
        self.on_write: Callable[[Entry], None] | None = None
        self._changes: dict[str, list[tuple[float, dict[str, Any]]]] = {}
        self._next_number = 0
        self._balances: defaultdict[tuple[Account, str], int] = defaultdict(int)

    def write(  # noqa: PLR0913 - an entry has that many facts, and they are all named
        self,
        *,
        at: float,
        operation: str,
        order: str,
        effect: str,
        key: str | None = None,
        postings: Iterable[Posting] = (),
    ) -> Entry:
        """Append an entry and return it."""
        entry = Entry(self._next_number, at, operation, order, effect, key, tuple(postings))
        self.entries.append(entry)
        self.count(entry)
        if self.on_write is not None:
            self.on_write(entry)
        return entry

    def change(self, effect: Effect, at: float, **facts: Any) -> None:
        """Change facts of an effect, and keep what they were for who looks back.

        Args:
            effect: The effect.
            at: When, in seconds of the world's clock.
            facts: New values of its fields.
        """
        before = {name: getattr(effect, name) for name in facts}
        self._changes.setdefault(effect.id, []).append((at, before))
        for name, value in facts.items():
            setattr(effect, name, value)

    def __len__(self) -> int:
        return self._next_number

    def count(self, entry: Entry) -> None:
        """Add an entry to the balances, and number new entries from the next number on."""
        self._next_number = entry.number + 1
        for posting in entry.postings:
            self._balances[posting.account, posting.unit] += posting.amount

    def balance(self, account: Account, unit: str) -> int:
        """What stands on `account` now, in whole pieces of `unit`."""
        return self._balances.get((account, unit), 0)

    def units(self, account: Account) -> list[str]:
        """The units of which the balance of `account` is not zero."""
        return [
            unit for (each, unit), amount in self._balances.items() if amount and each == account
        ]

    def balances(self) -> dict[str, dict[str, int]]:
        """Every balance that is not zero: account name, then unit."""
        table: dict[str, dict[str, int]] = {}
        for (account, unit), amount in self._balances.items():
            if amount:
                table.setdefault(account.name, {})[unit] = amount
        return table

    def as_of(self, when: float) -> Ledger:
        """A copy of the ledger as it was at `when`, for reads; of what was not evicted since."""
        past = Ledger()
        past.entries = [entry for entry in self.entries if entry.at <= when]
        for entry in past.entries:
            past.count(entry)
        for effect in self.effects.values():
            if effect.at <= when:
                past.effects[effect.id] = self._as_of(effect, when)
        return past

    def _as_of(self, effect: Effect, when: float) -> Effect:
        """The effect as it was at `when`."""
        later = [before for at, before in self._changes.get(effect.id, ()) if at > when]
        # The oldest change is merged last: what it found is what was there at `when`.
        facts = {name: value for before in reversed(later) for name, value in before.items()}
        return structs.replace(effect, **facts)

    def effects_of(self, order: str) -> list[Effect]:
        """The effects of `order`, oldest first."""
        return [effect for effect in self.effects.values() if effect.order == order]

    def effects_by(self, operation: str) -> list[Effect]:
        """The effects that `operation` made, oldest first."""
        return [effect for effect in self.effects.values() if effect.operation == operation]

    def evict(self, orders: Collection[str]) -> tuple[list[Entry], list[Effect]]:
        """Remove the entries and effects of these orders, and return them. Balances stay."""
        entries = [entry for entry in self.entries if entry.order in orders]
        self.entries = [entry for entry in self.entries if entry.order not in orders]
        effects = [effect for effect in self.effects.values() if effect.order in orders]
        for effect in effects:
            del self.effects[effect.id]
            self._changes.pop(effect.id, None)
        return entries, effects

    def restore(self, entries: Iterable[Entry]) -> None:
        """Add entries that were counted before; services add their effects."""
        self.entries.extend(entries)
        self.entries.sort(key=attrgetter("number"))
