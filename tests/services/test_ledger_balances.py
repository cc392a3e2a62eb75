from __future__ import annotations

import random
from collections import Counter
from contextlib import suppress

import pytest
import pytest_asyncio

from fakes import ORDER_OPERATIONS, order_network
from sagacheck.network import FAULTS, Fault, FaultRule, Network, TransportError
from sagacheck.services import AVAILABLE, RESERVED, SHIPPED
from sagacheck.world import AccountKind, Idempotency, Ledger, Settings
from tests.order_calls import ask, clock_of

SKUS = ("WIDGET", "GADGET")
STOCK = 20
ARGUMENTS = {"status": 500, "delay": 30.0, "copies": 2, "end": 40.0}
WIRE_FAULTS = [name for name in FAULTS if not name.startswith("crash")]


async def live(network: Network, chance: random.Random) -> None:
    """Two hundred calls at random, many of them for the same keys, some of them with a fault."""
    for _ in range(200):
        operation = chance.choice(ORDER_OPERATIONS.names)
        order = f"o{chance.randrange(12)}"
        changes = {}
        if operation == "inventory.reserve":
            lines = chance.sample(SKUS, k=chance.randint(1, 2))
            changes = {"items": [{"sku": sku, "qty": chance.randint(1, 4)} for sku in lines]}
        if chance.random() < 0.3:
            fault = Fault(chance.choice(WIRE_FAULTS), **ARGUMENTS)  # type: ignore[arg-type]
            network.rules = [FaultRule(frozenset({operation}), fault)]
        with suppress(TransportError):
            await ask(network, operation, order, **changes)
        network.rules = []
        clock_of(network).advance_to(network.world.clock.now() + chance.expovariate(1.0))
    clock_of(network).run_all()


def worlds() -> list[Settings]:
    """Worlds that treat keys, parcels and reservations differently."""
    stock = dict.fromkeys(SKUS, STOCK)
    return [
        Settings(stock=stock),
        Settings(stock=stock, idempotency=Idempotency.NONE),
        Settings(stock=stock, idempotency=Idempotency.STORES_ERRORS, refunds_refused=True),
        Settings(stock=stock, idempotency_expires_after=50.0, reservation_expires_after=20.0),
        Settings(stock=stock, ships_after=45.0),
    ]


@pytest_asyncio.fixture(
    params=[(seed, number) for seed in range(6) for number in range(5)], ids=str
)
async def ledger(request: pytest.FixtureRequest) -> Ledger:
    """The ledger after a random life."""
    seed, number = request.param
    network = order_network(worlds()[number])
    await live(network, random.Random(seed))
    return network.world.ledger


@pytest.mark.asyncio
async def test_every_entry_balances(ledger: Ledger) -> None:
    """Each entry's postings sum to zero per unit, and so does the whole log at every prefix."""
    for entry in ledger.entries:
        sums = Counter[str]()
        for posting in entry.postings:
            sums[posting.unit] += posting.amount

        assert not any(sums.values()), entry


@pytest.mark.asyncio
async def test_stock_is_neither_made_nor_lost(ledger: Ledger) -> None:
    """At every prefix available, reserved and shipped sum to the stock of the beginning."""
    held: Counter[tuple[str, str]] = Counter()
    opened = set()
    for entry in ledger.entries:
        for posting in entry.postings:
            if posting.account.kind is AccountKind.STOCK:
                held[posting.account.name, posting.unit] += posting.amount
                opened.add(posting.unit)
        for sku in opened:
            parts = [held[account.name, sku] for account in (AVAILABLE, RESERVED, SHIPPED)]

            assert sum(parts) == STOCK, entry
            assert parts[1] >= 0, entry


@pytest.mark.asyncio
async def test_the_balances_are_the_sums_of_the_log(ledger: Ledger) -> None:
    """The balances are what the entries add up to."""
    sums: dict[str, Counter[str]] = {}
    for entry in ledger.entries:
        for posting in entry.postings:
            sums.setdefault(posting.account.name, Counter())[posting.unit] += posting.amount

    nonzero = {name: {u: n for u, n in units.items() if n} for name, units in sums.items()}
    assert ledger.balances() == {name: units for name, units in nonzero.items() if units}


@pytest.mark.asyncio
async def test_money_is_held_for_live_charges_only(ledger: Ledger) -> None:
    """The merchant holds exactly the charges that were not refunded."""
    charges = [e for e in ledger.effects.values() if e.operation == "payments.charge"]
    held = sum(charge.amount for charge in charges if charge.state == "live")

    assert ledger.balances().get("merchant", {}).get("USD", 0) == held


@pytest.mark.asyncio
async def test_the_same_seed_gives_the_same_ledger() -> None:
    """Nothing in the fakes depends on anything but what is done to them."""
    first, second = order_network(worlds()[0]), order_network(worlds()[0])
    await live(first, random.Random(7))
    await live(second, random.Random(7))

    assert first.world.ledger.entries == second.world.ledger.entries
    assert first.world.journal.attempts == second.world.journal.attempts


def test_a_ledger_takes_what_does_not_balance() -> None:
    """It records and does not judge: the invariants must find such an entry."""
    ledger = Ledger()

    ledger.write(at=0, operation="x", order="o1", effect="", postings=())

    assert [entry.number for entry in ledger.entries] == [0]
    assert ledger.effects_of("o1") == []
