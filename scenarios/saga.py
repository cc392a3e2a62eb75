"""The saga under test of this shop, and any other that takes its orders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from temporalio.contrib.pydantic import pydantic_data_converter

from fakes import order_services
from orders.activities import OrderActivities
from orders.services import Services
from orders.workflow import OrderSagaWorkflow
from sagacheck import SagaUnderTest
from sagacheck.inprocess import FakesClient
from sagacheck.language import AnyOrder, Given, GivenWords, OrderWords
from sagacheck.services import ServiceFactory
from scenarios.goods import Order
from scenarios.words import OrderEntry


@dataclass(frozen=True, kw_only=True)
class OrderSagaUnderTest(SagaUnderTest):
    """A saga for orders of goods, among the services of this shop.

    Attributes:
        takes_float_prices: Whether prices go into it as JSON numbers and not as text.
    """

    services: ServiceFactory = order_services
    orders: type[OrderWords] = OrderEntry
    given: type[GivenWords] = Given
    takes_float_prices: bool = False

    def input_of(self, order: AnyOrder) -> dict[str, Any]:
        """The order as it goes into the saga."""
        assert isinstance(order, Order), "it was written in the words of this saga"
        return order.as_json(float_prices=self.takes_float_prices)


SAGA = OrderSagaUnderTest(
    workflow=OrderSagaWorkflow,
    # Where the services are in the environment of a shell does not decide about a scenario.
    activities=OrderActivities(FakesClient(), Services()).all(),
    data_converter=pydantic_data_converter,
)
"""The order saga of this project."""
