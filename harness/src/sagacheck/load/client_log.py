"""The clients' side of a run: what they meant to do, and what came of it as far as they know.

An intent is written down before its call and the outcome after it. What lies between, a call whose
caller was killed or got no answer, is *unknown*, and is found out by asking the server. Lines are
plain data: they cross from Locust's workers to its master, and go to the run's journal.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TextIO

from sagacheck.checks import Ending, Status
from sagacheck.load.order_client import REFUSED

Line = Mapping[str, Any]
"""One line of the journal: ``kind``, ``at`` (seconds of Unix time), ``order``, and more."""


class Pen:
    """Writes lines about orders, wherever they are to go.

    Args:
        send: Takes each line.
    """

    def __init__(self, send: Callable[[Line], None]) -> None:
        self._send = send

    def intend(self, order: str, due_at: float) -> None:
        """An order is about to be placed that was due at `due_at`."""
        self._write("intent", order, due_at=due_at)

    def placed(self, order: str) -> None:
        """The server has taken the order."""
        self._write("placed", order)

    def told(self, order: str, ending: Ending, due_at: float) -> None:
        """A client was told how the order ended."""
        left = isinstance(ending.result, Mapping) and ending.result.get("left")
        self._write(
            "told",
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
        """Nobody knows what has become of a call."""
        self._write("unknown", order, what=what, why=f"{type(error).__name__}: {error}")

    def cancel(self, order: str, by: str) -> None:
        """The order is about to be cancelled."""
        self._write("cancel", order, by=by)

    def cancel_answered(self, order: str, answer: str) -> None:
        """What was answered to the wish to cancel."""
        self._write("cancel_answered", order, answer=answer)

    def status(self, order: str, status: str) -> None:
        """What was answered to the question where the order is."""
        self._write("status", order, status=status)

    def _write(self, kind: str, order: str, **facts: Any) -> None:
        self._send({"kind": kind, "at": time.time(), "order": order, **facts})


@dataclass(slots=True)
class Account:
    """What clients know about one order. Times are seconds of Unix time.

    Attributes:
        due_at: When it was to be placed.
        placed: Whether the server has said that it has it.
        told: What each client that waited for its end was told.
        ended_at: When the first of them was told.
        cancels: Wishes to cancel it.
        refusals: Wishes to cancel it that were refused.
        statuses: Each status that a client saw.
        done: Whether its client has no more to do with it.
    """

    due_at: float
    placed: bool = False
    told: list[Ending] = field(default_factory=list)
    ended_at: float | None = None
    cancels: int = 0
    refusals: int = 0
    statuses: list[str] = field(default_factory=list)
    done: bool = False


class ClientLog:
    """All orders of a run, as their clients know them.

    Args:
        journal: Takes every line, as NDJSON.
    """

    def __init__(self, journal: TextIO) -> None:
        self.accounts: dict[str, Account] = {}
        self.ended: Counter[str] = Counter()
        self._journal = journal

    @property
    def open(self) -> int:
        """How many orders have no known end."""
        return len(self.accounts) - self.ended.total()

    def note(self, kind: str, **facts: Any) -> None:
        """Write down something that is about no single order."""
        self._keep({"kind": kind, "at": time.time(), **facts})

    def take(self, line: Line) -> None:
        """Take in a line that a client has written."""
        self._keep(line)
        account = self.accounts.setdefault(line["order"], Account(line["at"]))
        match line["kind"]:
            case "intent":
                account.due_at = line["due_at"]
            case "placed":
                account.placed = True
            case "told":
                self._told(account, line)
            case "cancel":
                account.cancels += 1
            case "cancel_answered":
                account.refusals += line["answer"].startswith(REFUSED)
            case "status":
                account.statuses.append(line["status"])
            case "done":
                account.done = True

    def _told(self, account: Account, line: Line) -> None:
        ending = Ending(Status(line["status"]), line["error"], line["result"])
        if not account.told:
            account.ended_at = line["at"]
            self.ended[str(ending.status)] += 1
        account.told.append(ending)

    def _keep(self, line: Line) -> None:
        self._journal.write(json.dumps(line, default=str) + "\n")
