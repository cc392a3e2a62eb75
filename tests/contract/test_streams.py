from __future__ import annotations

import pytest

from sagacheck.http import streams
from tests.contract.control_requests import finish, lines
from tests.contract.faces import OverHttp
from tests.contract.order_requests import CHARGE, RESERVE, SEND, refusal

pytestmark = pytest.mark.asyncio


async def charges(face: OverHttp, *orders: str) -> None:
    """Charge orders, one after the other."""
    for order in orders:
        await CHARGE.ask(face, order_id=order, idempotency_key=order)


@pytest.mark.parametrize("name", ["journal", "books"])
async def test_a_stream_goes_on_after_a_position(over_http: OverHttp, name: str) -> None:
    """A reader gets each line once, in order, whatever has been put away in the meantime."""
    await charges(over_http, "o0", "o1", "o2")
    first = lines(await over_http.request("GET", f"/__fakes__/{name}?after=-1"))
    await finish(over_http, o1=["o1"])
    await charges(over_http, "o3", "o4")
    await finish(over_http, o4=["o4"])
    more = lines(await over_http.request("GET", f"/__fakes__/{name}?after=2"))
    none = lines(await over_http.request("GET", f"/__fakes__/{name}?after=4"))

    assert [line["number"] for line in first] == [0, 1, 2]
    assert [(line["number"], line["order"]) for line in more] == [(3, "o3"), (4, "o4")]
    assert none == []


@pytest.mark.parametrize("name", ["journal", "books"])
async def test_a_stream_is_sent_a_page_at_a_time(
    over_http: OverHttp, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long it is, a page of it is in memory; pages of both sources fit together."""
    monkeypatch.setattr(streams, "PAGE", 2)
    await charges(over_http, *(f"o{number}" for number in range(7)))
    await finish(over_http, o1=[], o2=[], o5=[])

    whole = lines(await over_http.request("GET", f"/__fakes__/{name}?after=-1"))

    assert [(line["number"], line["order"]) for line in whole] == [(n, f"o{n}") for n in range(7)]


async def test_an_attempt_is_sent_as_it_is_now(over_http: OverHttp) -> None:
    """What is under way is pending; asked for again it reads otherwise."""
    over_http.fault("notifications.send", {"delay_request": "1m"})
    await over_http.times_out(SEND.ask(over_http))
    (late,) = lines(await over_http.request("GET", "/__fakes__/journal?after=-1"))
    over_http.advance(60)
    (arrived,) = lines(await over_http.request("GET", "/__fakes__/journal?after=-1"))

    assert (late["outcome"], late["arrivals"]) == ("unknown", [])
    assert [delivery["status"] for delivery in arrived["arrivals"]] == [202]


@pytest.mark.parametrize("after", ["", "last", "1.5"])
async def test_a_position_is_a_number(over_http: OverHttp, after: str) -> None:
    """400 invalid_request names the value and the rule."""
    response = await over_http.request("GET", f"/__fakes__/journal?after={after}")

    assert refusal(response) == (400, "invalid_request")
    assert "after must be a whole number" in response.json()["detail"]


async def test_a_query_that_means_nothing_is_refused(over_http: OverHttp) -> None:
    """A misspelt position must not look like none."""
    response = await over_http.request("GET", "/__fakes__/books?from=3")

    assert refusal(response) == (400, "invalid_request")


async def test_the_opening_stock_is_in_the_stream(over_http: OverHttp) -> None:
    """Every change of the ledger has its line, those of the outside world too."""
    await RESERVE.ask(over_http)

    stream = lines(await over_http.request("GET", "/__fakes__/books?after=-1"))

    assert [line["operation"] for line in stream] == ["world.stock", "world.stock", RESERVE.create]
