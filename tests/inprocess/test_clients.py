"""Every client of HTTP sees of every fault what it sees of it on a real connection."""

from __future__ import annotations

import asyncio
import io
import json
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import httpx
import pytest
import pytest_asyncio
import requests
import urllib3
from requests.adapters import HTTPAdapter
from starlette.applications import Starlette
from urllib3.util import Retry, Timeout

from fakes import order_network, order_services
from sagacheck.http.app import create_app
from sagacheck.http.server import bound_socket, serving
from sagacheck.inprocess import AttemptContext, client_patches, in_context
from sagacheck.network import ALL_CALLS, Calls, Fault, FaultRule, Network, WorkerCrash
from sagacheck.world import Settings

pytestmark = pytest.mark.asyncio

HOST = "https://inventory.internal"
URL = f"{HOST}/reservations"
LINES: dict[str, Any] = {
    "order_id": "o1",
    "items": [{"sku": "WIDGET", "qty": 2}],
    "idempotency_key": "k",
}
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Made once: httpx makes one for each client, which takes 20 ms."""
STOCK = Settings(stock={"WIDGET": 5})


def by_httpx(url: str, limit: float) -> Any:
    """In a thread."""
    return httpx.post(url, json=LINES, timeout=limit, verify=NO_TLS, trust_env=False).json()


async def by_httpx_in_a_coroutine(url: str, limit: float) -> Any:
    """In a coroutine."""
    async with httpx.AsyncClient(timeout=limit, verify=NO_TLS, trust_env=False) as client:
        return (await client.post(url, json=LINES)).json()


async def by_aiohttp(url: str, limit: float) -> Any:
    """In a coroutine."""
    timeout = aiohttp.ClientTimeout(total=None, sock_read=limit)
    async with (
        aiohttp.ClientSession(timeout=timeout) as session,
        session.post(url, json=LINES) as reply,
    ):
        return await reply.json()


def by_requests(url: str, limit: float) -> Any:
    """In a thread."""
    with requests.Session() as session:
        session.trust_env = False
        return session.post(url, json=LINES, timeout=(1, limit)).json()


def by_urllib3(url: str, limit: float) -> Any:
    """In a thread."""
    with urllib3.PoolManager(retries=False) as pool:
        return pool.request("POST", url, json=LINES, timeout=limit).json()


def by_urllib3_again_and_again(url: str, limit: float) -> Any:
    """In a thread, with retries of its own."""
    retries = Retry(total=2, allowed_methods=None, status_forcelist=[503], backoff_factor=0)
    retries.respect_retry_after_header = False
    with urllib3.PoolManager(retries=retries) as pool:
        return pool.request("POST", url, json=LINES, timeout=limit).json()


Client = Callable[[str, float], Any]
CLIENTS: list[Client] = [
    by_httpx,
    by_httpx_in_a_coroutine,
    by_aiohttp,
    by_requests,
    by_urllib3,
    by_urllib3_again_and_again,
]
EFFECTIVE = {
    "reply lost": Fault("drop_response"),
    "reset": Fault("reset_after_effect"),
    "500 after the effect": Fault("status_after_effect", status=500),
    "302 after the effect": Fault("status_after_effect", status=302),
    "malformed": Fault("malformed"),
    "truncated": Fault("truncated"),
    "empty": Fault("empty"),
    "reply late": Fault("delay_response", delay=60),
    "duplicated": Fault("duplicate", copies=2),
    "evicted": Fault("evict"),
    "nothing": None,
}
"""After these there is a reservation."""
FAULTS = {
    **EFFECTIVE,
    "refused": Fault("refuse"),
    "outage": Fault("outage", end=60),
    "request lost": Fault("drop_request"),
    "request late": Fault("delay_request", delay=60),
    "503": Fault("reject", status=503),
    "409": Fault("reject", status=409),
}
LOST = ["reply lost", "request lost", "request late", "reply late"]
READ_TIMEOUT: dict[Client, list[str]] = {
    by_httpx: ["httpx.ReadTimeout"],
    by_httpx_in_a_coroutine: ["httpx.ReadTimeout"],
    by_aiohttp: ["aiohttp.client_exceptions.SocketTimeoutError"],
    by_requests: ["requests.exceptions.ReadTimeout", "urllib3.exceptions.ReadTimeoutError"],
    by_urllib3: ["urllib3.exceptions.ReadTimeoutError"],
    by_urllib3_again_and_again: [
        "urllib3.exceptions.MaxRetryError",
        "urllib3.exceptions.ReadTimeoutError",
    ],
}
RESET: dict[Client, list[str]] = {
    by_httpx: ["httpx.ReadError"],
    by_httpx_in_a_coroutine: ["httpx.ReadError"],
    by_aiohttp: ["aiohttp.client_exceptions.ClientOSError"],
    by_requests: ["requests.exceptions.ConnectionError", "urllib3.exceptions.ProtocolError"],
    by_urllib3: ["urllib3.exceptions.ProtocolError"],
    by_urllib3_again_and_again: [
        "urllib3.exceptions.MaxRetryError",
        "urllib3.exceptions.ProtocolError",
    ],
}
REFUSED: dict[Client, list[str]] = {
    by_httpx: ["httpx.ConnectError"],
    by_httpx_in_a_coroutine: ["httpx.ConnectError"],
    by_aiohttp: ["aiohttp.client_exceptions.ClientConnectorError"],
    by_requests: [
        "requests.exceptions.ConnectionError",
        "urllib3.exceptions.MaxRetryError",
        "urllib3.exceptions.NewConnectionError",
    ],
    by_urllib3: ["urllib3.exceptions.NewConnectionError"],
    by_urllib3_again_and_again: [
        "urllib3.exceptions.MaxRetryError",
        "urllib3.exceptions.NewConnectionError",
    ],
}
ON_A_SOCKET = [each for each in FAULTS if each not in ("refused", "outage", "evicted")]
"""A real server that is up refuses no connection, and knows of no worker."""


@dataclass
class Seen:
    """What a caller sees, and what the journal says of it.

    Attributes:
        what: The JSON, or the errors, the outermost first.
        attempts: Of each request, when it ended, its outcome, and how often it arrived.
    """

    what: Any
    attempts: list[tuple[float | None, str, int]]


def errors(error: BaseException | None) -> list[str]:
    """The types of an error and of those that it is about."""
    found = []
    while isinstance(error, Exception):
        found.append(f"{type(error).__module__}.{type(error).__qualname__}")
        within = [getattr(error, "reason", None), *error.args]
        ours = [each for each in within if isinstance(each, Exception)]
        error = ours[0] if ours else None
    return found


async def outcome(client: Client, url: str, limit: float) -> Any:
    """What a client makes of a request: the JSON, or its errors."""
    try:
        if asyncio.iscoroutinefunction(client):
            return await client(url, limit)
        return await asyncio.to_thread(client, url, limit)
    except Exception as error:  # noqa: BLE001 - which one it is is the question
        return errors(error)


def network_with(fault: Fault | None) -> Network:
    """A network on which all calls suffer a fault."""
    network = order_network(STOCK)
    if fault is not None:
        network.rules.append(FaultRule(frozenset({"inventory.reserve"}), fault, ALL_CALLS))
    return network


async def in_process(client: Client, network: Network) -> Seen:
    """What a client sees whose requests the world answers."""
    with client_patches(), in_context(context(network)):
        seen = await outcome(client, URL, 7)
    attempts = [(a.ended_at, str(a.outcome), len(a.arrivals)) for a in network.world.journal]
    return Seen(seen, attempts)


def context(network: Network) -> AttemptContext:
    """An attempt on this loop."""
    return AttemptContext(network, order="o1", loop=asyncio.get_running_loop())


@pytest.fixture(scope="module")
def app() -> Starlette:
    """The fakes, over HTTP."""
    return create_app(order_services)


@pytest_asyncio.fixture(scope="module")
async def served(app: Starlette) -> AsyncIterator[str]:
    """Their address."""
    with bound_socket() as sock:
        async with serving(app, sock) as url:
            yield url


@pytest.fixture
def nobody() -> Iterator[str]:
    """The address of a port at which nothing listens."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{sock.getsockname()[1]}"


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("name", ON_A_SOCKET)
async def test_a_client_sees_what_it_sees_on_a_real_connection(
    app: Starlette, served: str, client: Client, name: str
) -> None:
    """The same reply, or the same error of its own library."""
    app.state.served.reset(STOCK)
    if (fault := FAULTS[name]) is not None:
        rule = FaultRule(frozenset({"inventory.reserve"}), fault, ALL_CALLS)
        app.state.served.add_rule(
            {"on": "inventory.reserve", "fault": str(fault), "calls": "all"}, rule
        )
    real = await outcome(client, f"{served}/reservations", 0.05)

    assert (await in_process(client, network_with(fault))).what == real


@pytest.mark.parametrize("client", CLIENTS)
async def test_a_refused_connection_is_that_of_a_closed_port(nobody: str, client: Client) -> None:
    """Not a reset: what was refused did certainly not arrive."""
    real = await outcome(client, f"{nobody}/reservations", 5)

    for name in ("refused", "outage"):
        seen = await in_process(client, network_with(FAULTS[name]))
        assert seen.what[: len(REFUSED[client])] == REFUSED[client] == real[: len(REFUSED[client])]
        assert {attempt[1:] for attempt in seen.attempts} == {("refused", 0)}


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("name", LOST)
async def test_a_lost_reply_is_the_librarys_read_timeout(client: Client, name: str) -> None:
    """After the caller's own time, once for each request that its retries make."""
    seen = await in_process(client, network_with(FAULTS[name]))

    assert seen.what == READ_TIMEOUT[client]
    requests_made = 3 if client is by_urllib3_again_and_again else 1
    assert [ended for ended, _, _ in seen.attempts] == [
        7.0 * n for n in range(1, requests_made + 1)
    ]
    assert {said for _, said, _ in seen.attempts} == {"unknown"}


@pytest.mark.parametrize("client", CLIENTS)
async def test_a_reset_is_the_librarys_connection_error(
    client: Client,
) -> None:
    """The effect is there all the same."""
    network = network_with(FAULTS["reset"])
    seen = await in_process(client, network)

    assert seen.what[: len(RESET[client])] == RESET[client]
    assert {attempt[1:] for attempt in seen.attempts} == {("unknown", 1)}


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("name", FAULTS)
async def test_all_clients_make_the_same_requests(client: Client, name: str) -> None:
    """The world sees no difference, and the same effects come of them."""
    network, plain = network_with(FAULTS[name]), network_with(FAULTS[name])
    seen, expected = await in_process(client, network), await in_process(by_aiohttp, plain)

    assert seen.attempts[: len(expected.attempts)] == expected.attempts
    effects = network.world.ledger.effects.values()
    made = network.world.journal.attempts[0]
    assert (made.body, made.order, made.key) == (LINES, "o1", "k")
    assert [each.order for each in effects] == (["o1"] if name in EFFECTIVE else [])


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("when", ["crash_before", "crash_after"])
async def test_a_worker_that_dies_is_no_error_of_a_client(client: Client, when: str) -> None:
    """No ``except Exception`` and no retry of a library gets hold of it."""
    network = network_with(Fault(when))
    with pytest.raises(WorkerCrash):
        await in_process(client, network)
    assert len(network.world.journal) == 1


@pytest.mark.parametrize(
    ("limits", "error"),
    [
        ({"total": 4.0}, TimeoutError),
        ({"total": 4.0, "sock_read": 9.0}, TimeoutError),
        ({"total": 9.0, "sock_read": 4.0}, aiohttp.SocketTimeoutError),
        ({"total": 60.0, "connect": 1.0, "sock_read": 4.0}, aiohttp.SocketTimeoutError),
    ],
    ids=str,
)
async def test_the_limits_of_aiohttp_count(limits: dict[str, float], error: type) -> None:
    """The shorter of both; none of connecting."""
    network = network_with(Fault("drop_response"))
    timeout = aiohttp.ClientTimeout(**limits)
    with client_patches(), in_context(context(network)):
        async with aiohttp.ClientSession(timeout=timeout) as session:
            with pytest.raises(error) as raised:
                await session.post(URL, json=LINES)
    assert type(raised.value) is error
    assert network.world.clock.now() == 4.0


@pytest.mark.parametrize(
    "limit", [4, Timeout(connect=1, read=4), Timeout(total=4), Timeout(total=4, read=9)], ids=str
)
async def test_the_limits_of_urllib3_count(limit: Any) -> None:
    """The shorter of both, to the microsecond."""
    network = network_with(Fault("drop_response"))

    def act() -> None:
        with (
            urllib3.PoolManager(retries=False) as pool,
            pytest.raises(urllib3.exceptions.ReadTimeoutError),
        ):
            pool.request("POST", URL, json=LINES, timeout=limit)

    with client_patches(), in_context(context(network)):
        await asyncio.to_thread(act)
    assert network.world.clock.now() == 4.0


async def test_a_session_of_requests_retries_as_its_adapter_says() -> None:
    """It gets its answer once the fault is over, on one connection after another."""
    network = order_network(STOCK)
    faults = (("refuse", 1), ("reset_after_effect", 2), ("truncated", 4))
    network.rules += (
        FaultRule(frozenset({"inventory.reserve"}), Fault(name), Calls(frozenset({call})))
        for name, call in faults
    )

    def act() -> list[str]:
        with requests.Session() as session:
            session.headers["X-Team"] = "shop"
            retries = Retry(total=3, allowed_methods=None, backoff_factor=0)
            session.mount("https://", HTTPAdapter(max_retries=retries, pool_maxsize=1))
            ids = []
            for _ in range(3):
                reply = session.post(URL, json=LINES, timeout=5)
                ids.append(reply.json()["reservation_id"])
                assert reply.request.headers["X-Team"] == "shop"
            return ids

    with client_patches(), in_context(context(network)):
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            await asyncio.to_thread(act)
        assert await asyncio.to_thread(act) == ["res_1"] * 3


@pytest.mark.parametrize(
    "body",
    [
        json.dumps(LINES),
        json.dumps(LINES).encode(),
        bytearray(json.dumps(LINES), "utf-8"),
        io.BytesIO(json.dumps(LINES).encode()),
        iter([json.dumps(LINES).encode()[:9], json.dumps(LINES).encode()[9:]]),
    ],
    ids=["text", "bytes", "bytearray", "file", "parts"],
)
async def test_a_body_may_be_given_in_any_way(body: Any) -> None:
    """What can be read only once is read once."""
    network = order_network(STOCK)

    def act() -> int:
        return requests.post(URL, data=body, timeout=5).status_code

    with client_patches(), in_context(context(network)):
        assert await asyncio.to_thread(act) == 201
    assert network.world.journal.attempts[0].body == LINES


async def test_aiohttp_streams_a_body() -> None:
    """It arrives whole."""
    network = order_network(STOCK)

    async def parts() -> AsyncIterator[bytes]:
        yield json.dumps(LINES).encode()[:9]
        yield json.dumps(LINES).encode()[9:]

    with client_patches(), in_context(context(network)):
        async with aiohttp.ClientSession() as session, session.post(URL, data=parts()) as reply:
            assert reply.status == 201
    assert network.world.journal.attempts[0].body == LINES


async def test_parameters_and_reads_arrive() -> None:
    """In the URL, as each library puts them there."""
    network = order_network(STOCK)
    by_key, stock = {"idempotency_key": "k 1"}, f"{HOST}/stock"

    def act() -> list[Any]:
        gone = requests.delete(URL, params=by_key, timeout=5)
        return [gone.status_code, requests.get(stock, timeout=5).json()["WIDGET"]["available"]]

    with client_patches(), in_context(context(network)):
        assert await asyncio.to_thread(act) == [204, 5]
        async with aiohttp.ClientSession() as session:
            async with session.delete(URL, params=by_key) as reply:
                assert reply.status == 204
            async with session.get(stock) as reply:
                assert (await reply.json())["WIDGET"]["available"] == 5
    assert {attempt.key for attempt in network.world.journal} == {"k 1"}


async def test_a_blocking_client_in_a_coroutine_is_an_error() -> None:
    """It holds up the loop that has to answer; the message names the remedy."""
    why = r"POST https://.*/reservations needs a thread.*to_thread"
    with (
        client_patches(),
        in_context(context(order_network())),
        pytest.raises(RuntimeError, match=why),
    ):
        by_requests(URL, 1)


@pytest.mark.parametrize("client", CLIENTS)
async def test_a_request_outside_of_any_world_is_an_error(
    client: Client,
) -> None:
    """It never reaches a socket."""
    with client_patches():
        seen = await outcome(client, URL, 1)
    assert seen == ["builtins.RuntimeError"]
