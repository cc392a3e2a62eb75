"""Control routes answer programs of this computer, and no web page."""

from __future__ import annotations

import httpx
import pytest

from fakes import order_services
from sagacheck.http.app import create_app
from tests.contract.order_requests import CHARGE

pytestmark = pytest.mark.asyncio

ROUTES = [
    ("POST", "reset"),
    ("GET", "faults"),
    ("POST", "faults"),
    ("DELETE", "faults"),
    ("GET", "books"),
    ("GET", "books?after=-1"),
    ("GET", "journal"),
    ("GET", "totals"),
    ("POST", "finished"),
    ("POST", "settle"),
    ("GET", "health"),
]
STRANGERS = [
    ({"Host": "evil.example"}, "foreign_host"),
    ({"Host": "localhost.evil.example:80"}, "foreign_host"),
    ({"Host": "127.0.0.1.evil.example"}, "foreign_host"),
    ({"Host": "0.0.0.0"}, "foreign_host"),
    ({"Host": ""}, "foreign_host"),
    ({"Origin": "http://evil.example"}, "foreign_origin"),
    ({"Origin": "http://localhost:8089"}, "foreign_origin"),
    ({"Origin": "https://localhost"}, "foreign_origin"),
    ({"Origin": "null"}, "foreign_origin"),
]
FRIENDS = [
    {},
    {"Host": "localhost:8080"},
    {"Host": "127.0.0.1:1"},
    {"Host": "[::1]:8080"},
    {"Host": "LOCALHOST"},
    {"Host": "localhost:8080", "Origin": "http://localhost:8080"},
]


def client_of(*, public: bool = False) -> httpx.AsyncClient:
    """A client of fakes without a socket."""
    app = create_app(order_services, public=public)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost")


@pytest.mark.parametrize(("method", "route"), ROUTES)
async def test_a_stranger_is_refused(method: str, route: str) -> None:
    """On every control route; nothing changes."""
    async with client_of() as client:
        await client.post(CHARGE.path, json=CHARGE.body)
        for headers, error in STRANGERS:
            response = await client.request(method, f"/__fakes__/{route}", headers=headers)
            assert (response.status_code, response.json()["error"]) == (403, error), headers
        assert len((await client.get(CHARGE.path)).json()) == 1


@pytest.mark.parametrize("headers", FRIENDS, ids=str)
async def test_a_program_of_this_computer_is_answered(headers: dict[str, str]) -> None:
    """By any of its names."""
    async with client_of() as client:
        response = await client.post("/__fakes__/reset", headers=headers)
        assert response.status_code == 200


async def test_a_public_server_is_reached_by_any_name() -> None:
    """But by no web page of another."""
    headers = {"Host": "fakes.internal:8080"}
    page = {**headers, "Origin": "http://evil.example"}
    async with client_of(public=True) as client:
        assert (await client.post("/__fakes__/reset", headers=headers)).status_code == 200
        assert (await client.post("/__fakes__/reset", headers=page)).status_code == 403


async def test_services_are_reached_by_any_name() -> None:
    """A saga calls them by the names that its cluster gives them."""
    async with client_of() as client:
        headers = {"Host": "payments.internal"}
        response = await client.post(CHARGE.path, json=CHARGE.body, headers=headers)
        assert response.status_code == 201


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", None])
async def test_a_control_body_says_that_it_is_json(kind: str | None) -> None:
    """Other types a web page can send without asking; without a body there is no type."""
    headers = {} if kind is None else {"Content-Type": kind}
    async with client_of() as client:
        body = b'{"on": "payments", "fault": 503}'
        response = await client.post("/__fakes__/faults", content=body, headers=headers)
        assert (response.status_code, response.json()["error"]) == (415, "unsupported_media_type")
        assert (await client.get("/__fakes__/faults")).json() == {"faults": []}

        headers = {"Content-Type": "Application/JSON; charset=utf-8"}
        response = await client.post("/__fakes__/faults", content=body, headers=headers)
        assert response.status_code == 201
