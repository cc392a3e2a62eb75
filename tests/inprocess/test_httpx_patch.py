from __future__ import annotations

import asyncio
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from fakes import order_network
from sagacheck.inprocess import AttemptContext, httpx_patch, in_context
from sagacheck.network import Network, UnknownRouteError
from sagacheck.world import AttemptOutcome, Settings

MAIL = {"order_id": "o1", "customer_id": "c1"}
URL = "http://notifications.internal/emails"


@pytest_asyncio.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    """A client whose requests are caught."""
    async with httpx.AsyncClient() as client:
        with httpx_patch():
            yield client


@pytest.mark.asyncio
async def test_a_request_outside_of_any_world_is_an_error(client: httpx.AsyncClient) -> None:
    """A request without an attempt context is a mistake, and never reaches a socket."""
    with pytest.raises(RuntimeError, match=r"POST http://.*/emails was sent outside of any world"):
        await client.post(URL, json=MAIL)


@pytest.mark.asyncio
async def test_an_unknown_route_names_the_nearest(client: httpx.AsyncClient) -> None:
    """A path that no fake has is a mistake too, and the message helps with it."""
    with in_context(AttemptContext(order_network())):
        with pytest.raises(UnknownRouteError, match="POST /email; the nearest is POST /emails"):
            await client.post("http://notifications.internal/email", json=MAIL)
        with pytest.raises(UnknownRouteError, match="GET /stocks; the nearest is GET /stock"):
            await client.get("http://inventory.internal/stocks")


@pytest.mark.asyncio
async def test_the_caller_is_in_the_journal(client: httpx.AsyncClient) -> None:
    """Order and activity are known from the context, whatever the request says."""
    network = order_network()
    with in_context(AttemptContext(network, order="o7", activity="send_confirmation")):
        await client.post(URL, json=MAIL)

    (attempt,) = network.world.journal
    assert (attempt.order, attempt.activity) == ("o7", "send_confirmation")


@pytest.mark.asyncio
async def test_worlds_are_told_apart_by_context(client: httpx.AsyncClient) -> None:
    """Tasks that run at the same time talk each to its own network."""
    worlds = [order_network() for _ in range(5)]

    async def act(network: Network, mails: int) -> None:
        with in_context(AttemptContext(network)):
            for _ in range(mails):
                await client.post(URL, json=MAIL)
                await asyncio.sleep(0)

    await asyncio.gather(*(act(network, mails) for mails, network in enumerate(worlds)))

    assert [len(network.world.journal) for network in worlds] == [0, 1, 2, 3, 4]


@pytest.mark.asyncio
async def test_a_synchronous_client_works_in_a_thread(client: httpx.AsyncClient) -> None:
    """A synchronous activity in a thread talks to the network on the loop."""
    network = order_network()

    def act() -> int:
        with httpx.Client() as synchronous:
            return synchronous.post(URL, json=MAIL).status_code

    with in_context(AttemptContext(network, order="o1", loop=asyncio.get_running_loop())):
        assert await asyncio.to_thread(act) == 202

    assert [attempt.outcome for attempt in network.world.journal] == [AttemptOutcome.OK]


@pytest.mark.asyncio
async def test_a_synchronous_client_on_the_loop_is_an_error(client: httpx.AsyncClient) -> None:
    """It would wait for a network that cannot answer while it waits."""
    caller = AttemptContext(order_network(), loop=asyncio.get_running_loop())

    with httpx.Client() as synchronous, in_context(caller):  # noqa: SIM117 - the error is of one call
        with pytest.raises(RuntimeError, match="needs a thread"):
            synchronous.post(URL, json=MAIL)  # noqa: ASYNC212 - that is the mistake


@pytest.mark.asyncio
async def test_reads_work_in_process(client: httpx.AsyncClient) -> None:
    """A saga that looks before it acts can look."""
    with in_context(AttemptContext(order_network(Settings(stock={"WIDGET": 5})))):
        stock = (await client.get("http://inventory.internal/stock")).json()

    assert stock == {"WIDGET": {"available": 5, "reserved": 0, "shipped": 0}}


@pytest.mark.asyncio
async def test_the_process_is_as_before_when_the_patch_is_closed() -> None:
    """Nothing of the patch is left."""
    with httpx_patch():
        pass

    transport = httpx.MockTransport(lambda _: httpx.Response(418))
    async with httpx.AsyncClient(transport=transport) as client:
        assert (await client.get(URL)).status_code == 418


def test_certificates_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients share the context that none of them needs; one that is asked for is made."""
    made: list[ssl.SSLContext] = []
    make = ssl.create_default_context

    def watched(*arguments: object, **more: object) -> ssl.SSLContext:
        made.append(make(*arguments, **more))  # type: ignore[arg-type]
        return made[-1]

    monkeypatch.setattr(ssl, "create_default_context", watched)
    with httpx_patch():
        for _ in range(3):
            httpx.AsyncClient()
            httpx.Client()
    assert len(made) == 1

    httpx.AsyncClient()
    assert len(made) == 2, "the others are as they were"

    with httpx_patch():
        httpx.AsyncClient(trust_env=False)
    assert len(made) == 3


LATE_CLIENTS = """
import sys
sys.modules["httpx._main"] = None
import httpx
from sagacheck.inprocess import httpx_patch

def modules(): return [name for name in ("respx", "httpcore") if name in sys.modules]

def outcome():
    try: httpx.get("http://127.0.0.1:9/emails")
    except RuntimeError as error: return str(error)
    except httpx.ConnectError: return "a socket"

with httpx_patch():
    with httpx_patch():
        print(modules(), outcome(), sep="; ")
        client = httpx.Client()
    print(modules(), outcome(), sep="; ")
print(outcome())
"""


def test_respx_is_imported_for_the_first_client_that_needs_it() -> None:
    """Then it catches the requests of that client and of all later ones, in outer patches too."""
    script = [sys.executable, "-c", LATE_CLIENTS]
    done = subprocess.run(script, capture_output=True, text=True, timeout=60, check=True)

    caught = "GET http://127.0.0.1:9/emails was sent outside of any world"
    assert done.stdout.splitlines() == [
        f"[]; {caught}",
        f"['respx', 'httpcore']; {caught}",
        "a socket",
    ]
