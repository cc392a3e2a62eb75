"""The application on servers that are not ours: whatever speaks ASGI."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import httpx
import pytest
import uvicorn

from fakes import order_services
from sagacheck.http.app import create_app
from sagacheck.http.server import bound_socket, url_of
from sagacheck.world import Settings
from tests.contract.faces import until
from tests.contract.order_requests import CHARGE

pytestmark = pytest.mark.asyncio

PATIENCE = 0.05
FAULTS = "/__fakes__/faults"


@asynccontextmanager
async def foreign_server() -> AsyncIterator[httpx.AsyncClient]:
    """The uvicorn that anyone would start, with its own protocol and a lifespan."""
    app = create_app(order_services, Settings(default_stock=10))
    config = uvicorn.Config(app, http="h11", lifespan="on", log_level="critical")
    server = uvicorn.Server(config)
    server.capture_signals = _no_signals  # type: ignore[method-assign]  # pytest has its own
    with bound_socket() as sock:
        task = asyncio.create_task(server.serve(sockets=[sock]))
        await until(lambda: server.started)
        async with httpx.AsyncClient(base_url=url_of(sock), trust_env=False, timeout=60) as client:
            yield client
        server.should_exit = True
        await task
    assert app.state.served.world.journal.orders_under_way() == set()


@contextmanager
def _no_signals() -> Iterator[None]:
    yield


async def charges(client: httpx.AsyncClient) -> list[str]:
    """The states of all charges."""
    return [row["state"] for row in (await client.get("/charges")).json()]


async def test_requests_are_answered() -> None:
    """A create, a read and a control route."""
    async with foreign_server() as client:
        assert (await client.post("/charges", json=CHARGE.body)).status_code == 201
        assert await charges(client) == ["live"]
        assert (await client.get("/__fakes__/health")).json()["status"] == "ok"


@pytest.mark.parametrize(
    ("fault", "made"),
    [("reset_after_effect", ["live"]), ("truncated", ["live"]), ("refuse", [])],
)
async def test_a_connection_that_breaks_is_a_reply_that_is_cut_off(
    fault: str, made: list[str]
) -> None:
    """The caller has no reply, the effect is there or not, and the next request is answered."""
    async with foreign_server() as client:
        await client.post(FAULTS, json={"on": "payments.charge", "fault": fault, "calls": 1})

        with pytest.raises(httpx.RemoteProtocolError):
            await client.post("/charges", json=CHARGE.body)

        assert await charges(client) == made
        assert (await client.post("/charges", json=CHARGE.body)).status_code == 201


@pytest.mark.parametrize(("fault", "made"), [("drop_response", ["live"]), ("drop_request", [])])
async def test_a_caller_that_waits_in_vain_hangs_up(fault: str, made: list[str]) -> None:
    """Nothing of its request stays under way."""
    async with foreign_server() as client:
        await client.post(FAULTS, json={"on": "payments.charge", "fault": fault})

        with pytest.raises(httpx.ReadTimeout):
            await client.post(
                "/charges", json=CHARGE.body, timeout=httpx.Timeout(60, read=PATIENCE)
            )

        assert await charges(client) == made


async def test_the_application_is_called_without_any_server() -> None:
    """By an ASGI transport in this process, which has no connection at all."""
    app = create_app(order_services)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://fakes") as client:
        assert (await client.post("/charges", json=CHARGE.body)).status_code == 201
        assert await charges(client) == ["live"]
