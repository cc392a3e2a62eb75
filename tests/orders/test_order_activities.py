"""Each activity against the services: what it asks for, and what it makes of the answer."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from pydantic import ValidationError
from temporalio.common import RetryPolicy
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from fakes import order_network
from orders import OrderActivities, ServiceSettings
from orders.activities import MOST_REPLY_BYTES
from orders.messages import Shipment
from sagacheck.inprocess import AttemptContext, httpx_patch, in_context
from sagacheck.network import Fault, FaultRule, Network
from tests.orders._messages import (
    CANCEL_SHIPMENT,
    CHARGE,
    CONFIRM,
    KEY,
    REFUND,
    RELEASE,
    RESERVE,
    SHIP,
)
from tests.orders._stories import PLENTY

NO_STOCK = replace(PLENTY, default_stock=1)


@dataclass
class Desk:
    """Lets activities run in a network, as a worker does."""

    network: Network
    services: ServiceSettings | None = None

    async def do(self, name: str, message: Any) -> Any:
        """Run an activity of this name."""
        with httpx_patch(), in_context(AttemptContext(self.network, order="o1")):
            async with httpx.AsyncClient() as http:
                return await getattr(OrderActivities(http, self.services), name)(message)

    async def fail(self, name: str, message: Any) -> ApplicationError:
        """Run an activity that fails, and return its error."""
        with pytest.raises(ApplicationError) as error:
            await self.do(name, message)
        return error.value

    def suffer(self, operation: str, fault: Fault) -> None:
        """Let all calls of an operation suffer a fault."""
        self.network.rules.append(FaultRule(frozenset({operation}), fault))

    @property
    def effects(self) -> list[str]:
        """What the services have done for the order."""
        return [
            entry.operation for entry in self.network.world.ledger.entries if entry.order == "o1"
        ]


@pytest.fixture
def desk() -> Desk:
    """A network with plenty in stock."""
    return Desk(order_network(PLENTY))


@pytest.mark.asyncio
async def test_steps_return_what_the_services_name(desk: Desk) -> None:
    """Every step has its effect, and returns the ids that the service gave to it."""
    assert await desk.do("reserve_inventory", RESERVE) == "res_1"
    assert await desk.do("charge_payment", CHARGE) == "pay_1"
    assert await desk.do("create_shipment", SHIP) == Shipment("shp_1", "TRACK-1")
    assert await desk.do("send_confirmation", CONFIRM) is None
    assert desk.effects == [
        "inventory.reserve",
        "payments.charge",
        "shipping.create",
        "notifications.send",
    ]


@pytest.mark.asyncio
async def test_every_request_carries_the_key(desk: Desk) -> None:
    """Every create and every undo carries the order's key."""
    for name, message in PAIRS:
        await desk.do(name, message)
    assert {attempt.key for attempt in desk.network.world.journal} == {KEY}


PAIRS = [
    ("reserve_inventory", RESERVE),
    ("charge_payment", CHARGE),
    ("create_shipment", SHIP),
    ("cancel_shipment", CANCEL_SHIPMENT),
    ("refund_payment", REFUND),
    ("release_inventory", RELEASE),
]
STEPS_WITH_UNDO = [(PAIRS[0], PAIRS[5]), (PAIRS[1], PAIRS[4]), (PAIRS[2], PAIRS[3])]


@pytest.mark.asyncio
@pytest.mark.parametrize(("step", "undo"), STEPS_WITH_UNDO)
async def test_undo_twice(desk: Desk, step: tuple[str, Any], undo: tuple[str, Any]) -> None:
    """An undo by key works without the step's reply, and is harmless when it is repeated."""
    await desk.do(*step)
    await desk.do(*undo)
    await desk.do(*undo)
    assert len(desk.effects) == 2


@pytest.mark.asyncio
@pytest.mark.parametrize(("step", "undo"), STEPS_WITH_UNDO)
async def test_undo_before_the_step(
    desk: Desk, step: tuple[str, Any], undo: tuple[str, Any]
) -> None:
    """An undo of what never happened succeeds, and closes the door on the late step."""
    await desk.do(*undo)
    error = await desk.fail(*step)
    assert (error.type, error.non_retryable) == ("KeyCancelled", True)
    assert desk.effects == []


@pytest.mark.asyncio
@pytest.mark.parametrize("name_and_message", PAIRS[:3])
async def test_step_twice(desk: Desk, name_and_message: tuple[str, Any]) -> None:
    """A step that is repeated with its key returns the same and has one effect."""
    assert await desk.do(*name_and_message) == await desk.do(*name_and_message)
    assert len(desk.effects) == 1


@pytest.mark.asyncio
async def test_amount_is_a_decimal_string(desk: Desk) -> None:
    """Money crosses the wire as a string with two places, and is charged to the cent."""
    await desk.do("charge_payment", CHARGE)
    (attempt,) = desk.network.world.journal
    (charge,) = desk.network.world.ledger.effects.values()
    assert attempt.body["amount"] == "39.98"
    assert (charge.amount, charge.currency) == (3998, "USD")


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("settings", "name_and_message", "error_type"),
    [
        (NO_STOCK, PAIRS[0], "InsufficientInventory"),
        (replace(PLENTY, cards={"pm_1": "declined"}), PAIRS[1], "PaymentDeclined"),
        (PLENTY, ("create_shipment", replace(SHIP, address=replace(SHIP.address, city=""))),
         "InvalidAddress"),
    ],
)  # fmt: skip
async def test_refusals(settings: Any, name_and_message: Any, error_type: str) -> None:
    """What a service refuses for good is an error of that name, and is not tried again."""
    error = await Desk(order_network(settings)).fail(*name_and_message)
    assert (error.type, error.non_retryable) == (error_type, True)


@pytest.mark.asyncio
async def test_refund_that_was_made_already(desk: Desk) -> None:
    """A provider that knows the charge as refunded has done what was asked for."""
    fault = Fault("reject", status=400, code="already_refunded")
    desk.suffer("payments.refund", fault)
    assert await desk.do("refund_payment", REFUND) is None


@pytest.mark.asyncio
async def test_refund_that_is_refused() -> None:
    """A refund that the provider rejects is an error, and is not tried again."""
    desk = Desk(order_network(replace(PLENTY, refunds_refused=True)))
    await desk.do("charge_payment", CHARGE)
    error = await desk.fail("refund_payment", REFUND)
    assert (error.type, error.non_retryable) == ("RefundRefused", True)


@pytest.mark.asyncio
@pytest.mark.parametrize("fault", ["malformed", "truncated", "empty"])
@pytest.mark.parametrize("name_and_message", PAIRS[:3])
async def test_success_that_cannot_be_read(
    desk: Desk, fault: str, name_and_message: tuple[str, Any]
) -> None:
    """A reply that cannot be read is no success, but is worth another attempt."""
    desk.suffer("inventory.reserve", Fault(fault))
    desk.suffer("payments.charge", Fault(fault))
    desk.suffer("shipping.create", Fault(fault))
    error = await desk.fail(*name_and_message)
    assert error.type == ("RemoteProtocolError" if fault == "truncated" else "UnreadableReply")
    assert not error.non_retryable


@pytest.mark.asyncio
async def test_body_of_a_confirmation_does_not_matter(desk: Desk) -> None:
    """The id of a confirmation is not needed, so an empty reply is a success."""
    desk.suffer("notifications.send", Fault("empty"))
    assert await desk.do("send_confirmation", CONFIRM) is None


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("fault", "error_type"),
    [
        ("refuse", "ConnectError"),
        ("drop_response", "ReadTimeout"),
        ("reset_after_effect", "ReadError"),
    ],
)
async def test_no_answer(desk: Desk, fault: str, error_type: str) -> None:
    """A call without an answer is worth another attempt, whether it had its effect or not."""
    desk.suffer("payments.charge", Fault(fault))
    error = await desk.fail("charge_payment", CHARGE)
    assert (error.type, error.non_retryable) == (error_type, False)


SLOW = ServiceSettings(payments_timeout=7.0)


@pytest.mark.asyncio
async def test_timeout_is_configured() -> None:
    """A call is given up after as many seconds as the settings say."""
    desk = Desk(order_network(PLENTY), SLOW)
    desk.suffer("payments.charge", Fault("drop_request"))
    await desk.fail("charge_payment", CHARGE)
    assert desk.network.world.clock.now() == pytest.approx(7.0)


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Addresses and timeouts of the services are set by environment variables."""
    monkeypatch.setenv("ORDERS_SHIPPING_URL", "http://localhost:8080")
    monkeypatch.setenv("ORDERS_SHIPPING_TIMEOUT", "3.5")
    settings = ServiceSettings()
    assert (settings.shipping_url, settings.shipping_timeout) == ("http://localhost:8080", 3.5)
    assert settings.payments_url == "https://payments.internal"


@pytest.mark.asyncio
@pytest.mark.parametrize(("attempt", "delay"), [(1, 5), (3, 5), (4, None), (5000, None)])
async def test_backoff_wins_over_a_shorter_retry_after(attempt: int, delay: int | None) -> None:
    """The delay that a service asks for counts only while the policy's own is shorter."""
    environment = ActivityEnvironment()
    policy = RetryPolicy(maximum_interval=timedelta(minutes=5))
    environment.info = replace(environment.info, attempt=attempt, retry_policy=policy)
    network = order_network()
    throttled = Fault("reject", status=429, retry_after=5)
    network.rules.append(FaultRule(frozenset({"payments.refund"}), throttled))

    async def refund() -> None:
        with httpx_patch(), in_context(AttemptContext(network)):
            async with httpx.AsyncClient() as http:
                await environment.run(OrderActivities(http).refund_payment, REFUND)

    with pytest.raises(ApplicationError) as caught:
        await refund()

    wanted = None if delay is None else timedelta(seconds=delay)
    assert caught.value.next_retry_delay == wanted


class _Body(httpx.AsyncByteStream):
    """The body of a reply, which remembers how much of it was read."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts = parts
        self.read = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self._parts:
            await asyncio.sleep(0)
            self.read += len(part)
            yield part


async def _reserve(reply: httpx.Response, limit: float = 60.0) -> str:
    """Reserve at an inventory that answers so; `limit` is in seconds."""
    settings = ServiceSettings(inventory_timeout=limit)
    transport = httpx.MockTransport(lambda _: reply)
    async with httpx.AsyncClient(transport=transport, follow_redirects=True) as http:
        return await OrderActivities(http, settings).reserve_inventory(RESERVE)


@pytest.mark.asyncio
async def test_body_that_drips_is_given_up() -> None:
    """The limit is one for the whole call: no byte of the reply begins it anew."""
    endless = _Body(itertools.repeat(b""))
    with pytest.raises(ApplicationError) as caught:
        await _reserve(httpx.Response(200, stream=endless), limit=0.01)
    assert (caught.value.type, caught.value.non_retryable) == ("ReadTimeout", False)


@pytest.mark.asyncio
@pytest.mark.parametrize("status", [200, 503])
async def test_size_of_a_reply_is_limited(status: int) -> None:
    """Of an endless reply no more is read than the limit, and it is worth another attempt."""
    endless = _Body(itertools.repeat(b"x" * 65_536))
    with pytest.raises(ApplicationError) as caught:
        await _reserve(httpx.Response(status, stream=endless))
    assert (caught.value.type, caught.value.non_retryable) == ("ReplyTooLarge", False)
    assert endless.read <= MOST_REPLY_BYTES + 65_536


@pytest.mark.asyncio
async def test_largest_reply_is_read() -> None:
    """A reply of exactly the largest size is a reply like any other."""
    body = b'{"reservation_id": "res_1"}'.ljust(MOST_REPLY_BYTES)
    assert await _reserve(httpx.Response(201, stream=_Body(iter([body])))) == "res_1"


@pytest.mark.asyncio
async def test_compressed_reply_is_not_unpacked() -> None:
    """It was not asked for, and may be a thousand times as long when it is read."""
    packed = gzip.compress(b'{"reservation_id": "res_1"}')
    reply = httpx.Response(201, headers={"Content-Encoding": "gzip"}, stream=_Body(iter([packed])))
    with pytest.raises(ApplicationError) as caught:
        await _reserve(reply)
    assert (caught.value.type, caught.value.non_retryable) == ("UnreadableReply", False)


@pytest.mark.asyncio
@pytest.mark.parametrize("name", ["x" * 1_000_000, "", "a\n", "\ud800", 7, None, []])
async def test_id_that_is_none(name: Any) -> None:
    """An id goes into the history and on to other services: it is a text that may stand there."""
    with pytest.raises(ApplicationError) as caught:
        await _reserve(httpx.Response(201, content=json.dumps({"reservation_id": name})))
    assert (caught.value.type, caught.value.non_retryable) == ("UnreadableReply", False)


@pytest.mark.asyncio
@pytest.mark.parametrize("status", [301, 302, 303, 304, 307, 308])
async def test_redirection_is_a_technical_failure(status: int) -> None:
    """It is not followed, not even by a client that follows, and the call is made again."""
    with pytest.raises(ApplicationError) as caught:
        await _reserve(httpx.Response(status, headers={"Location": "/elsewhere"}))
    assert not caught.value.non_retryable


WRONG_URLS = ["", "payments", "localhost:8080", "ftp://a", "http:a", "http://", " http://a"]
WRONG_URLS += ["http://a?b", "http://a/#b", "http://a b", "http:\\\\a", "//a", "http://a:99999"]


@pytest.mark.parametrize("url", WRONG_URLS)
def test_wrong_urls(url: str) -> None:
    """What is no URL of a service is refused before the first order: it would fail for ever."""
    with pytest.raises(ValidationError, match="it must be a URL such as https://"):
        ServiceSettings(payments_url=url)


@pytest.mark.parametrize(
    "url",
    ["http://localhost:8080", "https://shop.example.com/payments/", "http://[::1]:80", "HTTP://a"],
)
def test_right_urls(url: str) -> None:
    """A URL stays as it is written; paths are put behind it, with one slash in between."""
    assert ServiceSettings(payments_url=url).payments_url == url.rstrip("/")
