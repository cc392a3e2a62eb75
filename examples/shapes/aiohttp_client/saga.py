"""The saga under test."""

from dataclasses import replace

from aiohttp_client import activities as act
from aiohttp_client.workflow import GivesUp, WeekendSaga
from sagacheck import SagaUnderTest
from sagacheck.services import endpoint, plain_services

SAGA = SagaUnderTest(
    workflow=WeekendSaga,
    activities=[act.book_room, act.cancel_room, act.buy_tickets],
    services=plain_services(
        endpoint("PUT /rooms/{id}", "hotel.book", key="id", refusals=["full"]),
        endpoint("DELETE /rooms/{id}", "hotel.cancel", key="id", undoes="hotel.book"),
        endpoint("PUT /tickets/{id}", "theatre.buy", key="id", refusals=["sold_out"]),
    ),
    arguments=lambda order: [act.Weekend(order.id, "ada")],
)

BUGGY = replace(SAGA, workflow=GivesUp)
