"""The end of a run: faults end, and every order is waited for until it has ended too."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from temporalio.service import RPCError

from sagacheck.load.bridge import Bridge
from sagacheck.load.server_view import Asking, Execution

LOOK_EVERY_SECONDS = 0.5
SAY_EVERY_SECONDS = 10.0
FEW = 3
SERVER_SECONDS = 60.0
"""How long the server may not answer, in the middle of waiting for it."""


@dataclass
class Drained:
    """What waiting came to.

    Attributes:
        executions: The run's workflows on the server's list, by their ids.
        stuck: What those wait for that have not ended, by their ids.
    """

    executions: dict[str, Execution] = field(default_factory=dict)
    stuck: dict[str, str] = field(default_factory=dict)


class Drain:
    """Waits until every order has ended, or none has for too long.

    Args:
        bridge: The way to the server.
        asking: The questions.
        order_of: The order's id of a workflow's.
        unheard: The orders of which no client knows whether the server has them.
        patience: Seconds without any order ending, after which the rest is called stuck.
        say: Told how it goes.
    """

    def __init__(  # noqa: PLR0913 - whoever waits has to ask so many
        self,
        bridge: Bridge,
        asking: Asking,
        order_of: Callable[[str], str],
        unheard: Callable[[], Iterable[str]],
        *,
        patience: float,
        say: Callable[[str], None],
    ) -> None:
        self._bridge = bridge
        self._asking = asking
        self._order_of = order_of
        self._unheard = unheard
        self._patience = patience
        self._say = say
        self.open: int | None = None

    def run(self) -> Drained:
        """Wait.

        Raises:
            temporalio.service.RPCError: The server does not answer any more.
        """
        fewest: int | None = None
        has_ended = False
        progress_at = said_at = time.monotonic()
        while True:
            executions = self._executions()
            open_ids = [name for name, each in executions.items() if each.is_open]
            now = time.monotonic()
            self.open = len(open_ids)
            if not open_ids and not self._is_more_to_come(executions, ask=has_ended):
                return Drained(executions)
            has_ended = not open_ids
            if fewest is None or len(open_ids) < fewest:
                fewest, progress_at = len(open_ids), now
            if open_ids and now - said_at >= SAY_EVERY_SECONDS:
                said_at = now
                self._say(f"waiting for {len(open_ids)} orders: {self._some(open_ids)}")
                if self._hopeless(open_ids):
                    return self._give_up(executions, open_ids)
            if now - progress_at > self._patience:
                return self._give_up(executions, open_ids)
            time.sleep(LOOK_EVERY_SECONDS)

    def _is_more_to_come(self, executions: Mapping[str, Execution], *, ask: bool) -> bool:
        """Whether orders are missing on the server's list, which lags behind.

        Args:
            executions: What is on it.
            ask: Whether what was on its way has arrived by now, so that the server can be asked.
        """
        listed = set(map(self._order_of, executions))
        unlisted = [order for order in self._unheard() if order not in listed]
        if not ask:
            return bool(unlisted)
        return any(self._bridge.call(self._asking.exists, order) for order in unlisted)

    def _executions(self) -> dict[str, Execution]:
        deadline = time.monotonic() + SERVER_SECONDS
        while True:
            try:
                return self._bridge.call(self._asking.executions)
            except RPCError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(LOOK_EVERY_SECONDS)

    def _some(self, workflow_ids: list[str]) -> str:
        shown = [f"{name} waits for {self._waits_for(name)}" for name in workflow_ids[:FEW]]
        more = len(workflow_ids) - len(shown)
        return "; ".join(shown) + (f"; and {more} more" if more else "")

    def _waits_for(self, workflow_id: str) -> str:
        return self._bridge.call(self._asking.waits_for, self._order_of(workflow_id)).what

    def _hopeless(self, workflow_ids: list[str]) -> bool:
        """Whether all that are left will never end."""
        return all(
            self._bridge.call(self._asking.waits_for, self._order_of(name)).for_ever
            for name in workflow_ids
        )

    def _give_up(self, executions: dict[str, Execution], open_ids: list[str]) -> Drained:
        return Drained(executions, {name: self._waits_for(name) for name in open_ids})
