"""What clients write down of a run, and what the master makes of it."""

from __future__ import annotations

import io
import json

import pytest

from sagacheck.checks import Ending, OrderStatus
from sagacheck.engines import Answer
from sagacheck.load.users.client_log import ClientLog, ClientLogWriter


@pytest.fixture(name="journal")
def _journal() -> io.StringIO:
    return io.StringIO()


@pytest.fixture(name="log")
def _log(journal: io.StringIO) -> ClientLog:
    return ClientLog(journal)


@pytest.fixture(name="writer")
def _writer(log: ClientLog) -> ClientLogWriter:
    """Writes lines that cross from one process to another, as JSON can."""
    return ClientLogWriter(lambda line: log.take(json.loads(json.dumps(line))))


@pytest.mark.parametrize(
    ("answer", "refusals"),
    [
        (Answer.granted("sent"), 0),
        (Answer.refused("too late"), 1),
        (Answer.unknown("no answer"), 0),
    ],
)
def test_only_a_refusal_means_that_an_order_was_not_cancelled(
    log: ClientLog, writer: ClientLogWriter, answer: Answer, refusals: int
) -> None:
    """A cancellation that was not answered may have been granted."""
    writer.cancel("o1", "update")
    writer.cancel_answered("o1", answer)

    assert (log.orders["o1"].cancels, log.orders["o1"].refusals) == (1, refusals)


def test_an_order_ends_once_however_many_clients_wait_for_it(
    log: ClientLog, writer: ClientLogWriter
) -> None:
    """Each of them has learned an ending, which must agree; the order counts once."""
    writer.intent("o1", due_at=1.0)
    writer.intent("o2", due_at=2.0)
    writer.ended("o1", Ending(OrderStatus.FAILED, "CardDeclined: no"), due_at=1.0)
    writer.ended("o1", Ending(OrderStatus.COMPLETED), due_at=3.0)

    assert [each.status for each in log.orders["o1"].endings] == [
        OrderStatus.FAILED,
        OrderStatus.COMPLETED,
    ]
    assert log.ended == {"failed": 1}
    assert log.open == 1
    assert [view.is_acknowledged for view in log.orders.values()] == [True, False]


def test_every_line_is_in_the_journal(
    log: ClientLog, writer: ClientLogWriter, journal: io.StringIO
) -> None:
    """In the order in which it came, with what is about no single order."""
    writer.intent("o1", due_at=1.0)
    log.note("chaos", process="server", what="stopped")
    writer.done("o1")

    kinds = [json.loads(line)["kind"] for line in journal.getvalue().splitlines()]
    assert kinds == ["intent", "chaos", "done"]
