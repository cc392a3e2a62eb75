"""The invariants of a run that is too long to be held at once: an order at a time.

Nearly every fact is about one order, so an order is judged when it has ended, on its record alone,
by the same functions that judge a whole run. What concerns all orders is kept in small: what the
shelves hold, and on disk which request each idempotency key stood for. So memory is bounded by what
is wrong, and time is linear; what is found is what `check_all` would find.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from sagacheck.checks.across_orders import ENTRY_BY_ENTRY, Log, Requests
from sagacheck.checks.check import INVARIANTS, Findings, check_all
from sagacheck.checks.evidence import Evidence, OrderTerms
from sagacheck.checks.families.requests import one_effect_per_request, requests_have_one_effect
from sagacheck.checks.outcome import OrderOutcome, OrderStatus
from sagacheck.checks.verdict import Unmet, Violation
from sagacheck.services import OperationTable
from sagacheck.world import Attempt, EffectState, Entry, Journal, Ledger, OrderRecord

_REQUESTS = one_effect_per_request.id
ORDER_BY_ORDER = tuple(
    replace(each, check=requests_have_one_effect) if each.id == _REQUESTS else each
    for each in INVARIANTS.values()
    if each not in ENTRY_BY_ENTRY
)
"""What is checked order by order. That a key stands for one request is about all orders at once."""


@dataclass(frozen=True)
class FinishedOrder:
    """An order to which nothing more will happen.

    Attributes:
        order_record: The services' side.
        terms: What was ordered; ``None`` for an order that no client placed.
        outcome: How it ended; ``None`` where that is unknown.
        cancelled: Whether a client asked for its cancellation and was not refused.
        unanswered: Why it is unknown whether the cancellation was granted, empty where it is known.
    """

    order_record: OrderRecord
    terms: OrderTerms | None
    outcome: OrderOutcome | None
    cancelled: bool = False
    unanswered: str = ""


class StreamingChecks:
    """Takes the ledger's entries in the order of the log, and orders as they finish.

    An order whose entries are the work of a request for some other order waits for the end, when
    it is known which. An order that is handed over again is judged again.

    Args:
        operations: The services' operations.
        completed_means: The creates whose effects must be live when an order completes.
        orphans: How many effects of each create may remain after a termination.
    """

    def __init__(
        self,
        operations: OperationTable,
        completed_means: tuple[str, ...],
        orphans: Mapping[str, int] | None = None,
    ) -> None:
        self._operations = operations
        self._completed_means = completed_means
        self._orphans = Counter(orphans or {})
        self._log = Log(operations)
        self._requests = Requests(operations)
        self._by_order: dict[str, Findings] = {}
        self._facts: Counter[str] = Counter()
        self._waiting: dict[str, FinishedOrder] = {}
        self._made_elsewhere: dict[int, Attempt] = {}

    def log(self, entries: Iterable[Entry]) -> None:
        """Take the next entries of the ledger.

        Raises:
            ValueError: An entry is not the next one.
        """
        self._log.read(list(entries))

    def order(self, finished: FinishedOrder) -> list[Violation]:
        """Judge an order; what is wrong with it, as far as is known by now.

        The log must have been read up to the order's last entry.
        """
        order_record = finished.order_record
        self._requests.note(order_record.attempts)
        own = {entry.number for entry in order_record.entries}
        caused = {number: each for each in order_record.attempts for number in each.entries}
        self._made_elsewhere |= {n: attempt for n, attempt in caused.items() if n not in own}
        if any(
            e.number not in caused for e in order_record.entries if e.operation in self._operations
        ):
            self._waiting[order_record.order] = finished
            return []
        return self._judge(finished)

    @property
    def violations(self) -> list[Violation]:
        """What has been found so far."""
        return [*self._log.found.violations, *self._of_orders()]

    def findings(self) -> Findings:
        """What all that was handed over comes to."""
        for finished in self._waiting.values():
            self._judge(finished)
        self._waiting.clear()
        violations, facts = self.violations, self._facts + self._log.facts
        for fact in self._requests.facts():
            facts[_REQUESTS] += 1
            violations += [] if fact is None else [fact.violates(_REQUESTS)]
        return Findings(
            violations=sorted(violations, key=lambda each: [*INVARIANTS].index(each.invariant)),
            facts={name: facts[name] for name in INVARIANTS},
            open=[*self._log.found.open, *self._open_of_orders()],
        )

    def _judge(self, finished: FinishedOrder) -> list[Violation]:
        found = check_all(self._evidence(finished), ORDER_BY_ORDER)
        self._use_orphans(finished)
        self._facts.update(found.facts)
        order = finished.order_record.order
        self._by_order.pop(order, None)
        if found.violations or found.open:
            self._by_order[order] = found
        return found.violations

    def _evidence(self, finished: FinishedOrder) -> Evidence:
        order_record, ledger, journal = finished.order_record, Ledger(), Journal()
        ledger.entries = order_record.entries
        ledger.effects = {effect.id: effect for effect in order_record.effects}
        causes = [self._made_elsewhere.get(entry.number) for entry in order_record.entries]
        elsewhere = {each.number: each for each in causes if each is not None}
        journal.attempts = [*elsewhere.values(), *order_record.attempts]
        order = order_record.order
        return _OrderEvidence(
            operations=self._operations,
            ledger=ledger,
            journal=journal,
            orders={} if finished.terms is None else {order: finished.terms},
            outcomes={} if finished.outcome is None else {order: finished.outcome},
            completed_means=self._completed_means,
            cancelled=frozenset({order} if finished.cancelled else ()),
            unanswered={order: finished.unanswered} if finished.unanswered else {},
            orphans=self._orphans,
            log=self._log,
        )

    def _use_orphans(self, finished: FinishedOrder) -> None:
        if finished.outcome is None or finished.outcome.status is not OrderStatus.TERMINATED:
            return
        for effect in finished.order_record.effects:
            if effect.state is not EffectState.UNDONE and self._orphans[effect.operation]:
                self._orphans[effect.operation] -= 1

    def _of_orders(self) -> Iterator[Violation]:
        return (each for found in self._by_order.values() for each in found.violations)

    def _open_of_orders(self) -> Iterator[Unmet]:
        for order, found in self._by_order.items():
            for unmet in found.open:
                yield Unmet(unmet.kind, f"{order}: {unmet.detail}")


@dataclass(frozen=True)
class _OrderEvidence(Evidence):
    """The evidence of one order, in a run of which the log is known."""

    log: Log = field(kw_only=True)

    @property
    def stock_operations(self) -> frozenset[str]:
        """The creates whose effects hold pieces of stock, in this order or another."""
        return frozenset(self.log.stock)

    @property
    def money_operations(self) -> frozenset[str]:
        """The creates whose effects are payments, in this order or another."""
        return frozenset(self.log.money)
