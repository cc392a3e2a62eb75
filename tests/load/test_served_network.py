"""A worker of any saga, and services in another process: where its requests and effects go."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from fakes import ORDER_OPERATIONS, order_services
from sagacheck.http.app import create_app
from sagacheck.http.calls import remote_calls
from sagacheck.http.server import bound_socket, serving
from sagacheck.inprocess import AttemptContext, FakesClient, client_patches, in_context
from sagacheck.load.worker.served_network import ServedNetwork
from sagacheck.network import (
    Call,
    ConnectionLostError,
    NoConnectionError,
    NoReplyError,
    TransportError,
    UnknownRouteError,
    WireReply,
    read_rule,
)
from sagacheck.services import RefusedError, ServiceFactory
from sagacheck.world import Attempt, Settings
from tests.contract.faces import until
from transfer.saga import SAGA

pytestmark = pytest.mark.asyncio

MAIL = {"order_id": "o1", "customer_id": "c1", "idempotency_key": "order-o1"}
ADDRESS = "https://mail.example.com/emails"


@asynccontextmanager
async def served(services: ServiceFactory) -> AsyncIterator[tuple[Starlette, ServedNetwork]]:
    """Services that are served, and the network that leads there."""
    app = create_app(services, Settings(default_stock=10))
    with bound_socket() as sock:
        async with serving(app, sock) as url:
            network = ServedNetwork(services, url, 0.2)
            yield app, network
            await network.close()


def fault(app: Starlette, on: str, what: Any) -> None:
    """Let the first call of an operation suffer a fault."""
    written = {"on": on, "fault": what, "calls": 1}
    network = app.state.served.network
    network.rules.append(read_rule(written, network.operations))


def attempts(app: Starlette) -> list[Attempt]:
    """The journal of the served world."""
    found: list[Attempt] = app.state.served.world.journal.attempts
    return found


async def test_every_client_of_an_activity_reaches_them() -> None:
    """Whatever host it names, with what the worker knows of the attempt; reads too."""
    async with served(order_services) as (app, network):
        context = AttemptContext(network, order="o1", execution="order-o1#r/1", retry=2)
        with client_patches([network.address]), in_context(context):
            async with httpx.AsyncClient() as client:
                first = await client.post(ADDRESS, json=MAIL)
                stock = await client.get("https://mail.example.com/reservations")
                with pytest.raises(UnknownRouteError, match="/emails"):
                    await client.post("https://mail.example.com/emial", json=MAIL)
            again = await FakesClient().post(ADDRESS, json=MAIL)

    assert (first.status_code, again.status_code, again.json()) == (202, 202, first.json())
    assert stock.json() == []
    found = [(each.order, each.execution, each.retry, each.key) for each in attempts(app)]
    assert found == [("o1", "order-o1#r/1", 2, "order-o1")] * 2


@pytest.mark.parametrize(
    ("what", "seen"),
    [
        ("refuse", httpx.ConnectError),
        ("drop_response", httpx.ReadTimeout),
        ("reset_after_effect", httpx.ReadError),
        ("truncated", httpx.RemoteProtocolError),
    ],
)
async def test_a_client_sees_the_faults_that_the_services_have(
    what: str, seen: type[Exception]
) -> None:
    """Each as the client library's own error."""
    async with served(order_services) as (app, network):
        fault(app, "notifications.send", what)
        with in_context(AttemptContext(network, order="o1")), pytest.raises(seen):
            await FakesClient().post(ADDRESS, json=MAIL)

    assert bool(app.state.served.world.ledger.effects) is (what != "refuse")


async def send(network: ServedNetwork, ran: list[str], *, error: str = "") -> WireReply:
    """The activity that withdraws money: it notes that it ran."""

    async def run() -> None:
        ran.append("withdraw")
        if error:
            raise RefusedError(409, error, "no money")

    call = Call(
        network.operations["bank.withdraw"],
        {"idempotency_key": "t1"},
        order="t1",
        timeout=10.0,
        action=run,
    )
    return await network.send(call)


@pytest.mark.parametrize(
    ("what", "seen", "runs"),
    [
        ("refuse", NoConnectionError, 0),
        ("drop_request", NoReplyError, 0),
        ("drop_response", NoReplyError, 1),
        ("reset_after_effect", ConnectionLostError, 1),
        ({"duplicate": 3}, None, 3),
        ({"delay_response": "20ms"}, None, 1),
        ({"delay_request": "20ms"}, None, 1),
        (503, None, 0),
    ],
    ids=str,
)
async def test_an_activity_runs_as_often_as_its_fault_says(
    what: Any, seen: type[TransportError] | None, runs: int
) -> None:
    """Before, after and around its body, which runs in the worker's process."""
    ran: list[str] = []
    async with served(SAGA.all_services) as (app, network):
        fault(app, "bank.withdraw", what)
        if seen is None:
            reply = await send(network, ran)
            assert reply.status == (503 if what == 503 else 200)
        else:
            with pytest.raises(seen):
                await send(network, ran)

    assert ran == ["withdraw"] * runs
    assert len(app.state.served.world.ledger.effects) == min(runs, 1)
    assert attempts(app)[0].order == "t1"


async def test_an_activity_runs_late_when_its_caller_has_given_up() -> None:
    """Its effect is there in the end, and its order is under way until then."""
    ran: list[str] = []
    async with served(SAGA.all_services) as (app, network):
        fault(app, "bank.withdraw", {"delay_request": "1h"})
        with pytest.raises(NoReplyError):
            await send(network, ran)
        assert ran == []
        assert app.state.served.world.journal.orders_under_way() == {"t1"}

        status, _ = await network._client.request("POST", "/__fakes__/settle", {})

    assert (status, ran) == (200, ["withdraw"])
    assert len(app.state.served.world.ledger.effects) == 1
    assert app.state.served.world.journal.orders_under_way() == set()


async def test_an_activity_that_fails_has_no_effect() -> None:
    """The journal has its error, as that of a service."""
    async with served(SAGA.all_services) as (app, network):
        reply = await send(network, [], error="Refused")

    assert (reply.status, reply.body["error"]) == (409, "Refused")
    assert not app.state.served.world.ledger.effects
    assert attempts(app)[0].outcome == "refused"


async def test_a_worker_that_dies_while_its_activity_runs_leaves_no_effect(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is under way ends when everything is to end: nobody will say that it was done."""
    monkeypatch.setattr(remote_calls, "SETTLE_SECONDS", 0.0)
    async with served(SAGA.all_services) as (app, network):
        dying = asyncio.create_task(send_for_ever(network))
        await until(lambda: any(each._asked for each in app.state.served.calls.calls.values()))

        await network._client.request("POST", "/__fakes__/settle", {})
        assert app.state.served.world.journal.orders_under_way() == set()
        dying.cancel()
        with suppress(asyncio.CancelledError):
            await dying

    assert not app.state.served.world.ledger.effects


async def send_for_ever(network: ServedNetwork) -> None:
    """An activity that never ends."""
    action = asyncio.Event().wait
    operation = network.operations["bank.withdraw"]
    await network.send(Call(operation, {}, order="t1", timeout=10.0, action=action))  # type: ignore[arg-type]


async def test_what_is_no_call_is_explained() -> None:
    """With the member, its value and the rule."""
    async with served(SAGA.all_services) as (_, network):

        async def refused(route: str, **body: Any) -> str:
            status, answer = await network._client.request("POST", f"/__fakes__/{route}", body)
            assert status == 400
            return str(answer["detail"])

        assert "bank.withdraw, " in await refused("calls", operation="bank.withdrew")
        withdraw = {"operation": "bank.withdraw"}
        assert "timeout must be seconds" in await refused("calls", **withdraw, timeout=-1)
        assert "fields must be an object" in await refused("calls", **withdraw, fields=[1])
        assert "retry must be a whole number" in await refused("calls", **withdraw, retry=-1)
        assert "by_caller must be true" in await refused("calls", **withdraw, by_caller="yes")
        assert "unknown" in await refused("calls", **withdraw, ordr="t1")
        assert "no call t1 under way" in await refused("calls/done", call="t1")
        assert "status must be an error" in await refused("calls/done", call="t1", status=200)


@pytest.mark.parametrize(
    "fields", [{"lines": 5}, {"lines": {"W": "2"}}, {"amount": "much", "currency": "EUR"}]
)
async def test_what_cannot_be_an_effect_is_refused(fields: Any) -> None:
    """A worker in another language may send anything."""
    body = {"operation": "bank.withdraw", "order": "t1", "fields": fields}
    async with served(SAGA.all_services) as (app, network):
        status, answer = await network._client.request("POST", "/__fakes__/calls", body)

    assert (status, answer["reply"]["status"]) == (200, 400)
    assert not app.state.served.world.ledger.effects


async def test_services_that_are_away_are_no_connection() -> None:
    """As with any client."""
    network = ServedNetwork(order_services, "http://127.0.0.1:1", 1.0)

    with pytest.raises(NoConnectionError):
        await network.send(Call(ORDER_OPERATIONS["notifications.send"], MAIL, order="o1"))
