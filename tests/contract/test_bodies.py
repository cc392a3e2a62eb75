"""Bodies that no service can read: refused on every face, and in the journal."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.contract.faces import Face
from tests.contract.order_requests import CHARGE

pytestmark = pytest.mark.asyncio

DEEP = 500


@dataclass(frozen=True)
class Body:
    """What is sent, and how it is answered."""

    what: str
    content: bytes
    status: int = 400
    code: str = "invalid_request"

    def __str__(self) -> str:
        return self.what


WRONG = (
    Body("no UTF-8", b'{"order_id": "\xff"}'),
    Body("half of a surrogate", b'{"order_id": "\\ud800"}'),
    Body("5,000 digits", b'{"order_id": "o", "amount": ' + b"9" * 5000 + b"}"),
    Body("41 digits", b'{"order_id": "o", "amount": 1' + b"0" * 40 + b"}"),
    Body("41 digits within", b'{"order_id": "o", "amount": {"a": [-1' + b"0" * 40 + b"]}}"),
    Body("no float", b'{"order_id": "o", "amount": 1e999}'),
    Body("500 deep", b'{"order_id": "o", "amount": ' + b"[" * DEEP + b"]" * DEEP + b"}"),
    Body("100,000 deep", b"[" * 100_000),
    Body("too large", b'{"order_id": "' + b"o" * 1024 * 1024 + b'"}', 413, "body_too_large"),
)
RIGHT = (
    Body("long text", b'{"order_id": "' + b"[{" * 200_000 + b'", "customer_id": "c"}', 202),
    Body("digits", b'{"order_id": "' + b"9" * 5000 + b'", "customer_id": "c"}', 202),
)


@pytest.mark.parametrize("body", WRONG, ids=str)
async def test_a_body_that_cannot_be_read_is_refused(face: Face, body: Body) -> None:
    """With an attempt in the journal, as every request has."""
    for path in (CHARGE.path, "/emails"):
        response = await face.request("POST", path, content=body.content)

        assert (response.status_code, response.json()["error"]) == (body.status, body.code)
        assert (face.last_attempt.status, face.last_attempt.error) == (body.status, body.code)
    assert face.world.ledger.effects == {}
    assert (await face.post(CHARGE.path, CHARGE.body)).status_code == 201


@pytest.mark.parametrize("body", RIGHT, ids=str)
async def test_a_body_within_all_limits_is_taken(face: Face, body: Body) -> None:
    """Brackets in a text are no depth, digits in a text no number."""
    response = await face.request("POST", "/emails", content=body.content)

    assert response.status_code == body.status


@pytest.mark.parametrize("body", WRONG, ids=str)
async def test_a_control_body_that_cannot_be_read_is_refused(over_http: Face, body: Body) -> None:
    """On every control route that takes a body."""
    headers = {"Content-Type": "application/json"}
    for path in ("reset", "faults", "finished", "settle"):
        url = f"/__fakes__/{path}"
        response = await over_http.request("POST", url, content=body.content, headers=headers)

        assert response.status_code == body.status


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("reset", {"default_stock": 10**18}),
        ("reset", {"stock": {"W": 10**12 + 1}}),
        ("faults", {"on": "payments", "fault": "9" * 5000}),
        ("faults", {"on": "payments", "fault": "\u0664\u0660\u0662"}),
        ("faults", {"on": "payments", "fault": 503, "calls": "9" * 5000 + ".."}),
        ("faults", {"on": "payments", "fault": {"outage": {"from": "0s", "to": "9" * 5000}}}),
        ("faults", {"on": "x" * 900_000, "fault": 503}),
        ("finished", {"orders": {"o": "x" * 900_000}}),
    ],
    ids=range(8),
)
async def test_a_control_value_beyond_all_limits_is_refused(
    over_http: Face, path: str, body: object
) -> None:
    """With a message that quotes no more than the beginning of it."""
    response = await over_http.post(f"/__fakes__/{path}", body)

    assert response.status_code == 400
    assert len(response.text) < 1000


@pytest.mark.parametrize(
    "after", ["9" * 5000, "9223372036854775808", "-2", "1_0", " 1", "\u0661", "x", ""], ids=range(8)
)
async def test_a_position_is_a_whole_number(over_http: Face, after: str) -> None:
    """Of 64 bits at most."""
    for path in ("books", "journal"):
        response = await over_http.request("GET", f"/__fakes__/{path}", params={"after": after})

        assert (response.status_code, response.json()["error"]) == (400, "invalid_request")
