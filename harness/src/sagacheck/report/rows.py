"""The timeline of a trial: one row for each moment at which something happened.

The journal tells what callers and services saw, the ledger what changed, the planned events what
people outside did. All of them are merged here by the world's clock, and within one moment by
cause: a client's act before a call, the call, its late arrivals, its end.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from sagacheck.checks import OrderOutcome
from sagacheck.engines import PlannedEvent, Trial
from sagacheck.report import sentences
from sagacheck.report.model import (
    ArrivalRow,
    CallEndRow,
    CallRow,
    ClientRow,
    EndRow,
    Mark,
    Row,
    Way,
    WorldRow,
)
from sagacheck.world import Arrival, Attempt, AttemptOutcome, Entry

# Within one moment: what came before the first call, what belongs to a call, what came last.
_FIRST, _LAST = -1.0, 1e9
_BEFORE, _ARRIVAL, _END, _AFTER, _CLOSED = -0.2, 0.2, 0.4, 0.6, 0.8


@dataclass(frozen=True)
class _Placed:
    """A row and what decides about its place: the time, then the call it belongs to."""

    at: float
    rank: float
    row: Row
    attempt: int | None = None


def rows_of(trial: Trial) -> list[Row]:
    """Every moment of a trial that has been played, in order."""
    tracer = _Tracer(trial)
    placed = sorted(
        [*tracer.clients(), *tracer.calls(), *tracer.world(), *tracer.endings()],
        key=lambda each: (each.at, each.rank),
    )
    number_of = {
        each.attempt: number
        for number, each in enumerate(placed)
        if isinstance(each.row, CallRow) and each.attempt is not None
    }
    return [_numbered(each, number, number_of) for number, each in enumerate(placed)]


def _numbered(placed: _Placed, number: int, number_of: Mapping[int, int]) -> Row:
    """The row with its number, and with that of the call that it belongs to."""
    row = replace(placed.row, number=number)
    if isinstance(row, CallEndRow | ArrivalRow) and placed.attempt is not None:
        return replace(row, call=number_of[placed.attempt])
    return row


class _Tracer:
    def __init__(self, trial: Trial) -> None:
        self._trial = trial
        self._journal = trial.world.journal.attempts
        self._books = trial.world.ledger
        self._operations = trial.network.operations
        self._entries = {entry.number: entry for entry in self._books.entries}
        self._last = {(each.order, each.operation): each.number for each in self._journal}

    # -- people outside -----------------------------------------------------------------------

    def clients(self) -> Iterator[_Placed]:
        for order in self._trial.scenario.orders:
            does = f"place {order.id}"
            words = sentences.placed(order)
            yield _Placed(
                0.0, _FIRST * 2, ClientRow(at=0.0, order=order.id, words=words, does=does)
            )
        for planned in self._trial.events:
            if planned.at is not None:
                yield _Placed(planned.at, self._rank_of(planned), _client_row(planned, planned.at))

    def _rank_of(self, planned: PlannedEvent) -> float:
        when = planned.event.when
        for attempt in self._journal:
            if (
                attempt.operation == when.operation
                and attempt.call == when.call
                and planned.event.order in (None, attempt.order)
            ):
                return attempt.number + (_BEFORE if when.moment == "before" else _AFTER)
        return _FIRST

    def endings(self) -> Iterator[_Placed]:
        for order, outcome in self._trial.outcomes.items():
            at = outcome.ended_at if outcome.ended_at is not None else self._last_moment()
            before = [each.number for each in self._journal if each.order == order]
            rank = max(before, default=0) + _CLOSED
            yield _Placed(at, rank, _end_row(order, outcome, at))

    def _last_moment(self) -> float:
        """The last that anything happened: as far as an order that got stuck is known about."""
        moments = [each.ended_at or each.sent_at for each in self._journal]
        moments += [each.at for each in self._trial.events if each.at is not None]
        moments += [entry.at for entry in self._books.entries]
        return max(moments, default=0.0)

    # -- calls --------------------------------------------------------------------------------

    def calls(self) -> Iterator[_Placed]:
        for attempt in self._journal:
            in_time, late = _deliveries(attempt)
            yield _Placed(
                attempt.sent_at, attempt.number, self._call_row(attempt, in_time, late),
                attempt.number,
            )  # fmt: skip
            for delivery in late:
                yield self._arrival(attempt, delivery)
            if _outlasts(attempt):
                yield self._call_end(attempt, in_time, late)

    def _call_row(
        self, attempt: Attempt, in_time: Sequence[Arrival], late: Sequence[Arrival]
    ) -> CallRow:
        operation = self._operations[attempt.operation]
        marks = self._marks(attempt, in_time)
        request, reply = _ways(attempt, in_time, late)
        before = self._previous(attempt)
        return CallRow(
            at=attempt.sent_at,
            order=attempt.order,
            words=sentences.called(attempt, marks, request, reply),
            entries=tuple(number for each in in_time for number in each.entries),
            activity=attempt.activity or attempt.operation,
            attempt=attempt.call,
            service=operation.service,
            undoes=not operation.is_create,
            fault=attempt.fault,
            request=request,
            reply=reply,
            marks=marks,
            outcome=AttemptOutcome.PENDING if _outlasts(attempt) else attempt.outcome,
            answer="" if _outlasts(attempt) else _answer(attempt),
            begins=before is None or before.outcome is AttemptOutcome.OK,
            ends=self._is_last(attempt) and not _outlasts(attempt),
        )

    def _call_end(
        self, attempt: Attempt, in_time: Sequence[Arrival], late: Sequence[Arrival]
    ) -> _Placed:
        assert attempt.ended_at is not None, "a call that outlasts its moment has an end"
        row = CallEndRow(
            at=attempt.ended_at,
            order=attempt.order,
            words=sentences.call_ended(attempt, arrived=bool(in_time), arrives=bool(late)),
            call=0,
            activity=attempt.activity or attempt.operation,
            service=self._operations[attempt.operation].service,
            gives_up=attempt.status is None,
            outcome=attempt.outcome,
            answer=_answer(attempt),
            ends=self._is_last(attempt),
        )
        return _Placed(attempt.ended_at, attempt.number + _END, row, attempt.number)

    def _arrival(self, attempt: Attempt, delivery: Arrival) -> _Placed:
        marks = self._marks(attempt, [delivery])
        gone_at = math.inf if attempt.ended_at is None else attempt.ended_at
        zombie = gone_at < delivery.at or (gone_at == delivery.at and attempt.status is None)
        row = ArrivalRow(
            at=delivery.at,
            order=attempt.order,
            words=sentences.arrived(attempt, marks, zombie=zombie),
            entries=delivery.entries,
            call=0,
            service=self._operations[attempt.operation].service,
            zombie=zombie,
            marks=marks,
        )
        return _Placed(
            delivery.at, self._rank_at(delivery.at, delivery.entries), row, attempt.number
        )

    def _previous(self, attempt: Attempt) -> Attempt | None:
        return next(
            (
                each
                for each in reversed(self._journal[: attempt.number])
                if (each.order, each.operation) == (attempt.order, attempt.operation)
            ),
            None,
        )

    def _is_last(self, attempt: Attempt) -> bool:
        return (
            attempt.outcome is AttemptOutcome.OK
            or self._last[attempt.order, attempt.operation] == attempt.number
        )

    def _marks(self, attempt: Attempt, arrivals: Sequence[Arrival]) -> tuple[Mark, ...]:
        sign = "+" if self._operations[attempt.operation].is_create else "\N{MINUS SIGN}"
        return tuple(
            mark
            for each in arrivals
            for mark in (
                [Mark(sign, self._entries[number].effect) for number in each.entries]
                or [Mark("", str(each.status))]
            )
        )

    # -- the world ----------------------------------------------------------------------------

    def world(self) -> Iterator[_Placed]:
        caused = {number for attempt in self._journal for number in attempt.entries}
        alone = [
            entry
            for entry in self._books.entries
            if entry.number not in caused and entry.effect in self._books.effects
        ]
        for (at, does), group in groupby(alone, key=lambda each: (each.at, each.operation)):
            yield self._world_row(at, does, list(group))

    def _world_row(self, at: float, does: str, entries: Sequence[Entry]) -> _Placed:
        effects = [entry.effect for entry in entries]
        first = self._books.effects[effects[0]]
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
        return _Placed(at, self._rank_at(at, numbers), row)

    def _rank_at(self, at: float, entries: Sequence[int]) -> float:
        """The place within a moment of what no caller waits for: where the ledger put it."""
        after = [
            each.number
            for each in self._journal
            if each.sent_at < at
            or (each.sent_at == at and entries and each.entries and each.entries[0] < entries[0])
        ]
        return max(after, default=_FIRST) + _ARRIVAL


def _client_row(planned: PlannedEvent, at: float) -> ClientRow:
    event = planned.event
    return ClientRow(
        at=at,
        order=event.order or "",
        words=sentences.happened(planned),
        does=f"{event.kind} {event.order}" if event.order else "all faults end",
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


def _outlasts(attempt: Attempt) -> bool:
    """Whether the caller waited: the call and its end are two moments."""
    return attempt.ended_at is not None and attempt.ended_at > attempt.sent_at


def _deliveries(attempt: Attempt) -> tuple[list[Arrival], list[Arrival]]:
    """The arrivals in the moment of the call, and those that came later."""
    in_time = [each for each in attempt.arrivals if each.at <= attempt.sent_at]
    return in_time, attempt.arrivals[len(in_time) :]


def _ways(attempt: Attempt, in_time: Sequence[Arrival], late: Sequence[Arrival]) -> tuple[Way, Way]:
    """How far the request and the reply came in the moment of the call."""
    if in_time:
        if _outlasts(attempt):
            return Way.WHOLE, Way.LATE if attempt.status is not None else Way.LOST
        return Way.WHOLE, Way.WHOLE if attempt.status is not None else Way.LOST
    if late:
        return Way.LATE, Way.NONE
    if attempt.status is not None or attempt.error == "connect_error":
        return Way.BLOCKED, Way.WHOLE
    return Way.LOST, Way.NONE


def _answer(attempt: Attempt) -> str:
    """What the caller saw, in a word."""
    status = "" if attempt.status is None else str(attempt.status)
    return status or attempt.error.replace("_", " ")
