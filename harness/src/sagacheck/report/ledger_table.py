"""The ledger at the moments that matter: before, when an invariant first broke, and after."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sagacheck.checks import Violation
from sagacheck.engines import Trial
from sagacheck.report.amounts import clock, decimal, money
from sagacheck.report.timeline import EndRow, Row
from sagacheck.world import AccountKind, Effect, Entry, Ledger

MAX_MOMENTS = 4
"""So many moments at which an invariant broke are shown beside the beginning and the end."""
ABSENT = "\N{EN DASH}"
_WORD = re.compile(r"[\w.-]*\w")


@dataclass(frozen=True, slots=True)
class Column:
    """A moment at which the ledger is shown.

    Attributes:
        title: What the moment is.
        at: When, as people write it; empty for the beginning and the end.
        row: The number of the timeline's row, ``None`` for the beginning and the end.
    """

    title: str
    at: str = ""
    row: int | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the ledger: what something was at each of the columns' moments.

    Attributes:
        name: What it is.
        note: More about it.
        values: One a column.
        blamed: Whether something that is wrong names it.
    """

    name: str
    note: str
    values: tuple[str, ...]
    blamed: bool = False


@dataclass(frozen=True, slots=True)
class LedgerTable:
    """What the services held, before, at moments that matter, and after.

    Attributes:
        columns: The moments.
        groups: Lines by what they are about: orders, effects, money and stock.
        total_moments: How many moments there were before some were left out.
    """

    columns: tuple[Column, ...]
    groups: Mapping[str, tuple[Line, ...]]
    total_moments: int


@dataclass(frozen=True)
class _Moment:
    """How far the world has come.

    Attributes:
        entries: How many entries the ledger holds.
        row: The index of the timeline's row, ``None`` at the end.
    """

    entries: int
    row: int | None


def ledger_table_of(
    trial: Trial, rows: Sequence[Row], violations: Sequence[Violation]
) -> LedgerTable:
    """The ledger of a trial that has been played; `rows` is its timeline, with what broke where."""
    blamed = frozenset(_WORD.findall(" ".join(each.detail for each in violations)))
    ledger = trial.world.ledger
    opening = _opening(ledger.entries)
    broken = [index for index, row in enumerate(rows) if row.broken]
    moments = [
        _Moment(opening, -1),
        *(_Moment(_entries_until(rows, index, opening), index) for index in broken[:MAX_MOMENTS]),
        _Moment(len(ledger.entries), None),
    ]
    columns = (
        Column("before"),
        *(
            Column(" ".join(rows[index].broken), f"broken at {clock(rows[index].at)}", index)
            for index in broken[:MAX_MOMENTS]
        ),
        Column("after"),
    )
    groups = {
        "orders": tuple(_order_lines(trial, rows, moments)),
        "effects": tuple(
            replace(_effect_line(ledger, each, moments), blamed=each.id in blamed)
            for each in ledger.effects.values()
        ),
        "money and stock": tuple(_balance_lines(ledger, moments)),
    }
    return LedgerTable(columns, groups, len(broken))


def _opening(entries: Sequence[Entry]) -> int:
    """How many entries were there before any order: the opening stock."""
    return next((entry.number for entry in entries if entry.order), len(entries))


def _entries_until(rows: Sequence[Row], index: int, opening: int) -> int:
    """How many entries the ledger holds once a row is over."""
    written = [number for row in rows[: index + 1] for number in row.entries]
    return max(written, default=opening - 1) + 1


def _order_lines(trial: Trial, rows: Sequence[Row], moments: Sequence[_Moment]) -> Iterator[Line]:
    ends = {row.order: i for i, row in enumerate(rows) if isinstance(row, EndRow)}
    for order in trial.orders:
        outcome = trial.outcomes.get(order.id)
        status = str(outcome.status) if outcome else "not known"

        def at(moment: _Moment, order_id: str = order.id, end: str = status) -> str:
            if moment.row == -1:
                return ABSENT
            ended = moment.row is None or moment.row >= ends.get(order_id, len(rows))
            return end if ended else "running"

        yield Line(order.id, order.summary, tuple(at(moment) for moment in moments))


def _effect_line(ledger: Ledger, effect: Effect, moments: Sequence[_Moment]) -> Line:
    history: Mapping[int, str] = {
        entry.number: _state_after(entry, effect)
        for entry in ledger.entries
        if entry.effect == effect.id
    }

    def at(moment: _Moment) -> str:
        states = [state for number, state in history.items() if number < moment.entries]
        return states[-1] if states else ABSENT

    return Line(effect.id, _describe(effect), tuple(at(moment) for moment in moments))


def _state_after(entry: Entry, effect: Effect) -> str:
    if entry.operation == effect.operation:
        return "live"
    if entry.operation == effect.undone_by:
        return "undone"
    return "left" if entry.operation == "world.ship" else entry.operation.removeprefix("world.")


def _describe(effect: Effect) -> str:
    lines = ", ".join(f"{pieces} {sku}" for sku, pieces in effect.lines.items())
    paid = money(effect.amount, effect.currency) if effect.amount else ""
    more = lines or paid
    return f"{effect.operation} for {effect.order}" + (f": {more}" if more else "")


def _balance_lines(ledger: Ledger, moments: Sequence[_Moment]) -> Iterator[Line]:
    accounts = dict.fromkeys(
        (posting.account, posting.unit)
        for entry in ledger.entries
        for posting in entry.postings
        if not (posting.account.kind is AccountKind.STOCK and posting.account.may_be_negative)
    )
    for account, unit in accounts:
        amounts = [_balance(ledger, (account, unit), moment) for moment in moments]
        is_money = account.kind is AccountKind.MONEY
        values = (decimal(each, unit) if is_money else str(each) for each in amounts)
        yield Line(f"{account.name}", unit, tuple(values))


def _balance(ledger: Ledger, key: tuple[object, str], moment: _Moment) -> int:
    return sum(
        posting.amount
        for entry in ledger.entries[: moment.entries]
        for posting in entry.postings
        if (posting.account, posting.unit) == key
    )
