from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from sagacheck.world import AttemptOutcome
from tests.contract.faces import Face, InProcess, OverHttp, until
from tests.contract.order_requests import CHARGE, RESERVE, effects, refusal

OUTAGE = {"outage": {"from": "0s", "to": "1m"}}


@pytest.mark.parametrize("fault", ["refuse", OUTAGE], ids=["refuse", "outage"])
@pytest.mark.asyncio
async def test_a_refused_connection_is_known_to_have_done_nothing(
    in_process: Face, fault: Any
) -> None:
    """In process the client cannot connect, so it knows that nothing happened."""
    in_process.fault("payments.charge", fault)

    with pytest.raises(httpx.ConnectError):
        await CHARGE.ask(in_process)

    assert in_process.last_attempt.outcome is AttemptOutcome.REFUSED
    assert effects(in_process, CHARGE) == []


@pytest.mark.parametrize("fault", ["refuse", OUTAGE], ids=["refuse", "outage"])
@pytest.mark.asyncio
async def test_over_http_a_refused_connection_is_a_reset(over_http: Face, fault: Any) -> None:
    """The connection stands already, so a client cannot know what became of its request."""
    over_http.fault("payments.charge", fault)

    with pytest.raises(httpx.ReadError):
        await CHARGE.ask(over_http)

    assert over_http.last_attempt.outcome is AttemptOutcome.UNKNOWN
    assert effects(over_http, CHARGE) == []


@pytest.mark.asyncio
async def test_an_outage_ends(face: Face) -> None:
    """Connections are refused until the outage is over, and accepted from then on."""
    face.fault("payments.charge", OUTAGE, calls="all")
    with pytest.raises((httpx.ConnectError, httpx.ReadError)):
        await CHARGE.ask(face)

    face.advance(60)

    assert (await CHARGE.ask(face)).status_code == 201


@pytest.mark.parametrize(("fault", "made"), [("drop_request", []), ("drop_response", ["live"])])
@pytest.mark.asyncio
async def test_a_lost_request_and_a_lost_reply_look_the_same(
    face: Face, fault: str, made: list[str]
) -> None:
    """Both are a timeout to the client; only one of them has happened."""
    face.fault("payments.charge", fault)

    await face.times_out(CHARGE.ask(face))

    assert effects(face, CHARGE) == made
    assert (face.last_attempt.outcome, face.last_attempt.status) == (AttemptOutcome.UNKNOWN, None)


@pytest.mark.asyncio
async def test_a_reset_after_the_effect_is_a_read_error(face: Face) -> None:
    """The connection breaks after the charge was made."""
    face.fault("payments.charge", "reset_after_effect")

    with pytest.raises(httpx.ReadError):
        await CHARGE.ask(face)

    assert effects(face, CHARGE) == ["live"]
    assert face.last_attempt.outcome is AttemptOutcome.UNKNOWN


@pytest.mark.asyncio
async def test_a_truncated_reply_is_a_protocol_error(face: Face) -> None:
    """The reply breaks off in the middle of its body."""
    face.fault("payments.charge", "truncated")

    with pytest.raises(httpx.RemoteProtocolError):
        await CHARGE.ask(face)

    assert effects(face, CHARGE) == ["live"]
    assert face.last_attempt.outcome is AttemptOutcome.UNKNOWN


@pytest.mark.parametrize(
    ("fault", "content"), [("malformed", "<html>It works!</html>"), ("empty", "")]
)
@pytest.mark.asyncio
async def test_a_success_may_be_unreadable(face: Face, fault: str, content: str) -> None:
    """The status says 201, the body says nothing that a client could use."""
    face.fault("payments.charge", fault)

    response = await CHARGE.ask(face)

    assert (response.status_code, response.text) == (201, content)
    assert effects(face, CHARGE) == ["live"]
    assert face.last_attempt.outcome is AttemptOutcome.UNKNOWN


@pytest.mark.parametrize("status", [500, 502, 503, 504])
@pytest.mark.asyncio
async def test_an_error_may_hide_a_success(face: Face, status: int) -> None:
    """A 5xx after the effect is an outcome unknown to the client."""
    face.fault("payments.charge", {"status_after_effect": status})

    assert (await CHARGE.ask(face)).status_code == status
    assert effects(face, CHARGE) == ["live"]
    assert face.last_attempt.outcome is AttemptOutcome.UNKNOWN


@pytest.mark.parametrize("status", [400, 402, 404, 409, 422, 429])
@pytest.mark.asyncio
async def test_a_refusal_may_hide_a_success(face: Face, status: int) -> None:
    """A 4xx after the effect tells the client that nothing happened, which is not so."""
    face.fault("payments.charge", {"status_after_effect": status})

    assert (await CHARGE.ask(face)).status_code == status
    assert effects(face, CHARGE) == ["live"]
    assert face.last_attempt.outcome is AttemptOutcome.REFUSED


@pytest.mark.parametrize(
    ("status", "fields", "outcome"),
    [
        (200, {"payment_id"}, AttemptOutcome.OK),
        (202, {"payment_id"}, AttemptOutcome.OK),
        (204, set(), AttemptOutcome.UNKNOWN),
        (302, set(), AttemptOutcome.UNKNOWN),
    ],
)
@pytest.mark.asyncio
async def test_a_success_may_have_another_status(
    face: Face, status: int, fields: set[str], outcome: AttemptOutcome
) -> None:
    """A 2xx keeps the body, where it may have one; a redirection says nothing of the effect."""
    face.fault("payments.charge", {"status_after_effect": status})

    response = await CHARGE.ask(face)

    assert response.status_code == status
    assert set(response.json() if response.content else {}) == fields
    assert effects(face, CHARGE) == ["live"]
    assert face.last_attempt.outcome is outcome


@pytest.mark.asyncio
async def test_a_redirection_after_an_effect_without_a_body_is_no_success(face: Face) -> None:
    """What a caller expects no body of is not done either, where the reply is a redirection."""
    await RESERVE.ask(face)
    face.fault("inventory.release", {"status_after_effect": 302})

    await RESERVE.undo_by_key(face)

    assert face.last_attempt.outcome is AttemptOutcome.UNKNOWN


@pytest.mark.parametrize("status", [200, 204])
@pytest.mark.asyncio
async def test_another_success_does_not_hide_a_refusal(face: Face, status: int) -> None:
    """Where the service refuses there is no effect after which a success could come."""
    face.fault("inventory.reserve", {"status_after_effect": status})

    response = await RESERVE.ask(face, items=[{"sku": "WIDGET", "qty": 10_000}])

    assert refusal(response) == (409, "insufficient_inventory")
    assert effects(face, RESERVE) == []


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        (402, 402, "payment_declined"),
        ("500", 500, "internal_server_error"),
        (502, 502, "bad_gateway"),
        (504, 504, "gateway_timeout"),
        ({"reject": {"status": 409, "code": "request_in_flight"}}, 409, "request_in_flight"),
    ],
    ids=str,
)
@pytest.mark.asyncio
async def test_a_rejection_has_the_code_that_fits(
    face: Face, fault: Any, status: int, code: str
) -> None:
    """A status alone gets the operation's own code, or the status's name."""
    face.fault("payments.charge", fault)

    assert refusal(await CHARGE.ask(face)) == (status, code)
    assert effects(face, CHARGE) == []


@pytest.mark.parametrize(
    ("fault", "seconds"),
    [(429, "1"), (503, "1"), ({"reject": {"status": 503, "retry_after": "30s"}}, "30")],
    ids=str,
)
@pytest.mark.asyncio
async def test_a_service_that_is_busy_says_when_to_come_again(
    face: Face, fault: Any, seconds: str
) -> None:
    """429 and 503 carry Retry-After, a second unless the fault says otherwise."""
    face.fault("payments.charge", fault)

    assert (await CHARGE.ask(face)).headers["retry-after"] == seconds


@pytest.mark.asyncio
async def test_other_errors_do_not_say_when_to_come_again(face: Face) -> None:
    """A 500 has no Retry-After."""
    face.fault("payments.charge", 500)

    assert "retry-after" not in (await CHARGE.ask(face)).headers


@pytest.mark.asyncio
async def test_a_duplicate_is_delivered_twice_and_applied_once(face: Face) -> None:
    """With a key the second arrival of a request changes nothing."""
    face.fault("inventory.reserve", {"duplicate": 2})

    assert (await RESERVE.ask(face)).status_code == 201
    assert [d.status for d in face.last_attempt.arrivals] == [201, 201]
    assert effects(face, RESERVE) == ["live"]


@pytest.mark.asyncio
async def test_a_duplicate_without_a_key_is_applied_twice(face: Face) -> None:
    """Without a key each arrival of a request counts."""
    face.fault("inventory.reserve", {"duplicate": 2})

    await RESERVE.ask(face, idempotency_key=None)

    assert effects(face, RESERVE) == ["live", "live"]


@pytest.mark.asyncio
async def test_faults_count_the_calls_of_each_order(face: Face) -> None:
    """`calls: 2` is the second call of every order, not the second of all."""
    face.fault("payments.charge", 500, calls=2)

    statuses = [
        (await CHARGE.ask(face, order_id=order, idempotency_key=order)).status_code
        for order in ("o1", "o2", "o1", "o2", "o1")
    ]

    assert statuses == [201, 201, 500, 500, 201]


@pytest.mark.asyncio
async def test_requests_of_other_connections_pass_one_that_is_held(face: Face) -> None:
    """A lost reply delays only its own caller."""
    face.fault("payments.charge", "drop_response")
    lost = asyncio.ensure_future(CHARGE.ask(face))
    await until(lambda: effects(face, CHARGE) == ["live"])

    assert (await RESERVE.ask(face)).status_code == 201
    lost.cancel()


def test_both_faces_are_tested(face: Face) -> None:
    """The tests of this folder run in process and over HTTP."""
    assert isinstance(face, InProcess | OverHttp)
