"""Orders of goods for load: how they are drawn, and what customers do to them."""

from __future__ import annotations

import random
from collections.abc import Mapping
from decimal import Decimal
from functools import cache

from faker import Faker

from orders.client import cancel_order, get_order_status, start_order
from orders.models import Address, OrderInput
from orders.models import OrderItem as ItemInput
from sagacheck.engines import Answer
from sagacheck.language import AnyOrder, Place
from sagacheck.load import OrderClient
from scenarios.goods import Order, OrderItem

DECLINED_CARD = "pm_declined"
"""One order in fifty is paid with this card, which the payment service declines."""
SCARCE = "LAST-PIECES"
"""An article that is sold out at some moment of a run."""
ARTICLES = ("WIDGET", "GADGET", "GIZMO", "SPROCKET", "DOODAD", "THINGAMAJIG", SCARCE)
SERVICES = ("INVENTORY", "PAYMENTS", "SHIPPING", "NOTIFICATIONS")
NOWHERE = Place("load", 0, 0)


def draw_order(order_id: str, chance: random.Random) -> Order:
    """An order of one to three articles, for a customer who does not exist."""
    faker = _faker()
    faker.seed_instance(chance.getrandbits(64))
    articles = chance.sample(ARTICLES, k=chance.randint(1, 3))
    return Order(
        id=order_id,
        items=tuple(OrderItem(sku, chance.randint(1, 4), _price(chance)) for sku in articles),
        customer_id=f"{faker.user_name()}@example.com",
        payment_method_id=DECLINED_CARD if chance.random() < 0.02 else f"pm_{faker.pystr(8, 8)}",
        shipping_address={
            "street": faker.street_address(),
            "city": faker.city(),
            "state": faker.state_abbr(),
            "zip_code": faker.postcode(),
            "country": "US",
        },
        on_confirmation_failure=None,
        place=NOWHERE,
    )


def worker_environment(services_url: str, call_seconds: float) -> Mapping[str, str]:
    """Where ``orders worker`` finds the services, and how long a call to each may take."""
    urls = {f"ORDERS_{service}_URL": services_url for service in SERVICES}
    limits = {f"ORDERS_{service}_TIMEOUT": str(call_seconds) for service in SERVICES}
    return urls | limits


class OrdersClient(OrderClient):
    """Places and cancels orders by the client functions of `orders`."""

    async def place(self, order: AnyOrder) -> None:
        """Start an order, or find it placed already."""
        assert isinstance(order, Order), "it was made by `draw_order`"
        await start_order(_order_input(order), client=self.client, task_queue=self.task_queue)

    async def request_cancel(self, order_id: str, reason: str) -> Answer:
        """Ask for an order to be cancelled."""
        answer = await cancel_order(order_id, reason, client=self.client)
        return (
            Answer.granted("accepted")
            if answer.accepted
            else Answer.refused(answer.why_not or "no reason given")
        )

    async def query_status(self, order_id: str) -> str:
        """The status of an order."""
        return str(await get_order_status(order_id, client=self.client))


def _order_input(order: Order) -> OrderInput:
    return OrderInput(
        order_id=order.id,
        customer_id=order.customer_id,
        items=[ItemInput(item.sku, item.quantity, item.price) for item in order.items],
        shipping_address=Address(**order.shipping_address),
        payment_method_id=order.payment_method_id,
    )


def _price(chance: random.Random) -> Decimal:
    return Decimal(chance.randint(99, 19_999)) / 100


@cache
def _faker() -> Faker:
    return Faker("en_US")
