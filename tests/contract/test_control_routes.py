from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.contract.faces import OverHttp
from tests.contract.order_requests import CHARGE, RESERVE, refusal

pytestmark = pytest.mark.asyncio

DROPPED = {"on": "payments.charge", "fault": "drop_response", "calls": [1, 3], "order": "o1"}


async def control(face: OverHttp, method: str, name: str, body: Any = None) -> httpx.Response:
    """Ask for a control route."""
    return await face.request(method, f"/__fakes__/{name}", json=body)


async def test_a_fault_can_be_added_listed_and_cleared(over_http: OverHttp) -> None:
    """A fault as scenario files have it becomes a rule, which counts how often it fired."""
    added = await control(over_http, "POST", "faults", DROPPED)
    await over_http.times_out(CHARGE.ask(over_http))
    listed = await control(over_http, "GET", "faults")
    cleared = await control(over_http, "DELETE", "faults")

    rule = {
        "on": ["payments.charge"],
        "fault": "drop_response",
        "calls": [1, 3],
        "order": "o1",
        "share": 1.0,
    }
    assert (added.status_code, added.json()) == (201, {**rule, "fired": 0})
    assert listed.json() == {"faults": [{**rule, "fired": 1}]}
    assert cleared.json() == {"faults": []}
    assert (await CHARGE.ask(over_http)).status_code == 201


@pytest.mark.parametrize(
    "fault",
    [
        "drop_response",
        503,
        {"reject": {"status": 409, "code": "gone", "retry_after": "30s"}},
        {"status_after_effect": 500},
        {"delay_request": "1h30m"},
        {"duplicate": 3},
        {"outage": {"from": "0s", "to": "1h"}},
    ],
    ids=str,
)
async def test_what_is_listed_can_be_added_again(over_http: OverHttp, fault: Any) -> None:
    """POST takes each row of GET as it is, and makes the same rule of it."""
    body = {"on": "inventory", "fault": fault, "calls": "2..", "order": "o1", "share": 0.5}
    await control(over_http, "POST", "faults", body)
    (listed,) = (await control(over_http, "GET", "faults")).json()["faults"]

    again = await control(over_http, "POST", "faults", listed)

    assert (again.status_code, again.json()) == (201, listed)
    first, second = over_http.network.rules
    assert first == second


async def test_a_fault_on_a_service_is_one_on_its_operations(over_http: OverHttp) -> None:
    """`on: inventory` means all its operations that the fault fits."""
    on_all = await control(over_http, "POST", "faults", {"on": "inventory", "fault": 503})
    on_bodies = await control(over_http, "POST", "faults", {"on": "inventory", "fault": "empty"})

    assert on_all.json()["on"] == ["inventory.release", "inventory.reserve"]
    assert on_bodies.json()["on"] == ["inventory.reserve"]


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"on": "paymnts.charge", "fault": 500}, "did you mean payments.charge?"),
        ({"on": "payments.charge", "fault": "drop_respons"}, "did you mean drop_response?"),
        ({"on": "payments.charge", "fault": "timeout"}, "drop_request or drop_response"),
        ({"on": "payments.charge", "falt": 500}, "did you mean fault?"),
        ({"on": "payments.charge", "fault": 200}, "from 400 to 599, not 200"),
        ({"on": "payments.charge", "fault": "delay_request"}, "{delay_request: 45s}"),
        ({"on": "payments.charge", "fault": {"delay_request": 30}}, "such as 30s"),
        ({"on": "payments.charge", "fault": {"duplicate": 1}}, "from 2 to 100, not 1"),
        ({"on": "payments.charge", "fault": {"refuse": 1}}, "takes no argument"),
        ({"on": "payments.charge", "fault": {"outage": {"from": "2s", "to": "1s"}}}, "after it"),
        ({"on": "payments.charge", "fault": {"status_after_effect": 199}}, "from 200 to 599"),
        ({"on": "payments", "fault": {"status_after_effect": 201}}, "that is how it succeeds"),
        ({"on": "payments.charge", "fault": 500, "calls": 0}, "at least 1, not 0"),
        ({"on": "payments.charge", "fault": 500, "calls": "often"}, 'not "often"'),
        ({"on": "payments.charge", "fault": 500, "order": 7}, "order must be a text, not 7"),
        ({"on": "inventory.release", "fault": "truncated"}, "does not fit inventory.release"),
        ({"on": "payments.charge", "fault": "crash_after"}, "needs a worker"),
        ({"on": "payments.charge", "fault": "evict"}, "needs a worker"),
        ({"on": "payments.charge", "fault": 500, "share": 1.5}, "a number from 0 to 1, not 1.5"),
        ({"on": "payments.charge", "fault": 500, "share": True}, "from 0 to 1, not true"),
        ({"on": "payments.charge", "fault": 500, "share": "5 %"}, 'from 0 to 1, not "5 %"'),
        ({"fault": 500}, "needs 'on'"),
        ([], "must be an object"),
    ],
    ids=str,
)
async def test_a_fault_that_means_nothing_is_refused(
    over_http: OverHttp, body: Any, sentence: str
) -> None:
    """400 invalid_fault says what is wrong, what the rule is, or what was meant."""
    response = await control(over_http, "POST", "faults", body)

    assert refusal(response) == (400, "invalid_fault")
    assert sentence in response.json()["detail"]
    assert over_http.network.rules == []


async def test_a_reset_begins_a_new_world(over_http: OverHttp) -> None:
    """After a reset there are no effects, no faults and no attempts."""
    await control(over_http, "POST", "faults", {"on": "payments", "fault": 500, "calls": "2.."})
    await CHARGE.ask(over_http)

    assert (await control(over_http, "POST", "reset")).status_code == 200
    assert (await control(over_http, "GET", "journal")).json() == {"attempts": []}
    assert (await control(over_http, "GET", "faults")).json() == {"faults": []}
    assert (await over_http.get("/charges")) == []


async def test_a_reset_may_change_settings(over_http: OverHttp) -> None:
    """The settings are written as under `given` in scenario files."""
    body = {"stock": {"WIDGET": 1}, "ships_after": "1h", "idempotency": {"expires": "24h"}}

    settings = (await control(over_http, "POST", "reset", body)).json()["settings"]

    assert settings["ships_after"] == 3600
    assert settings["idempotency_expires_after"] == 86400
    assert refusal(await RESERVE.ask(over_http)) == (409, "insufficient_inventory")


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"stok": {}}, "did you mean stock?"),
        ({"stock": {"WIDGET": -1}}, "at least 0, not -1"),
        ({"stock": 5}, "stock must be an object, not 5"),
        ({"ships_after": "soon"}, "is not a duration"),
        ({"refunds": "refuse"}, "did you mean refused?"),
        ({"cards": {"pm_1": "stolen"}}, "known are declined"),
        ({"idempotency": "replays"}, "did you mean replay?"),
        ([1], "must be an object"),
    ],
    ids=str,
)
async def test_settings_that_mean_nothing_are_refused(
    over_http: OverHttp, body: Any, sentence: str
) -> None:
    """400 invalid_settings, and the network stays as it is."""
    await CHARGE.ask(over_http)

    response = await control(over_http, "POST", "reset", body)

    assert refusal(response) == (400, "invalid_settings")
    assert sentence in response.json()["detail"]
    assert len(over_http.world.journal) == 1


async def test_a_control_body_must_be_json(over_http: OverHttp) -> None:
    """What is no JSON at all is refused in the same way."""
    response = await over_http.request("POST", "/__fakes__/faults", content="{")

    assert refusal(response) == (400, "invalid_fault")


async def test_the_ledger_shows_entries_effects_and_balances(over_http: OverHttp) -> None:
    """Everything that the services hold, as JSON."""
    await CHARGE.ask(over_http)

    ledger = (await control(over_http, "GET", "books")).json()

    assert [entry["operation"] for entry in ledger["entries"]] == ["payments.charge"]
    assert [posting["amount"] for posting in ledger["entries"][0]["postings"]] == [-1999, 1999]
    assert [(e["order"], e["state"]) for e in ledger["effects"]] == [("o1", "live")]
    assert ledger["balances"] == {"customer": {"USD": -1999}, "merchant": {"USD": 1999}}


async def test_the_journal_shows_each_attempt(over_http: OverHttp) -> None:
    """Each attempt as JSON, with what was asked, what arrived and what the caller saw."""
    await CHARGE.ask(over_http)

    (attempt,) = (await control(over_http, "GET", "journal")).json()["attempts"]

    assert (attempt["order"], attempt["operation"], attempt["call"]) == ("o1", "payments.charge", 1)
    assert (attempt["outcome"], attempt["status"]) == ("ok", 201)
    assert attempt["arrivals"] == [{"at": 0.0, "status": 201, "code": "", "entries": [0]}]


async def test_health_is_ok(over_http: OverHttp) -> None:
    """A program that waits for the fakes can ask whether they are there."""
    assert (await control(over_http, "GET", "health")).json()["status"] == "ok"


async def test_an_unknown_route_names_the_nearest(over_http: OverHttp) -> None:
    """404 unknown_route helps with the spelling, of operations, reads and control routes alike."""
    for method, path, nearest in (
        ("POST", "/charge", "POST /charges"),
        ("GET", "/stocks", "GET /stock"),
        ("POST", "/__fakes__/fault", "POST /__fakes__/faults"),
        ("POST", "/charges/", "POST /charges"),
    ):
        response = await over_http.request(method, path)

        assert refusal(response) == (404, "unknown_route")
        assert response.json()["detail"].endswith(f"the nearest is {nearest}")


async def test_a_wrong_method_names_the_right_ones(over_http: OverHttp) -> None:
    """405 says in its detail and in its Allow header what the path answers."""
    response = await over_http.request("PUT", "/reservations")

    assert refusal(response) == (405, "wrong_method")
    assert response.headers["allow"] == "DELETE, GET, POST"
