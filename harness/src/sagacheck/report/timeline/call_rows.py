"""The rows of calls: each attempt, its late arrivals, and its end where the caller had to wait."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from sagacheck.engines import Trial
from sagacheck.report.timeline import sentences
from sagacheck.report.timeline.model import ArrivalRow, CallEndRow, CallRow, Mark, Way
from sagacheck.report.timeline.ranked_row import END, RankedRow, rank_at
from sagacheck.world import Arrival, Attempt, AttemptOutcome


class CallRows:
    """The rows of all calls of a trial that has been played.

    Args:
        trial: The trial.
    """

    def __init__(self, trial: Trial) -> None:
        self._journal = trial.world.journal.attempts
        self._operations = trial.network.operations
        self._entries = {entry.number: entry for entry in trial.world.ledger.entries}
        self._last = {(each.order, each.operation): each.number for each in self._journal}

    def rows(self) -> Iterator[RankedRow]:
        """A row for each call, each late arrival, and the end of each call that takes time."""
        for attempt in self._journal:
            in_time, late = _deliveries(attempt)
            yield RankedRow(
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
    ) -> RankedRow:
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
        return RankedRow(attempt.ended_at, attempt.number + END, row, attempt.number)

    def _arrival(self, attempt: Attempt, delivery: Arrival) -> RankedRow:
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
        return RankedRow(
            delivery.at, rank_at(self._journal, delivery.at, delivery.entries), row, attempt.number
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
