"""Checking while the run goes on: orders are judged as they end, and then forgotten.

So violations are known at once, memory is bounded by open orders, and little is left for the end.
The services' side is checked: the ledger in the order of its entries, and each order's record.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

from sagacheck.checks import (
    NOT_UNDERSTOOD,
    Ending,
    Findings,
    FinishedOrder,
    OrderOutcome,
    OrderStatus,
    StreamingChecks,
    Unmet,
    UnmetKind,
    Violation,
    holds_nothing,
)
from sagacheck.load.audit.server_view import ListedWorkflow, ServerView
from sagacheck.load.system.control_client import ControlClient
from sagacheck.load.users.bridge import Bridge
from sagacheck.load.users.client_log import ClientLog
from sagacheck.load.users.order_plans import Planner
from sagacheck.plural import count
from sagacheck.run import terms_of
from sagacheck.saga import SagaUnderTest
from sagacheck.world import OrderRecord

FEW = 3
BATCH = 200
"""Orders in one request to the services."""
LAG_SECONDS = 15.0
"""How much later the server's list may show the end of a workflow."""


class Audit:
    """Judges the orders of a run, one after the other.

    Args:
        fakes: The services.
        bridge: Runs the calls to Temporal.
        server: What the server knows.
        client_log: What clients know.
        planner: Knows what was ordered.
        saga: The saga under load.
        idempotency_key: The key of an order's requests, with ``{order_id}`` in it. With ``None``
            it is the id of the order's workflow, or the order's id alone.

    Attributes:
        compensating: Orders of which something was undone and that were not judged yet.
        fired: How often which fault was injected into which operation, by (fault, operation).
        calls: How many calls of judged orders the services have received.
        has_effects: Whether one of them had an effect, if any can.
    """

    def __init__(  # noqa: PLR0913 - made in one place, from what that place has
        self,
        *,
        fakes: ControlClient,
        bridge: Bridge,
        server: ServerView,
        client_log: ClientLog,
        planner: Planner,
        saga: SagaUnderTest,
        idempotency_key: str | None,
    ) -> None:
        self._fakes, self._bridge, self._server = fakes, bridge, server
        self._client_log, self._planner, self._saga = client_log, planner, saga
        usual = (saga.workflow_id, "{order_id}")
        self._keys = usual if idempotency_key is None else (idempotency_key,)
        self._operations = saga.operations
        self._checks = StreamingChecks(saga.operations, saga.promised)
        self._read_to = -1
        self._looked_at = datetime.now(UTC).timestamp()
        self._judged: dict[str, OrderStatus] = {}
        self.compensating: set[str] = set()
        self.fired: Counter[tuple[str, str]] = Counter()
        self.calls = 0
        self.has_effects = not self._operations.creates

    @property
    def judged(self) -> int:
        """How many orders were judged."""
        return len(self._judged)

    @property
    def statuses(self) -> Counter[str]:
        """How many of the judged orders ended with which status."""
        return Counter(map(str, self._judged.values()))

    @property
    def violations(self) -> list[Violation]:
        """What was found so far."""
        return self._checks.violations

    def look(self) -> None:
        """Judge the orders that have ended since the last look and whose clients are done.

        Raises:
            ControlError: The services do not answer; the next look makes up for it.
            temporalio.service.RPCError: The server does not answer; likewise.
        """
        now = datetime.now(UTC).timestamp()
        since = datetime.fromtimestamp(self._looked_at - LAG_SECONDS, UTC)
        closed = self._bridge.call(self._server.workflows, f'CloseTime > "{since.isoformat()}"')
        views = self._client_log.orders
        ended = {
            order: each
            for order, each in self._server.by_order(closed).items()
            if order in views and views[order].done and order not in self._judged
        }
        unanswered = [order for order in ended if not views[order].endings]
        self._judge(ended, self._bridge.call(self._server.endings, unanswered))
        self._looked_at = now

    def conclude(
        self,
        workflows: Mapping[str, ListedWorkflow],
        endings: Mapping[str, Ending],
        stuck: Mapping[str, str],
        undecided: Mapping[str, str],
    ) -> Findings:
        """Judge all the rest, once nothing more will happen.

        Args:
            workflows: The server's list, by the orders' ids.
            endings: How the orders ended whose clients got no result.
            stuck: What orders wait for that do not end.
            undecided: What orders wait for that may end later, and cannot be judged.
        """
        self._judged |= dict.fromkeys(undecided, OrderStatus.RUNNING)
        self._fakes.settle()
        known = set(filter(self._planner.includes, self._fakes.open_orders()))
        rest = {
            order: each
            for order, each in workflows.items()
            if order not in undecided and (order in known or order not in self._judged)
        }
        self._judge(rest, endings, stuck)
        for order_record in self._order_records(known - workflows.keys()):
            self._checks.order(FinishedOrder(order_record, terms=None, outcome=None))
        findings = self._checks.findings()
        unseen = len(workflows.keys() - self._judged.keys())
        if unseen:
            ended = count(unseen, "order")
            detail = f"{ended} ended, but the services still have work of theirs under way"
            findings.open.append(Unmet(UnmetKind.RUN, detail))
        if undecided:
            findings.open.append(Unmet(UnmetKind.RUN, _not_ended(undecided)))
        return findings

    def _judge(
        self,
        workflows: Mapping[str, ListedWorkflow],
        endings: Mapping[str, Ending],
        stuck: Mapping[str, str] | None = None,
    ) -> None:
        began = float(self._fakes.health()["began"])
        for order_record in self._order_records(workflows):
            order, workflow = order_record.order, workflows[order_record.order]
            outcome = self._outcome(order, workflow, began, endings, (stuck or {}).get(order, ""))
            if outcome.ending.says_nothing and self._holds_nothing(order_record):
                outcome.ending = NOT_UNDERSTOOD
                outcome.endings = [NOT_UNDERSTOOD for _ in outcome.endings]
            self._checks.order(
                FinishedOrder(
                    order_record=order_record,
                    terms=terms_of(self._planner.plan_of(order).order),
                    outcome=outcome,
                    cancelled=self._was_cancel_granted(order),
                    unanswered=self._why_unanswered(order),
                )
            )
            if order not in self._judged:
                attempts = order_record.attempts
                self.calls += len(attempts)
                self.has_effects |= bool(order_record.effects)
                self.fired.update((each.fault, each.operation) for each in attempts if each.fault)
            self._judged[order] = outcome.status
            self.compensating.discard(order)
        self._read_ledger()

    def _order_records(self, orders: Iterable[str]) -> Iterator[OrderRecord]:
        """The records of orders. The ledger was read up to their last entries when they come."""
        names = list(orders)
        for start in range(0, len(names), BATCH):
            keys = {
                order: [key.format(order_id=order) for key in self._keys]
                for order in names[start : start + BATCH]
            }
            found = list(self._fakes.finish(keys))
            self._read_ledger()
            yield from found

    def _read_ledger(self) -> None:
        for entry in self._fakes.entries(self._read_to):
            self._checks.log([entry])
            self._read_to = entry.number
            operation = entry.operation
            is_undo = operation in self._operations and self._operations[operation].undoes
            if is_undo and entry.order not in self._judged:
                self.compensating.add(entry.order)

    def _outcome(
        self,
        order: str,
        workflow: ListedWorkflow,
        began: float,
        endings: Mapping[str, Ending],
        waits_for: str,
    ) -> OrderOutcome:
        view = self._client_log.orders.get(order)
        learned = list(view.endings) if view else []
        ending = learned[0] if learned else endings.get(order, Ending(OrderStatus.RUNNING))
        closed_at = workflow.closed_at
        return OrderOutcome(
            order=order,
            ending=Ending(OrderStatus.RUNNING) if waits_for else ending,
            ended_at=None if closed_at is None else closed_at - began,
            waits_for=waits_for,
            endings=learned,
            statuses=list(view.statuses) if view else [],
            workflow_id=self._saga.workflow_id.format(order_id=order),
        )

    def _holds_nothing(self, order_record: OrderRecord) -> bool:
        """Whether an end that says nothing may be that of an order that did not complete."""
        free = not self._planner.plan_of(order_record.order).order.total
        return self._saga.nothing_is_open and holds_nothing(
            order_record.effects, self._saga.promised, self._operations, free=free
        )

    def _was_cancel_granted(self, order: str) -> bool:
        """Whether the order was cancelled, and the cancellation not refused."""
        view = self._client_log.orders.get(order)
        if view is None:  # its client has died, and it is unknown whether it cancelled the order
            return self._planner.plan_of(order).cancel is not None
        return view.cancels > view.refusals

    def _why_unanswered(self, order: str) -> str:
        """Why it is unknown whether a cancellation was granted; empty where it is known."""
        view = self._client_log.orders.get(order)
        if not self._was_cancel_granted(order) or (view and view.grants):
            return ""
        return (view and view.not_understood) or "no client that is alive got an answer"


def _not_ended(undecided: Mapping[str, str]) -> str:
    """That orders may end after the run, and what they wait for."""
    shown = [f"{order} waits for {what}" for order, what in list(undecided.items())[:FEW]]
    more = len(undecided) - len(shown)
    listed = "; ".join(shown) + (f"; and {more} more" if more else "")
    return f"{count(len(undecided), 'order')} had not ended, see --patience: {listed}"
