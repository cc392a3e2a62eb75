"""The end of a run waits for what was on its way when placing stopped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

import pytest

from sagacheck.load import drain as _drain
from sagacheck.load.bridge import Bridge
from sagacheck.load.drain import Drain
from sagacheck.load.server_view import Asking, Execution

CLOSED, OPEN = (
    Execution("COMPLETED", 1.0, ("COMPLETED",)),
    Execution("RUNNING", None, ("RUNNING",)),
)


class _Bridge:
    """Asks at once."""

    def call(self, question: Callable[..., Any], *arguments: Any) -> Any:
        return question(*arguments)


class _Server:
    """Has orders, and a list that shows them later."""

    def __init__(self, *lists: Mapping[str, Execution], has: set[str]) -> None:
        self._lists = list(lists)
        self._has = has
        self.looks = 0

    def executions(self) -> Mapping[str, Execution]:
        self.looks += 1
        return self._lists.pop(0) if len(self._lists) > 1 else self._lists[0]

    def exists(self, order: str) -> bool:
        return order in self._has


def _drained(server: _Server, unheard: set[str], patience: float = 60.0) -> set[str]:
    drain = Drain(
        cast("Bridge", _Bridge()),
        cast("Asking", server),
        lambda workflow_id: workflow_id,
        lambda: unheard,
        patience=patience,
        say=lambda _text: None,
    )
    return set(drain.run().executions)


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_drain, "LOOK_EVERY_SECONDS", 0.0)


def test_an_order_that_nobody_heard_of_is_waited_for() -> None:
    """It has arrived, the list shows it later, and later still that it has ended."""
    first, both = {"o1": CLOSED}, {"o1": CLOSED, "o2": CLOSED}
    server = _Server(first, first, first, {"o1": CLOSED, "o2": OPEN}, both, has={"o1", "o2"})

    assert _drained(server, unheard={"o2"}) == {"o1", "o2"}


def test_an_order_that_was_on_its_way_may_still_arrive() -> None:
    """The list is looked at once more before anybody is asked."""
    server = _Server({"o1": CLOSED}, {"o1": CLOSED, "o2": CLOSED}, has=set())

    assert _drained(server, unheard={"o2"}) == {"o1", "o2"}


def test_an_intent_that_never_arrived_is_not_waited_for() -> None:
    """The server does not have it."""
    server = _Server({"o1": CLOSED}, has={"o1"})

    assert _drained(server, unheard={"o2"}) == {"o1"}
    assert server.looks == 2


def test_nothing_is_waited_for_where_all_were_heard_of() -> None:
    """One look is enough."""
    server = _Server({"o1": CLOSED}, has={"o1"})

    assert _drained(server, unheard=set()) == {"o1"}
    assert server.looks == 1


def test_patience_ends() -> None:
    """An order that the list never shows does not hold up the run for ever."""
    server = _Server({"o1": CLOSED}, has={"o1", "o2"})

    assert _drained(server, unheard={"o2"}, patience=0.0) == {"o1"}
