"""The worker of any saga, and where the requests of its activities go."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from fakes import ORDER_OPERATIONS
from sagacheck.load.worker.redirect import Target, redirect, redirected_to
from sagacheck.network import Routes
from sagacheck.network.routes import UnknownRouteError

ROUTES = Routes(ORDER_OPERATIONS)
TARGETS = {
    service: Target(httpx.URL(f"http://127.0.0.1:{8000 + number}"), float(number))
    for number, service in enumerate(ORDER_OPERATIONS.services, start=1)
}


@pytest.mark.parametrize("host", ["payments.internal", "pay", "api.payments.example.com:8443"])
def test_the_path_says_which_service_is_meant(host: str) -> None:
    """A host of production is not called, not even by a saga that was put in as it is."""
    request = httpx.Request("POST", f"https://{host}/charges?a=b", json={})

    redirect(request, targets=TARGETS, routes=ROUTES)

    payments = TARGETS["payments"]
    assert str(request.url) == f"{payments.url}/charges?a=b"
    assert request.headers["Host"] == f"{payments.url.host}:{payments.url.port}"
    assert set(request.extensions["timeout"].values()) == {payments.limit_seconds}
    assert request.extensions["timeout"].keys() == {"connect", "read", "write", "pool"}


def test_each_service_answers_reads_of_all() -> None:
    """A collection is read at any of the services."""
    request = httpx.Request("GET", "http://warehouse/stock")

    redirect(request, targets=TARGETS, routes=ROUTES)

    assert request.url.path == "/stock"
    assert f"http://{request.url.netloc.decode()}" in {str(each.url) for each in TARGETS.values()}


def test_what_no_service_has_is_sent_nowhere() -> None:
    """The error names the nearest route."""
    request = httpx.Request("POST", "https://api.example.com/chargse")

    with pytest.raises(UnknownRouteError, match="/charges"):
        redirect(request, targets=TARGETS, routes=ROUTES)


class _Echo(BaseHTTPRequestHandler):
    """Answers with the host and the body of the request."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        text = f"{self.headers['Host']} {self.headers['Idempotency-Key']} ".encode() + body
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.fixture(name="payments_url")
def _payments_url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Echo)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


ADDRESS = "https://payments.internal/charges"
HEADERS = {"Idempotency-Key": "order-o1"}


def _call(address: str = ADDRESS) -> str:
    with httpx.Client() as client:
        return client.post(address, headers=HEADERS, content="{}").text


async def _call_async() -> str:
    async with httpx.AsyncClient() as client:
        return (await client.post(ADDRESS, headers=HEADERS, content="{}")).text


@pytest.mark.asyncio
async def test_clients_that_activities_make_are_redirected(payments_url: str) -> None:
    """Synchronous or not; headers and body stay as they are."""
    targets = dict.fromkeys(ORDER_OPERATIONS.services, Target(httpx.URL(payments_url), 5.0))
    host = payments_url.removeprefix("http://")

    with redirected_to(targets, ROUTES):
        assert _call() == f"{host} order-o1 {{}}"
        assert await _call_async() == f"{host} order-o1 {{}}"
        with pytest.raises(UnknownRouteError):
            _call("https://payments.internal/chargse")


def test_what_was_redirected_is_not_recorded(payments_url: str) -> None:
    """A worker that runs for hours keeps no list of its requests."""
    targets = dict.fromkeys(ORDER_OPERATIONS.services, Target(httpx.URL(payments_url), 5.0))

    with redirected_to(targets, ROUTES) as router:
        _call()

        assert len(router.calls) == 0
