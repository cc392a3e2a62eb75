"""Checking while the run goes on: orders are judged as they end, and then forgotten.

So violations show at once, memory is bounded by open orders, and at the end there is little left to
do. What is looked at is the services' side: the log of their ledger, and each order's order_record.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime

from fakes import ORDER_OPERATIONS
from sagacheck.checks import (
    Ending,
    Findings,
    FinishedOrder,
    Outcome,
    Status,
    StreamingChecks,
    Unmet,
    UnmetKind,
    Violation,
)
from sagacheck.load.bridge import Bridge
from sagacheck.load.client_log import Account, ClientLog
from sagacheck.load.control_client import FakesClient
from sagacheck.load.order_plans import Planner
from sagacheck.load.server_view import Asking, Execution
from sagacheck.run import facts_of
from sagacheck.saga import SagaUnderTest
from sagacheck.world import OrderRecord

BATCH = 200
"""Orders that are asked for at a time."""
LAG_SECONDS = 15.0
"""The server's list may show the end of a workflow so much later."""


class Audit:
    """Judges the orders of a run, one after the other.

    Args:
        fakes: The services.
        bridge: The way to the server.
        asking: The questions to it.
        client_log: The clients' side.
        planner: Knows what was ordered.
        saga: The saga under load.
        order_of: The order's id of a workflow's.

    Attributes:
        compensating: Orders of which something was undone, and that have not been judged.
        struck: How often which fault struck which operation, until its order was judged.
        calls: How many calls of judged orders the services have had.
    """

    def __init__(  # noqa: PLR0913 - made in one place, from what that place has
        self,
        *,
        fakes: FakesClient,
        bridge: Bridge,
        asking: Asking,
        client_log: ClientLog,
        planner: Planner,
        saga: SagaUnderTest,
        order_of: Callable[[str], str],
    ) -> None:
        self._fakes, self._bridge, self._asking = fakes, bridge, asking
        self._ledger, self._planner, self._saga, self._order_of = (
            client_log,
            planner,
            saga,
            order_of,
        )
        names = tuple(each.name for each in ORDER_OPERATIONS.creates)
        self._checks = StreamingChecks(ORDER_OPERATIONS, saga.completed_means or names)
        self._read_to = -1
        self._looked_at = datetime.now(UTC).timestamp()
        self._judged: dict[str, Status] = {}
        self.compensating: set[str] = set()
        self.struck: Counter[tuple[str, str]] = Counter()
        self.calls = 0

    @property
    def judged(self) -> int:
        """How many orders were judged."""
        return len(self._judged)

    @property
    def statuses(self) -> Counter[str]:
        """How many of the judged orders ended how."""
        return Counter(map(str, self._judged.values()))

    @property
    def violations(self) -> list[Violation]:
        """What was found so far."""
        return self._checks.violations

    def look(self) -> None:
        """Judge what has ended since the last look, and whose clients are done with it.

        Raises:
            FakesError: The services do not answer; the next look makes up for it.
            temporalio.service.RPCError: So does the server.
        """
        now = datetime.now(UTC).timestamp()
        since = datetime.fromtimestamp(self._looked_at - LAG_SECONDS, UTC)
        closed = self._bridge.call(self._asking.executions, f'CloseTime > "{since.isoformat()}"')
        accounts = self._ledger.accounts
        ended = {
            order: each
            for order, each in self._by_order(closed).items()
            if order in accounts and accounts[order].done and order not in self._judged
        }
        untold = [order for order in ended if not accounts[order].told]
        self._judge(ended, self._bridge.call(self._asking.endings, untold))
        self._looked_at = now

    def conclude(
        self,
        executions: Mapping[str, Execution],
        resolved: Mapping[str, Ending],
        stuck: Mapping[str, str],
    ) -> Findings:
        """Judge all the rest, once nothing more will happen.

        Args:
            executions: The server's list, by the orders' ids.
            resolved: How orders ended that no client was told of.
            stuck: What orders wait for that have not ended.
        """
        self._fakes.settle()
        stirring = set(filter(self._planner.is_ours, self._fakes.open_orders()))
        rest = {o: each for o, each in executions.items() if o in stirring or o not in self._judged}
        self._judge(rest, resolved, stuck)
        for order_record in self._dossiers(stirring - executions.keys()):
            self._checks.order(FinishedOrder(order_record, facts=None, outcome=None))
        findings = self._checks.findings()
        unseen = len(executions.keys() - self._judged.keys())
        if unseen:
            detail = f"{unseen} orders have ended, but the services still do something for them"
            findings.crashes.append(Unmet(UnmetKind.RUN, detail))
        return findings

    def _judge(
        self,
        executions: Mapping[str, Execution],
        resolved: Mapping[str, Ending],
        stuck: Mapping[str, str] | None = None,
    ) -> None:
        began = float(self._fakes.health()["began"])
        for order_record in self._dossiers(executions):
            order, execution = order_record.order, executions[order_record.order]
            outcome = self._outcome(order, execution, began, resolved, (stuck or {}).get(order, ""))
            self._checks.order(
                FinishedOrder(
                    order_record=order_record,
                    facts=facts_of(self._planner.plan_of(order).order),
                    outcome=outcome,
                    cancelled=self._cancel_granted(order),
                )
            )
            if order not in self._judged:
                self.calls += len(order_record.attempts)
                self.struck.update((a.fault, a.operation) for a in order_record.attempts if a.fault)
            self._judged[order] = outcome.status
            self.compensating.discard(order)
        self._read_log()

    def _dossiers(self, orders: Iterable[str]) -> Iterable[OrderRecord]:
        """The records of orders. The log is read up to their last entries when they come."""
        names = list(orders)
        for start in range(0, len(names), BATCH):
            batch = names[start : start + BATCH]
            found = list(self._fakes.finish({order: [f"order-{order}"] for order in batch}))
            self._read_log()
            yield from found

    def _read_log(self) -> None:
        for entry in self._fakes.entries(self._read_to):
            self._checks.log([entry])
            self._read_to = entry.number
            operation = entry.operation
            is_undo = operation in ORDER_OPERATIONS and ORDER_OPERATIONS[operation].undoes
            if is_undo and entry.order not in self._judged:
                self.compensating.add(entry.order)

    def _outcome(
        self,
        order: str,
        execution: Execution,
        began: float,
        resolved: Mapping[str, Ending],
        waits_for: str,
    ) -> Outcome:
        account = self._ledger.accounts.get(order)
        told = list(account.told) if account else []
        ending = told[0] if told else resolved.get(order, Ending(Status.RUNNING))
        closed_at = execution.closed_at
        return Outcome(
            order=order,
            ending=Ending(Status.RUNNING) if waits_for else ending,
            ended_at=None if closed_at is None else closed_at - began,
            waits_for=waits_for,
            told=told,
            statuses=list(account.statuses) if account else [],
            workflow_id=self._saga.workflow_id.format(order_id=order),
        )

    def _cancel_granted(self, order: str) -> bool:
        """Whether somebody asked for the order to be cancelled, and was not denied."""
        account: Account | None = self._ledger.accounts.get(order)
        if account is None:  # its client has died, so nobody knows whether he asked
            return self._planner.plan_of(order).cancel is not None
        return account.cancels > account.refusals

    def _by_order(self, executions: Mapping[str, Execution]) -> dict[str, Execution]:
        return {
            self._order_of(name): each
            for name, each in executions.items()
            if "/" not in name  # or it is the child of an order's workflow
        }
