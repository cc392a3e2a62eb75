"""The saga under test."""

from dataclasses import replace

from requests_threads.activities import Flowers, charge, charge_anew, deliver
from requests_threads.workflow import ChargesAnew, FlowerOrder
from sagacheck import SagaUnderTest
from sagacheck.services import endpoint, plain_services

SAGA = SagaUnderTest(
    workflow=FlowerOrder,
    activities=[charge, charge_anew, deliver],
    services=plain_services(
        endpoint("POST /charges", "pay.charge", key="header:Idempotency-Key", reply=["charge_id"]),
        endpoint("PUT /deliveries/{id}", "florist.deliver", key="id"),
    ),
    arguments=lambda order: [Flowers(order.id, "ada", "roses", 3900)],
)

BUGGY = replace(SAGA, workflow=ChargesAnew)
