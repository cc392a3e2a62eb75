"""The fast client does the same as any httpx client."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest
import pytest_asyncio

from fakes import ORDER_OPERATIONS, order_network
from sagacheck.inprocess import AttemptContext, FakesClient, httpx_patch, in_context
from sagacheck.network import Fault, FaultRule, UnknownRouteError
from sagacheck.world import Settings, as_json

pytestmark = pytest.mark.asyncio

URL = "http://inventory.internal"
HEADERS = ("content-type", "retry-after")
LINES = {"order_id": "o1", "items": [{"sku": "WIDGET", "qty": 2}], "idempotency_key": "k"}
FAULTS = [
    None,
    Fault("refuse"),
    Fault("drop_request"),
    Fault("reject", status=503),
    Fault("reject", status=429, retry_after=7),
    Fault("drop_response"),
    Fault("reset_after_effect"),
    Fault("status_after_effect", status=500),
    Fault("malformed"),
    Fault("truncated"),
    Fault("empty"),
    Fault("delay_request", delay=60),
    Fault("duplicate", copies=2),
]


@pytest_asyncio.fixture
async def clients() -> AsyncIterator[tuple[httpx.AsyncClient, httpx.AsyncClient]]:
    """Any client of httpx, answered through the patch, and the fast client."""
    async with httpx.AsyncClient() as long, FakesClient() as short:
        with httpx_patch():
            yield long, short


async def _reserve_and_release(
    client: httpx.AsyncClient, fault: Fault | None
) -> tuple[list[Any], Any]:
    """What a caller sees, and what the journal says."""
    network = order_network(Settings(stock={"WIDGET": 5}))
    if fault is not None:
        names = frozenset(operation.name for operation in ORDER_OPERATIONS.operations)
        network.rules.append(FaultRule(names, fault))
    seen: list[Any] = []
    with in_context(AttemptContext(network, order="o1", activity="a")):
        for method, content in (
            ("POST", {"json": LINES}),
            ("DELETE", {"params": {"idempotency_key": "k"}}),
        ):
            url = f"{URL}/reservations"
            try:
                response = await client.request(method, url, timeout=5, **content)
            except httpx.TransportError as error:
                seen.append((type(error), str(error), error.request.method, error.request.url.path))
            else:
                headers = [response.headers.get(name) for name in HEADERS]
                asked = response.request.url.path
                seen.append((response.status_code, response.content, headers, asked))
                seen.append(_json_of(response))
    return seen, as_json(list(network.world.journal))


def _json_of(response: httpx.Response) -> Any:
    """The body as JSON, or why it is none."""
    try:
        return response.json()
    except ValueError as error:
        return type(error), str(error)


@pytest.mark.parametrize("fault", FAULTS, ids=str)
async def test_both_ways_show_and_do_the_same(
    clients: tuple[httpx.AsyncClient, httpx.AsyncClient], fault: Fault | None
) -> None:
    """Status, body, JSON, headers, errors and journal are the same, whatever happens on the way."""
    long, short = [await _reserve_and_release(client, fault) for client in clients]

    assert short == long


async def _streamed(client: httpx.AsyncClient, fault: Fault | None, key_in: str) -> tuple[Any, Any]:
    """What a caller sees that reads a reply part by part, and what the journal says."""
    network = order_network(Settings(stock={"WIDGET": 5}))
    if fault is not None:
        network.rules.append(FaultRule(frozenset({"inventory.reserve"}), fault))
    seen: Any
    with in_context(AttemptContext(network, order="o1", activity="a")):
        try:
            async with client.stream(
                "POST",
                f"{URL}/reservations",
                json=LINES,
                headers={"Accept-Encoding": "identity", key_in: "k"},
                follow_redirects=False,
                timeout=5,
            ) as reply:
                content = b"".join([part async for part in reply.aiter_bytes()])
                seen = reply.status_code, content, reply.headers.get("retry-after")
        except httpx.TransportError as error:
            seen = type(error), str(error), error.request.url.path
    return seen, as_json(list(network.world.journal))


@pytest.mark.parametrize("key_in", ["Idempotency-Key", "idempotency-key", "X-Trace"])
@pytest.mark.parametrize("fault", [*FAULTS, Fault("status_after_effect", status=302)], ids=str)
async def test_a_stream_with_headers_is_the_same_in_both_ways(
    clients: tuple[httpx.AsyncClient, httpx.AsyncClient], fault: Fault | None, key_in: str
) -> None:
    """Status, body, errors and journal, which names a key that no operation reads."""
    long, short = [await _streamed(client, fault, key_in) for client in clients]

    assert short == long


async def test_whatever_is_unusual_is_answered_too(
    clients: tuple[httpx.AsyncClient, httpx.AsyncClient],
) -> None:
    """Bytes, headers, reads, and parameters in the URL."""
    for client in clients:
        network = order_network(Settings(stock={"WIDGET": 5}))
        with in_context(AttemptContext(network)):
            sent = await client.post(
                f"{URL}/reservations", content=b"{", headers={"Content-Type": "application/json"}
            )
            stock = await client.get(f"{URL}/stock")
            gone = await client.delete(f"{URL}/reservations?idempotency_key=k")
        assert (sent.status_code, sent.json()["error"]) == (400, "invalid_request")
        assert stock.json()["WIDGET"]["available"] == 5
        assert gone.raise_for_status().status_code == 204


@pytest.mark.parametrize(
    ("limit", "waited"),
    [({}, 5.0), ({"timeout": 3}, 3.0), ({"timeout": httpx.Timeout(9, read=2)}, 2.0)],
    ids=["the client's own", "a number", "a read timeout"],
)
async def test_the_read_timeout_counts(
    clients: tuple[httpx.AsyncClient, httpx.AsyncClient], limit: dict[str, Any], waited: float
) -> None:
    """The caller gives up in the world's time when its read timeout has passed."""
    for client in clients:
        network = order_network(Settings(stock={"WIDGET": 5}))
        lost = FaultRule(frozenset({"inventory.reserve"}), Fault("drop_request"))
        network.rules.append(lost)
        with in_context(AttemptContext(network)), pytest.raises(httpx.ReadTimeout):
            await client.post(f"{URL}/reservations", json=LINES, **limit)
        assert network.world.clock.now() == waited


async def test_mistakes_are_errors_as_through_the_patch() -> None:
    """A route that no fake has, a request outside of any network, a body that is no JSON."""
    async with FakesClient() as client:
        with pytest.raises(RuntimeError, match="sent outside of any world"):
            await client.post(f"{URL}/reservations", json=LINES)
        with in_context(AttemptContext(order_network())):
            with pytest.raises(UnknownRouteError, match="the nearest is POST /reservations"):
                await client.post(f"{URL}/reservation", json=LINES)
            with pytest.raises(ValueError, match="not JSON compliant"):
                await client.post(f"{URL}/reservations", json={"qty": float("nan")})


@pytest.mark.parametrize(
    "body",
    [{}, {"a": "é\n", "b": 1 << 70, "c": True, "d": None}, {"a": [{"b": 1.5}]}, {1: "a"}],
    ids=["empty", "flat", "nested", "number as key"],
)
async def test_a_body_arrives_as_httpx_would_send_it(body: Any) -> None:
    """It is written in one of two ways, and both say what httpx says."""
    network = order_network()
    async with FakesClient() as client:
        with in_context(AttemptContext(network)):
            await client.post(f"{URL}/reservations", json=body)

    (attempt,) = network.world.journal
    assert attempt.body == json.loads(httpx.Request("POST", URL, json=body).read())


@pytest.mark.parametrize(
    "value",
    [Decimal(1), datetime(2026, 1, 1, tzinfo=UTC), {1}, b"a", float("nan"), "\ud800", ["\ud800"]],
    ids=repr,
)
async def test_what_is_no_json_is_not_sent(value: Any) -> None:
    """A client that would fail on the real thing fails here, and in the same way."""
    with pytest.raises((TypeError, ValueError)) as real:
        httpx.Request("POST", URL, json={"a": value})
    async with FakesClient() as client:
        with in_context(AttemptContext(order_network())), pytest.raises(real.type):
            await client.post(f"{URL}/reservations", json={"a": value})
