"""What happened to orders, on real services, and the evidence of it that checks look at."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from fakes import ORDER_OPERATIONS, order_network
from sagacheck.checks import Ending, Evidence, OrderOutcome, OrderStatus, OrderTerms
from sagacheck.network import Call, Fault, FaultRule, TransportError, WorkerCrash
from sagacheck.services import OperationTable
from sagacheck.world import Account, Attempt, Entry, Idempotency, ManualClock, Posting, Settings

CREATES = tuple(operation.name for operation in ORDER_OPERATIONS.creates)
ADDRESS = {"street": "1 Main Street", "city": "Springfield", "zip": "62701", "country": "US"}


class Story:
    """What happened, told call by call; every call happens a second after the one before.

    Each order is for 2 WIDGET and costs 19.98, and there are 5 WIDGET at the beginning.

    Args:
        orders: The orders' ids.
        price: What each order costs, in minor units.
        currency: The currency of the price; empty for any.
        idempotency: How the services treat keys.
        settings: What else the world does.
    """

    def __init__(
        self,
        *orders: str,
        price: int = 1998,
        currency: str = "USD",
        idempotency: Idempotency = Idempotency.REPLAY,
        **settings: Any,
    ) -> None:
        self.clock = ManualClock()
        given = Settings(**{"stock": {"WIDGET": 5}, "idempotency": idempotency, **settings})
        self.network = order_network(given, clock=self.clock)
        self.world = self.network.world
        self.orders = {
            order: OrderTerms(price, {"WIDGET": 2}, currency, _data_of(order))
            for order in orders or ("o1",)
        }
        self.outcomes: dict[str, OrderOutcome] = {}

    # -- what callers do ----------------------------------------------------------------------

    def reserve(self, order: str = "o1", key: str | None = "k", **how: Any) -> Attempt:
        """Ask for the goods of an order to be reserved."""
        body = {"order_id": order, "items": [{"sku": "WIDGET", "qty": 2}]}
        return self.call("inventory.reserve", order, body, idempotency_key=key, **how)

    def charge(
        self,
        order: str = "o1",
        key: str | None = "k",
        amount: str = "19.98",
        currency: str = "USD",
        **how: Any,
    ) -> Attempt:
        """Ask for the customer to be charged."""
        body = {"order_id": order, "customer_id": "c", "payment_method_id": "pm"}
        money = {"amount": amount, "currency": currency}
        return self.call("payments.charge", order, body | money, idempotency_key=key, **how)

    def ship(self, order: str = "o1", key: str | None = "k", **how: Any) -> Attempt:
        """Ask for a parcel."""
        body = {"order_id": order, "address": ADDRESS}
        return self.call("shipping.create", order, body, idempotency_key=key, **how)

    def mail(self, order: str = "o1", key: str | None = "k", **how: Any) -> Attempt:
        """Ask for the confirmation to be sent."""
        body = {"order_id": order, "customer_id": "c"}
        more = {"tracking_number": self._tracking_number(order), "idempotency_key": key, **how}
        return self.call("notifications.send", order, body, **more)

    def release(self, order: str = "o1", key: str | None = "k", **how: Any) -> Attempt:
        """Ask for the goods to be released."""
        return self.call("inventory.release", order, {}, idempotency_key=key, **how)

    def refund(self, order: str = "o1", key: str | None = "k", **how: Any) -> Attempt:
        """Ask for the charge to be refunded."""
        body = {"charge_idempotency_key": key, "reason": "cancelled"}
        how = {"idempotency_key": key, **how}
        return self.call("payments.refund", order, body, **how)

    def call_back(self, order: str = "o1", key: str | None = "k", **how: Any) -> Attempt:
        """Ask for the parcel to be cancelled."""
        return self.call("shipping.cancel", order, {}, idempotency_key=key, **how)

    def all_steps(self, order: str = "o1", key: str = "k") -> Story:
        """Take all steps, and well."""
        for step in (self.reserve, self.charge, self.ship, self.mail):
            step(order, key)
        return self

    def all_undone(self, order: str = "o1", key: str = "k") -> Story:
        """Take all steps but the mail, and undo them."""
        for step in (self.reserve, self.charge, self.ship):
            step(order, key)
        for undo in (self.call_back, self.refund, self.release):
            undo(order, key)
        return self

    def call(
        self, operation: str, order: str, body: dict[str, Any], fault: str = "", **more: Any
    ) -> Attempt:
        """Send a request over the network, on which it may suffer a fault."""
        delay = more.pop("delay", 0.0)
        fields = body | {name: value for name, value in more.items() if value is not None}
        rules = self.network.rules
        rules[:] = [FaultRule(frozenset({operation}), Fault(fault, status=400, delay=delay))]
        if not fault:
            rules.clear()
        self.clock.advance_to(self.clock.now() + 1)
        call = Call(ORDER_OPERATIONS[operation], fields, order, operation, timeout=10, lifetime=60)
        with suppress(TransportError, WorkerCrash):
            asyncio.run(self.network.send(call))
        return self.world.journal.attempts[-1]

    def _tracking_number(self, order: str) -> str | None:
        """The number of the order's last parcel, if it has one."""
        made = self.world.ledger.effects_of(order)
        parcels = [each for each in made if each.operation == "shipping.create"]
        return parcels[-1].details["tracking_number"] if parcels else None

    # -- what must never happen ---------------------------------------------------------------

    def write(
        self,
        operation: str,
        effect: str,
        *postings: tuple[Account, str, int],
        order: str = "o1",
    ) -> Entry:
        """Write an entry into the ledger that no service would write."""
        return self.world.ledger.write(
            at=self.clock.now(),
            operation=operation,
            order=order,
            effect=effect,
            postings=[Posting(*posting) for posting in postings],
        )

    # -- how it ended -------------------------------------------------------------------------

    def end(
        self,
        status: OrderStatus,
        order: str = "o1",
        *,
        endings: Sequence[Ending] | None = None,
        statuses: Sequence[str] = (),
        waits_for: str = "",
        replays: int = 0,
        broken_replay: str = "",
        **result: Any,
    ) -> Story:
        """The order ends now, and each client that waits for it gets that end."""
        ending = Ending(status, str(result.get("error", "")), result)
        self.outcomes[order] = OrderOutcome(
            order=order,
            ending=ending,
            ended_at=self.clock.now() if status.is_terminal else None,
            waits_for=waits_for,
            endings=[ending] if endings is None else list(endings),
            statuses=list(statuses),
            replays=replays,
            broken_replay=broken_replay,
        )
        return self

    def settle(self) -> Story:
        """What is still under way arrives, and the carrier fetches what waits."""
        self.network.services.settle()
        self.clock.run_all()
        self.network.services.settle()
        return self

    def evidence(self, *, settled: bool = True, **more: Any) -> Evidence:
        """What the checks are given."""
        if settled:
            self.settle()
        rest: dict[str, Any] = {"completed_means": CREATES} | more
        return Evidence(
            operations=ORDER_OPERATIONS,
            ledger=self.world.ledger,
            journal=self.world.journal,
            orders=self.orders,
            outcomes=self.outcomes,
            **rest,
        )


def with_a_step_that_stays(evidence: Evidence) -> Evidence:
    """The same where the mail is none, but an effect that nothing takes back, such as a deposit."""
    rows = (
        replace(row, tells="nothing") if row.name == "notifications.send" else row
        for row in evidence.operations.operations
    )
    return replace(evidence, operations=OperationTable(tuple(rows)))


def _data_of(order: str) -> dict[str, Any]:
    """What the requests for an order carry."""
    return {"id": order, "customer": "c", "payment_method": "pm", "address": ADDRESS}
