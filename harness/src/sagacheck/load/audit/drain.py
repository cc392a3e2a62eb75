"""The end of a run: every order is waited for until it has ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from temporalio.service import RPCError

from sagacheck.load.audit.server_view import ListedWorkflow, ServerView, Waiting
from sagacheck.load.users.bridge import Bridge
from sagacheck.plural import count

POLL_SECONDS = 0.5
SAY_EVERY_SECONDS = 10.0
FEW = 3
SERVER_SECONDS = 60.0
"""How long the server may be down while it is waited for."""


class SystemDeathError(Exception):
    """The system has died, so that no order will end any more; the message says what and how."""


@dataclass(frozen=True)
class Drained:
    """The end of waiting.

    Attributes:
        workflows: The run's workflows on the server's list, by their ids.
        stuck: What those wait for that do not end, by their ids.
        undecided: What those wait for that have not ended, and may end later.
    """

    workflows: Mapping[str, ListedWorkflow]
    stuck: Mapping[str, str] = field(default_factory=dict)
    undecided: Mapping[str, str] = field(default_factory=dict)


class Drain:
    """Waits until every order has ended, or until none has for too long.

    Args:
        bridge: Runs the calls to Temporal.
        server: What the server knows.
        unacknowledged: The orders that were sent and of which no client knows whether the server
            has them.
        patience: Seconds in which no order ends, after which the rest is called stuck.
        say: Prints the progress.
        system_death: What of the system has died; empty while it may go on.
    """

    def __init__(  # noqa: PLR0913 - made in one place, from what that place has
        self,
        bridge: Bridge,
        server: ServerView,
        unacknowledged: Callable[[], Iterable[str]],
        *,
        patience: float,
        say: Callable[[str], None],
        system_death: Callable[[], str],
    ) -> None:
        self._system_death = system_death
        self._bridge = bridge
        self._server = server
        self._unacknowledged = unacknowledged
        self._patience = patience
        self._say = say

    def run(self) -> Drained:
        """Wait.

        Raises:
            temporalio.service.RPCError: The server is not answering any more.
            SystemDeathError: The server, the services, or all workers have died.
        """
        fewest: int | None = None
        had_ended = False
        progress_at = said_at = time.monotonic()
        while True:
            workflows = self._workflows()
            open_ids = [name for name, each in workflows.items() if each.is_open]
            now = time.monotonic()
            if not open_ids and not self._is_more_to_come(workflows, ask=had_ended):
                return Drained(workflows)
            if death := self._system_death():
                raise SystemDeathError(death)
            had_ended = not open_ids
            if fewest is None or len(open_ids) < fewest:
                fewest, progress_at = len(open_ids), now
            if open_ids and now - said_at >= SAY_EVERY_SECONDS:
                said_at = now
                waiting_for = count(len(open_ids), "order")
                self._say(f"waiting for {waiting_for}: {self._some(open_ids)}")
                if self._all_wait_for_ever(open_ids):
                    return self._give_up(workflows, open_ids)
            if now - progress_at > self._patience:
                return self._give_up(workflows, open_ids)
            time.sleep(POLL_SECONDS)

    def _is_more_to_come(self, workflows: Mapping[str, ListedWorkflow], *, ask: bool) -> bool:
        """Whether orders are missing on the server's list, which lags behind.

        Args:
            workflows: What is on it.
            ask: Whether requests that were on their way have arrived by now, so that the server
                can be asked.
        """
        listed = set(map(self._server.order_of, workflows))
        unlisted = [order for order in self._unacknowledged() if order not in listed]
        if not ask:
            return bool(unlisted)
        return any(self._bridge.call(self._server.exists, order) for order in unlisted)

    def _workflows(self) -> dict[str, ListedWorkflow]:
        deadline = time.monotonic() + SERVER_SECONDS
        while True:
            try:
                return self._bridge.call(self._server.workflows)
            except RPCError:
                if time.monotonic() > deadline or self._system_death():
                    raise
                time.sleep(POLL_SECONDS)

    def _some(self, workflow_ids: list[str]) -> str:
        shown = [f"{name} waits for {self._waiting(name).what}" for name in workflow_ids[:FEW]]
        more = len(workflow_ids) - len(shown)
        return "; ".join(shown) + (f"; and {more} more" if more else "")

    def _waiting(self, workflow_id: str) -> Waiting:
        order = self._server.order_of(workflow_id)
        return self._bridge.call(self._server.waits_for, order)

    def _all_wait_for_ever(self, workflow_ids: list[str]) -> bool:
        """Whether none of these will ever end."""
        return all(self._waiting(each).for_ever for each in workflow_ids)

    def _give_up(self, workflows: dict[str, ListedWorkflow], open_ids: list[str]) -> Drained:
        waiting = {name: self._waiting(name) for name in open_ids}
        return Drained(
            workflows,
            stuck={name: each.what for name, each in waiting.items() if not each.may_end},
            undecided={name: each.what for name, each in waiting.items() if each.may_end},
        )
