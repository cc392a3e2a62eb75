"""The end of a run waits for what was on its way when placing stopped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

import pytest

from sagacheck.load.audit import drain as drain_module
from sagacheck.load.audit.drain import Drain, Drained, SystemDeathError
from sagacheck.load.audit.server_view import ListedWorkflow, ServerView, Waiting
from sagacheck.load.users.bridge import Bridge

CLOSED = ListedWorkflow("COMPLETED", 1.0, ("COMPLETED",))
OPEN = ListedWorkflow("RUNNING", None, ("RUNNING",))


class _Bridge:
    """Calls at once."""

    def call(self, question: Callable[..., Any], *arguments: Any) -> Any:
        return question(*arguments)


class _Server:
    """Has orders, and a list that shows them later."""

    def __init__(self, *lists: Mapping[str, ListedWorkflow], has: set[str]) -> None:
        self._lists = list(lists)
        self._has = has
        self.looks = 0
        self.death = ""

    def workflows(self) -> Mapping[str, ListedWorkflow]:
        self.looks += 1
        return self._lists.pop(0) if len(self._lists) > 1 else self._lists[0]

    def order_of(self, workflow_id: str) -> str:
        return workflow_id

    def exists(self, order: str) -> bool:
        return order in self._has

    def waits_for(self, order: str) -> Waiting:
        return Waiting(f"what {order} needs", may_end=order == "late")


def _drained(server: _Server, unacknowledged: set[str], patience: float = 60.0) -> set[str]:
    return set(_run(server, unacknowledged, patience).workflows)


def _run(server: _Server, unacknowledged: set[str], patience: float) -> Drained:
    drain = Drain(
        cast("Bridge", _Bridge()),
        cast("ServerView", server),
        lambda: unacknowledged,
        patience=patience,
        say=lambda _text: None,
        system_death=lambda: server.death,
    )
    return drain.run()


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drain_module, "POLL_SECONDS", 0.0)


def test_an_unacknowledged_order_is_waited_for() -> None:
    """It has arrived, the list shows it later, and later still that it has ended."""
    first, both = {"o1": CLOSED}, {"o1": CLOSED, "o2": CLOSED}
    server = _Server(first, first, first, {"o1": CLOSED, "o2": OPEN}, both, has={"o1", "o2"})

    assert _drained(server, unacknowledged={"o2"}) == {"o1", "o2"}


def test_an_order_that_was_on_its_way_may_still_arrive() -> None:
    """The list is read once more before the server is asked about the order."""
    server = _Server({"o1": CLOSED}, {"o1": CLOSED, "o2": CLOSED}, has=set())

    assert _drained(server, unacknowledged={"o2"}) == {"o1", "o2"}


def test_an_order_the_server_never_received_is_not_waited_for() -> None:
    """The server does not have it."""
    server = _Server({"o1": CLOSED}, has={"o1"})

    assert _drained(server, unacknowledged={"o2"}) == {"o1"}
    assert server.looks == 2


def test_nothing_is_waited_for_where_all_were_acknowledged() -> None:
    """One look is enough."""
    server = _Server({"o1": CLOSED}, has={"o1"})

    assert _drained(server, unacknowledged=set()) == {"o1"}
    assert server.looks == 1


def test_patience_ends() -> None:
    """An order that the list never shows does not hold up the run for ever."""
    server = _Server({"o1": CLOSED}, has={"o1", "o2"})

    assert _drained(server, unacknowledged={"o2"}, patience=0.0) == {"o1"}


def test_what_may_end_later_is_told_from_what_never_ends() -> None:
    """A run has not the time for a timer of a week; what fails again and again is stuck."""
    drained = _run(_Server({"late": OPEN, "failing": OPEN}, has=set()), set(), patience=0.0)

    assert drained.undecided == {"late": "what late needs"}
    assert drained.stuck == {"failing": "what failing needs"}


def test_a_system_that_has_died_is_not_waited_for() -> None:
    """The error says what died and how."""
    server = _Server({"o1": OPEN}, has=set())
    server.death = "worker-1 was killed by SIGKILL"

    with pytest.raises(SystemDeathError, match="worker-1 was killed by SIGKILL"):
        _drained(server, unacknowledged=set())
