"""A state machine that holds the fakes against a plain model, whatever the network does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from fakes import order_services
from sagacheck.network import (
    FAULTS,
    Call,
    Fault,
    FaultRule,
    Network,
    TransportError,
    WireReply,
    WorkerCrash,
)
from sagacheck.services import COMMON_REFUSALS, Operation, ServiceFactory, Services
from sagacheck.world import AccountKind, EffectState, Settings, World
from tests.order_calls import TIMEOUT, call, clock_of
from tests.property.plain_shop import Answer, PlainShop
from tests.property.strategies import faults_of

STOCK = {"WIDGET": 6, "GADGET": 3}
ORDERS = st.sampled_from(["o1", "o2"])
FAULTS_OR_NONE = st.none() | st.sampled_from(
    [kind for kind in FAULTS.values() if kind.name != "outage"]
).flatmap(faults_of)
NEVER_ARRIVE = {"refuse", "drop_request", "reject", "crash_before"}

_ADDRESS = {"street": "s", "city": "c", "state": "IL", "zip": "1", "country": "US"}
VARIANTS: dict[str, list[dict[str, Any]]] = {
    "inventory.reserve": [
        {"items": [{"sku": "WIDGET", "qty": 2}]},
        {"items": [{"sku": "WIDGET", "qty": 1}, {"sku": "GADGET", "qty": 2}]},
        {"items": [{"sku": "GADGET", "qty": 7}]},
    ],
    "payments.charge": [{"amount": "19.99"}, {"amount": "5"}, {"payment_method_id": "pm_declined"}],
    "shipping.create": [{}, {"address": _ADDRESS}, {"address": {**_ADDRESS, "zip": ""}}],
    "notifications.send": [{}, {"tracking_number": "TRACK-2"}],
}
"""What a create may ask for: something, something else, and often what must be refused."""


class FakesMachine(RuleBasedStateMachine):
    """Sends requests to a network and to the plain shop, and compares.

    Attributes:
        services: Makes the services of the network.
    """

    services: ServiceFactory = staticmethod(order_services)

    def __init__(self) -> None:
        super().__init__()
        self.first_bodies: dict[tuple[str, str], bytes] = {}
        self.expected: dict[int, list[Answer]] = {}

    @initialize(expires_after=st.sampled_from([None, 60.0]))
    def begin(self, expires_after: float | None) -> None:
        """A network and a plain shop with the same goods."""
        world = World(
            Settings(
                stock=STOCK,
                reservation_expires_after=expires_after,
                cards={"pm_declined": "declined"},
            )
        )
        self.network = Network(Services(world, self.services))
        self.shop = PlainShop(STOCK, expires_after)

    # -- what happens ---------------------------------------------------------------------------

    @rule(data=st.data(), order=ORDERS, fault=FAULTS_OR_NONE, has_key=st.sampled_from([1, 1, 1, 0]))
    def create(self, data: st.DataObject, order: str, fault: Fault | None, has_key: int) -> None:
        """Something is to be made; with the same key as ever, or with none."""
        name = data.draw(st.sampled_from(sorted(VARIANTS)))
        changes = data.draw(st.sampled_from(VARIANTS[name]))
        key = f"order-{order}" if has_key else None
        self._create(call(self.network, name, order, **changes, idempotency_key=key), fault)

    @rule(
        data=st.data(),
        order=ORDERS,
        reply_late=faults_of(FAULTS["delay_response"]),
        fault=FAULTS_OR_NONE,
    )
    def create_twice(
        self, data: st.DataObject, order: str, reply_late: Fault, fault: Fault | None
    ) -> None:
        """The caller gives up before the reply leaves, and sends the same request again.

        By chance alone, two creates are seldom the same, with the first still in flight.
        """
        name = data.draw(st.sampled_from(sorted(VARIANTS)))
        changes = data.draw(st.sampled_from(VARIANTS[name]))
        request = call(self.network, name, order, **changes, idempotency_key=f"order-{order}")
        self._create(request, reply_late)
        self._create(request, fault)

    @rule(name=st.sampled_from(["inventory.release", "shipping.cancel"]), order=ORDERS)
    def undo_at_once(self, name: str, order: str) -> None:
        """Something is to be undone, and nothing fails."""
        self.undo(name, order, None)

    @rule(
        name=st.sampled_from(["inventory.release", "shipping.cancel"]),
        order=ORDERS,
        fault=FAULTS_OR_NONE,
    )
    def undo(self, name: str, order: str, fault: Fault | None) -> None:
        """Something is to be undone, be it there or not."""
        request = call(self.network, name, order)
        operation, key = request.operation, f"order-{order}"
        made_by = operation.undoes or ""
        self._send(request, fault, lambda _delay: self.shop.undo(made_by, operation.success, key))

    @rule(order=ORDERS, fault=FAULTS_OR_NONE, key=st.sampled_from([None, "k1", "k2"]))
    def refund(self, order: str, fault: Fault | None, key: str | None) -> None:
        """A charge is to be refunded; the refund has a key of its own, or none."""
        request = call(self.network, "payments.refund", order, idempotency_key=key)
        self._send(request, fault, lambda delay: self.shop.refund(request.fields, answers_in=delay))

    @rule(order=ORDERS, changes=st.sampled_from(VARIANTS["payments.charge"]))
    def charge_and_refund(self, order: str, changes: dict[str, Any]) -> None:
        """A charge is made and refunded, and nothing fails: by chance alone that is seldom."""
        key = f"order-{order}"
        request = call(self.network, "payments.charge", order, **changes, idempotency_key=key)
        self._create(request, None)
        self.refund(order, None, None)

    @rule()
    def parcels_leave(self) -> None:
        """The carrier comes."""
        self.network.services.settle()
        self.shop.parcels_leave()

    @rule(seconds=st.sampled_from([1.0, 30.0, 90.0, 7200.0]))
    def pass_time(self, seconds: float) -> None:
        """Late requests arrive, late replies leave, reservations expire."""
        clock_of(self.network).advance_to(self.network.world.clock.now() + seconds)
        self.shop.pass_time(self.network.world.clock.now())

    # -- what must be ---------------------------------------------------------------------------

    @invariant()
    def every_arrival_is_answered_as_it_should_be(self) -> None:
        """Those whose caller has given up, too."""
        answered = {
            attempt.number: [(arrival.status, arrival.code) for arrival in attempt.arrivals]
            for attempt in self.network.world.journal
        }
        assert answered == self.expected

    @invariant()
    def every_refusal_stands_in_its_row(self) -> None:
        """Whatever happens, an operation answers what its row says, or what any may."""
        for attempt in self.network.world.journal:
            row = self.network.operations[attempt.operation]
            known = {(each.status, each.code) for each in (*row.refusals, *COMMON_REFUSALS)}
            answers = {(each.status, each.code) for each in attempt.arrivals if each.code}
            assert answers <= known, attempt

    @invariant()
    def goods_are_where_they_should_be(self) -> None:
        """Available, reserved and shipped, and none has come or gone."""
        balances = self.network.world.ledger.balances()
        shelves = {
            "available": self.shop.available,
            "reserved": self.shop.reserved,
            "shipped": self.shop.shipped,
        }
        for name, pieces in shelves.items():
            assert balances.get(name, {}) == {sku: n for sku, n in pieces.items() if n}, name
        total = sum((Counter(balances.get(name, {})) for name in shelves), Counter[str]())
        taken = any(pieces < 0 for pieces in self.shop.available.values())
        assert taken or total == Counter(STOCK)

    @invariant()
    def money_is_where_it_should_be(self) -> None:
        """What was captured and not refunded is the merchant's, and the customers' no more."""
        balances = self.network.world.ledger.balances()
        cents = {"USD": self.shop.cents} if self.shop.cents else {}
        assert balances.get("merchant", {}) == cents
        assert balances.get("customer", {}) == {unit: -sum_ for unit, sum_ in cents.items()}

    @invariant()
    def every_entry_balances(self) -> None:
        """Double entry: nothing comes from nowhere, in money or in goods."""
        for entry in self.network.world.ledger.entries:
            sums: Counter[tuple[AccountKind, str]] = Counter()
            for posting in entry.postings:
                sums[posting.account.kind, posting.unit] += posting.amount
            assert not any(sums.values()), entry

    @invariant()
    def effects_are_what_they_should_be(self) -> None:
        """As many are there, and as many are gone."""
        states = {"gone": EffectState.UNDONE, "live": EffectState.LIVE, "final": EffectState.FINAL}
        expected = Counter((slip.operation, states[slip.state]) for slip in self.shop.slips)
        effects = self.network.world.ledger.effects.values()
        assert Counter((effect.operation, effect.state) for effect in effects) == expected

    # -- one request ----------------------------------------------------------------------------

    def _create(self, request: Call, fault: Fault | None) -> None:
        name, order = request.operation.name, request.order
        self._send(
            request,
            fault,
            lambda delay: self.shop.create(name, order, request.fields, answers_in=delay),
        )

    def _send(self, request: Call, fault: Fault | None, arrive: Callable[[float], Answer]) -> None:
        """Send a request into both; `arrive` gets the seconds that its reply takes to leave."""
        fault = fault if fault and fault.kind.fits(request.operation) else None
        number = len(self.network.world.journal)
        answers = self.expected[number] = []
        _let_arrive(self.shop, fault, answers, arrive)
        struck = frozenset({request.operation.name})
        self.network.rules[:] = [FaultRule(struck, fault)] if fault else []
        try:
            reply = now_or_never(self.network.send(request))
        except (TransportError, WorkerCrash):
            pass
        else:
            self._same_key_same_answer(request.operation, request.fields, reply)
        self.shop.pass_time(self.network.world.clock.now())
        sent_at = self.network.world.journal.attempts[number].sent_at
        assert self.network.world.clock.now() <= sent_at + TIMEOUT

    def _same_key_same_answer(
        self, operation: Operation, fields: Mapping[str, Any], reply: WireReply
    ) -> None:
        """Whatever has happened between two successes with one key, the second is the first."""
        key = fields.get("idempotency_key")
        spoilt = self.network.world.journal.attempts[-1].fault in ("malformed", "empty")
        if operation.is_create and key and reply.status < 400 and not spoilt:
            first = self.first_bodies.setdefault((operation.name, key), reply.content)
            assert reply.content == first


def _let_arrive(
    shop: PlainShop, fault: Fault | None, answers: list[Answer], arrive: Callable[[float], Answer]
) -> None:
    """Let a request arrive in the plain shop, as often and as late as the fault says."""
    name = fault.name if fault else ""
    if fault is None or name not in {"delay_request", "delay_response", "duplicate"}:
        if name not in NEVER_ARRIVE:
            answers.append(arrive(0.0))
    elif name == "delay_request":
        shop.later(fault.delay, lambda: answers.append(arrive(0.0)))
    elif name == "delay_response":
        answers.append(arrive(fault.delay))
    else:
        answers.extend(arrive(0.0) for _ in range(fault.copies))


def now_or_never(coroutine: Coroutine[Any, Any, WireReply]) -> WireReply:
    """What comes of a coroutine that never has to wait: the world's clock jumps."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        reply: WireReply = done.value
        return reply
    raise AssertionError("nothing waits in a network whose clock jumps")
