"""The log of the clients of a run: their calls, and the outcomes that they know.

An intent is written down before its call and the outcome after it. A call whose caller was killed
in between, or got no answer, is *unknown*: the server is asked about it. Lines are plain data, so
that Locust's workers can send them to the master, which writes them to the run's journal.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TextIO

from sagacheck.checks import Ending, OrderStatus
from sagacheck.engines import Answer, AnswerKind

Line = Mapping[str, Any]
"""One line of the journal: ``kind``, ``at`` (seconds of Unix time), ``order``, and more."""


class ClientLogWriter:
    """Writes lines about orders.

    Args:
        send: Takes each line.
    """

    def __init__(self, send: Callable[[Line], None]) -> None:
        self._send = send

    def intent(self, order: str, due_at: float) -> None:
        """A client is about to place an order that was due at `due_at`."""
        self._write("intent", order, due_at=due_at)

    def placed(self, order: str) -> None:
        """The server has accepted the order."""
        self._write("placed", order)

    def ended(self, order: str, ending: Ending, due_at: float) -> None:
        """A client that waited for the order has its result."""
        left = isinstance(ending.result, Mapping) and ending.result.get("left")
        self._write(
            "ended",
            order,
            due_at=due_at,
            status=str(ending.status),
            error=ending.error,
            result={"left": left} if left else None,
        )

    def done(self, order: str) -> None:
        """The client has no more to do with the order."""
        self._write("done", order)

    def unknown(self, order: str, what: str, error: BaseException) -> None:
        """A call failed, and it is unknown whether it had an effect."""
        self._write("unknown", order, what=what, why=f"{type(error).__name__}: {error}")

    def cancel(self, order: str, by: str) -> None:
        """A client is about to cancel the order."""
        self._write("cancel", order, by=by)

    def cancel_answered(self, order: str, answer: Answer) -> None:
        """The answer to a cancellation."""
        self._write("cancel_answered", order, answer=str(answer.kind), text=answer.text)

    def status(self, order: str, answer: Answer) -> None:
        """The answer to a query for the order's status."""
        self._write("status", order, status=answer.text)

    def _write(self, kind: str, order: str, **facts: Any) -> None:
        self._send({"kind": kind, "at": time.time(), "order": order, **facts})


@dataclass(slots=True)
class ClientView:
    """What clients know about one order. Times are seconds of Unix time.

    Attributes:
        due_at: When it was to be placed.
        placed: Whether the server has accepted it.
        endings: The result that each client got.
        ended_at: When the first of them did.
        cancels: How often it was cancelled.
        refusals: How many of the cancellations were refused.
        grants: How many of them were granted.
        not_understood: The last answer to a cancellation that was neither, if there was one.
        statuses: Each status that a client saw.
        done: Whether its client has no more to do with it.
    """

    due_at: float
    placed: bool = False
    endings: list[Ending] = field(default_factory=list)
    ended_at: float | None = None
    cancels: int = 0
    refusals: int = 0
    grants: int = 0
    not_understood: str = ""
    statuses: list[str] = field(default_factory=list)
    done: bool = False

    def take_answer(self, kind: AnswerKind, text: str) -> None:
        """Count the answer to a cancellation."""
        self.refusals += kind is AnswerKind.REFUSED
        self.grants += kind is AnswerKind.GRANTED
        if kind is AnswerKind.UNKNOWN:
            self.not_understood = text

    @property
    def is_acknowledged(self) -> bool:
        """Whether a client knows that the server has the order."""
        return self.placed or bool(self.endings)


class ClientLog:
    """All orders of a run, as their clients know them.

    Args:
        journal: Takes every line, as NDJSON.

    Attributes:
        orders: What clients know about each order, by its id.
        ended: How many orders ended with which status.
    """

    def __init__(self, journal: TextIO) -> None:
        self.orders: dict[str, ClientView] = {}
        self.ended: Counter[str] = Counter()
        self._journal = journal

    @property
    def open(self) -> int:
        """How many orders have not ended, as far as clients know."""
        return len(self.orders) - self.ended.total()

    def note(self, kind: str, **facts: Any) -> None:
        """Write down something that is about no single order."""
        self._keep({"kind": kind, "at": time.time(), **facts})

    def take(self, line: Line) -> None:
        """Take in a line that a client has written."""
        self._keep(line)
        view = self.orders.setdefault(line["order"], ClientView(line["at"]))
        match line["kind"]:
            case "intent":
                view.due_at = line["due_at"]
            case "placed":
                view.placed = True
            case "ended":
                self._ended(view, line)
            case "cancel":
                view.cancels += 1
            case "cancel_answered":
                view.take_answer(AnswerKind(line["answer"]), line["text"])
            case "status":
                view.statuses.append(line["status"])
            case "done":
                view.done = True

    def _ended(self, view: ClientView, line: Line) -> None:
        ending = Ending(OrderStatus(line["status"]), line["error"], line["result"])
        if not view.endings:
            view.ended_at = line["at"]
            self.ended[str(ending.status)] += 1
        view.endings.append(ending)

    def _keep(self, line: Line) -> None:
        self._journal.write(json.dumps(line, default=str) + "\n")
