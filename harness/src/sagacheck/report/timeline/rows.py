"""The timeline of a trial: one row for each moment at which something happened.

The journal has what callers and services saw, the ledger what changed, the planned events what
clients and operators did. All of them are merged here by the world's clock, and within one moment
by cause: a client's act before a call, the call, its late arrivals, its end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from sagacheck.checks import OrderOutcome
from sagacheck.engines import PlannedEvent, Trial
from sagacheck.report.timeline import sentences
from sagacheck.report.timeline.call_rows import CallRows
from sagacheck.report.timeline.model import (
    ArrivalRow,
    CallEndRow,
    CallRow,
    ClientRow,
    EndRow,
    Mark,
    Row,
    WorldRow,
)
from sagacheck.report.timeline.ranked_row import (
    AFTER,
    BEFORE,
    CLOSED,
    END,
    FIRST,
    RankedRow,
    rank_at,
)
from sagacheck.world import Entry


def rows_of(trial: Trial) -> list[Row]:
    """Every moment of a trial that has been played, in order."""
    calls = CallRows(trial).rows()
    ranked = sorted(
        [*_client_rows(trial), *calls, *_world_rows(trial), *_end_rows(trial)],
        key=lambda each: (each.at, each.rank),
    )
    number_of = {
        each.attempt: number
        for number, each in enumerate(ranked)
        if isinstance(each.row, CallRow) and each.attempt is not None
    }
    return [_numbered(each, number, number_of) for number, each in enumerate(ranked)]


def _numbered(ranked: RankedRow, number: int, number_of: Mapping[int, int]) -> Row:
    """The row with its number, and with that of the call that it belongs to."""
    row = replace(ranked.row, number=number)
    if isinstance(row, CallEndRow | ArrivalRow) and ranked.attempt is not None:
        return replace(row, call=number_of[ranked.attempt])
    return row


def _client_rows(trial: Trial) -> Iterator[RankedRow]:
    """What clients and operators do."""
    for order in trial.scenario.orders:
        does = f"place {order.id}"
        words = sentences.placed(order)
        yield RankedRow(0.0, FIRST * 2, ClientRow(at=0.0, order=order.id, words=words, does=does))
    for planned in trial.messages:
        if planned.at is not None:
            yield RankedRow(planned.at, _rank_of(trial, planned), _client_row(planned, planned.at))


_RANKS = {"before": BEFORE, "during": END, "after": AFTER}
"""Where the row of an event stands beside that of its call, by its moment."""


def _rank_of(trial: Trial, planned: PlannedEvent) -> float:
    when = planned.event.when
    for attempt in trial.world.journal.attempts:
        if (
            attempt.operation == when.operation
            and attempt.call == when.call
            and planned.event.order in (None, attempt.order)
        ):
            return attempt.number + _RANKS[when.moment]
    return FIRST


def _end_rows(trial: Trial) -> Iterator[RankedRow]:
    """How the orders end."""
    for order, outcome in trial.outcomes.items():
        at = outcome.ended_at if outcome.ended_at is not None else _last_moment(trial)
        before = [each.number for each in trial.world.journal.attempts if each.order == order]
        rank = max(before, default=0) + CLOSED
        yield RankedRow(at, rank, _end_row(order, outcome, at))


def _last_moment(trial: Trial) -> float:
    """The last that anything happened: as far as an order that got stuck is known about."""
    moments = [each.ended_at or each.sent_at for each in trial.world.journal.attempts]
    moments += [each.at for each in trial.messages if each.at is not None]
    moments += [entry.at for entry in trial.world.ledger.entries]
    return max(moments, default=0.0)


def _world_rows(trial: Trial) -> Iterator[RankedRow]:
    """The events of the outside world."""
    journal, ledger = trial.world.journal.attempts, trial.world.ledger
    caused = {number for attempt in journal for number in attempt.entries}
    alone = [
        entry
        for entry in ledger.entries
        if entry.number not in caused and entry.effect in ledger.effects
    ]
    for (at, does), group in groupby(alone, key=lambda each: (each.at, each.operation)):
        yield _world_row(trial, at, does, list(group))


def _world_row(trial: Trial, at: float, does: str, entries: Sequence[Entry]) -> RankedRow:
    effects = [entry.effect for entry in entries]
    first = trial.world.ledger.effects[effects[0]]
    numbers = tuple(entry.number for entry in entries)
    row = WorldRow(
        at=at,
        order=first.order if len({entry.order for entry in entries}) == 1 else "",
        words=sentences.world_did(does, effects),
        entries=numbers,
        service=first.operation.partition(".")[0],
        marks=tuple(Mark("", effect) for effect in effects),
        does=does.removeprefix("world."),
    )
    return RankedRow(at, rank_at(trial.world.journal.attempts, at, numbers), row)


def _client_row(planned: PlannedEvent, at: float) -> ClientRow:
    event = planned.event
    return ClientRow(
        at=at,
        order=event.order or "",
        words=sentences.happened(planned),
        does=event.what if event.order else "all faults end",
        answer=str(planned.answer or ""),
        to_network=event.order is None,
    )


def _end_row(order: str, outcome: OrderOutcome, at: float) -> EndRow:
    return EndRow(
        at=at,
        order=order,
        words=sentences.ended(order, outcome),
        status=str(outcome.status),
        error=outcome.ending.error or outcome.waits_for,
    )
