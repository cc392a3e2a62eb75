"""The timeline: everything that happened is in it, where it belongs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sagacheck.report.timeline.model import (
    ArrivalRow,
    CallEndRow,
    CallRow,
    ClientRow,
    EndRow,
    Row,
    SkipRow,
    Way,
    WorldRow,
)
from sagacheck.report.timeline.rows import rows_of
from sagacheck.report.timeline.trimming import MAX_ROWS, trimmed
from sagacheck.world import AttemptOutcome
from tests.report._material import LOST_REPLIES, naive_saga, played_files, played_text

ONE_FAULT = """\
scenario: one call suffers one fault
why: w
orders: [{{id: o1}}]
faults: [{{on: payments.charge, fault: {fault}}}]
expect: {{effects: {{inventory.reserve: 1}}}}
"""


def charge_with(fault: str) -> tuple[CallRow, list[Row]]:
    """The first call of the charge when it suffers `fault`, and all rows."""
    rows = rows_of(played_text(ONE_FAULT.format(fault=fault)).trial)
    return next(r for r in rows if isinstance(r, CallRow) and r.activity == "charge_payment"), rows


@pytest.mark.parametrize(
    ("fault", "request_way", "reply_way", "seen"),
    [
        ("evict", Way.WHOLE, Way.WHOLE, AttemptOutcome.OK),
        ("refuse", Way.BLOCKED, Way.WHOLE, AttemptOutcome.REFUSED),
        ("402", Way.BLOCKED, Way.WHOLE, AttemptOutcome.REFUSED),
        ("503", Way.BLOCKED, Way.WHOLE, AttemptOutcome.UNKNOWN),
        ("reset_after_effect", Way.WHOLE, Way.LOST, AttemptOutcome.UNKNOWN),
        ("truncated", Way.WHOLE, Way.LOST, AttemptOutcome.UNKNOWN),
        ("empty", Way.WHOLE, Way.WHOLE, AttemptOutcome.UNKNOWN),
        ("{status_after_effect: 502}", Way.WHOLE, Way.WHOLE, AttemptOutcome.UNKNOWN),
        ("crash_before", Way.LOST, Way.NONE, AttemptOutcome.UNKNOWN),
        ("crash_after", Way.WHOLE, Way.LOST, AttemptOutcome.UNKNOWN),
        ("drop_request", Way.LOST, Way.NONE, AttemptOutcome.PENDING),
        ("drop_response", Way.WHOLE, Way.LOST, AttemptOutcome.PENDING),
        ("{delay_response: 5s}", Way.WHOLE, Way.LATE, AttemptOutcome.PENDING),
        ("{delay_request: 2h}", Way.LATE, Way.NONE, AttemptOutcome.PENDING),
    ],
)
def test_each_fault_stops_a_call_somewhere(
    fault: str, request_way: Way, reply_way: Way, seen: AttemptOutcome
) -> None:
    """The row of a call says how far the request and the reply came, and what the caller knows."""
    call, _ = charge_with(fault)

    assert (call.request, call.reply, call.outcome) == (request_way, reply_way, seen)


def test_a_caller_that_waits_in_vain_gives_up_later() -> None:
    """The end of a call that takes time is a row of its own, linked to its beginning."""
    call, rows = charge_with("drop_response")
    (end,) = (row for row in rows if isinstance(row, CallEndRow))

    assert (end.call, end.gives_up, end.outcome) == (call.number, True, AttemptOutcome.UNKNOWN)
    assert end.at > call.at
    assert end.words.endswith("in truth it was done.")


def test_a_late_request_is_a_zombie_once_its_caller_has_gone() -> None:
    """A request that arrives after its caller's timeout has its own row, with its changes."""
    call, rows = charge_with("{delay_request: 2h}")
    (arrival,) = (row for row in rows if isinstance(row, ArrivalRow))

    assert (arrival.call, arrival.zombie, arrival.at) == (call.number, True, 7200)
    assert "arrives now, long after its caller's timeout" in arrival.words


def test_a_late_request_whose_caller_still_waits_is_no_zombie() -> None:
    """A delay that is shorter than the caller's patience is only a delay."""
    _, rows = charge_with("{delay_request: 5s}")
    (arrival,) = (row for row in rows if isinstance(row, ArrivalRow))

    assert not arrival.zombie


def test_copies_are_counted() -> None:
    """A request that is delivered three times leaves three marks, one of them an effect."""
    call, _ = charge_with("{duplicate: 3}")

    assert [mark.sign for mark in call.marks] == ["+", "", ""]


def test_clients_the_world_and_the_end_have_rows() -> None:
    """The order is placed, the client asks, the order ends, and the parcel leaves by itself."""
    rows = rows_of(played_text(LOST_REPLIES.replace("calls: all", "calls: 1")).trial)

    assert [row.does for row in rows if isinstance(row, ClientRow)] == ["place o1", "query o1"]
    assert [row.status for row in rows if isinstance(row, EndRow)] == ["completed"]
    assert [row.does for row in rows if isinstance(row, WorldRow)] == ["ship"]


@pytest.mark.parametrize("theme", ["contention", "shipping"])
def test_nothing_that_happened_is_missing(theme: str) -> None:
    """Every attempt, every change of the ledger and every event has one row, in order of time."""
    for result in played_files(theme, saga=naive_saga()):
        rows, world = rows_of(result.trial), result.trial.world
        happened = [each for each in result.trial.events if each.at is not None]
        written = [e.number for e in world.ledger.entries if e.operation != "world.stock"]

        assert [row.number for row in rows] == list(range(len(rows)))
        assert [row.at for row in rows] == sorted(row.at for row in rows)
        assert sum(isinstance(row, CallRow) for row in rows) == len(world.journal)
        assert sorted(number for row in rows for number in row.entries) == written
        placed = len(result.scenario.orders)
        assert sum(isinstance(row, ClientRow) for row in rows) == placed + len(happened)
        assert all(row.words.endswith(".") for row in rows)


def long_timeline() -> list[Row]:
    """More rows than are shown, with something broken in the middle and a call that ends there."""
    call, some = charge_with("drop_response")
    end = next(row for row in some if isinstance(row, CallEndRow))
    rows: list[Row] = [
        ClientRow(at=0.0, order="o1", words="w.", does="d", number=number) for number in range(300)
    ]
    rows[60] = replace(call, number=60)
    rows[150] = replace(end, number=150, call=60, broken=("I7",))
    return rows


def test_a_long_timeline_says_what_it_leaves_out() -> None:
    """What broke is kept with what is around it and the call that led to it; gaps are counted."""
    rows = long_timeline()
    shown = trimmed(rows)
    numbers = [row.number for row in shown if not isinstance(row, SkipRow)]
    skipped = sum(row.count for row in shown if isinstance(row, SkipRow))

    assert len(numbers) <= MAX_ROWS
    assert len(numbers) + skipped == len(rows)
    assert {0, 60, 149, 150, 151, 299} <= set(numbers)


def test_a_short_timeline_is_whole() -> None:
    """Nothing is left out where there is room."""
    rows = long_timeline()[:MAX_ROWS]

    assert list(trimmed(rows)) == rows
