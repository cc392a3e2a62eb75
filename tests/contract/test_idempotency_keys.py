from __future__ import annotations

import pytest

from tests.contract.faces import Face
from tests.contract.order_requests import CHARGE, RESERVE, STEPS, Step, effects, refusal

pytestmark = pytest.mark.asyncio

REFUND = {"charge_idempotency_key": "order-o1", "reason": "r", "idempotency_key": "refund-o1"}


@pytest.mark.parametrize("step", STEPS, ids=str)
async def test_the_same_key_and_body_answer_the_first_reply_again(face: Face, step: Step) -> None:
    """A repeated create answers the same status and body, and makes one effect."""
    first = await step.ask(face)

    again = await step.ask(face)

    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert len(effects(face, step)) == 1


@pytest.mark.parametrize("step", STEPS, ids=str)
async def test_the_same_key_with_another_body_is_refused(face: Face, step: Step) -> None:
    """A key means one request: 422 idempotency_key_reused for any other."""
    await step.ask(face)

    assert refusal(await step.ask(face, **step.other)) == (422, "idempotency_key_reused")
    assert len(effects(face, step)) == 1


async def test_a_reused_key_does_not_spoil_the_first_reply(face: Face) -> None:
    """After a 422 the right body still gets the first reply."""
    first = await CHARGE.ask(face)
    await CHARGE.ask(face, amount="1.00")

    assert (await CHARGE.ask(face)).json() == first.json()


@pytest.mark.parametrize("step", STEPS, ids=str)
async def test_a_create_without_a_key_creates_each_time(face: Face, step: Step) -> None:
    """Without a key a repeated create is a second effect."""
    first = await step.ask(face, idempotency_key=None)
    second = await step.ask(face, idempotency_key=None)

    assert first.json()[step.id_at] != second.json()[step.id_at]
    assert len(effects(face, step)) == 2


async def test_keys_of_different_operations_do_not_meet(face: Face) -> None:
    """One key may be used once by each operation."""
    assert [(await step.ask(face)).status_code for step in STEPS] == [201, 201, 201, 202]


async def test_a_refusal_is_decided_anew(face: Face) -> None:
    """A 409 does not stick to its key: when there is stock again the same request succeeds."""
    await RESERVE.ask(face, idempotency_key="order-o9", items=[{"sku": "WIDGET", "qty": 9}])
    assert refusal(await RESERVE.ask(face)) == (409, "insufficient_inventory")
    await RESERVE.undo_by_key(face, "order-o9")

    assert (await RESERVE.ask(face)).status_code == 201


@pytest.mark.parametrize("step", STEPS, ids=str)
async def test_a_key_whose_first_request_still_runs_is_in_flight(face: Face, step: Step) -> None:
    """409 request_in_flight until the first reply has left, then that reply."""
    face.fault(step.create, {"delay_response": "60s"})
    await face.times_out(step.ask(face))

    assert refusal(await step.ask(face)) == (409, "request_in_flight")
    face.advance(60)
    assert (await step.ask(face)).status_code == step.success
    assert len(effects(face, step)) == 1


async def test_a_repeated_refund_answers_the_same_refund(face: Face) -> None:
    """By its own key a refund is the first reply again, and the money moves once."""
    await CHARGE.ask(face)

    first = await face.post("/refunds", REFUND)
    again = await face.post("/refunds", REFUND)

    assert first.json() == again.json()
    assert face.world.ledger.balances() == {}


async def test_a_refunds_key_with_another_body_is_refused(face: Face) -> None:
    """A refund's own key is a key like any other."""
    await CHARGE.ask(face)
    await face.post("/refunds", REFUND)

    response = await face.post("/refunds", {**REFUND, "reason": "other"})

    assert refusal(response) == (422, "idempotency_key_reused")


async def test_a_refund_that_still_runs_is_in_flight(face: Face) -> None:
    """An undo that carries a key of its own answers request_in_flight like a create."""
    await CHARGE.ask(face)
    face.fault("payments.refund", {"delay_response": "60s"})
    await face.times_out(face.post("/refunds", REFUND))

    assert refusal(await face.post("/refunds", REFUND)) == (409, "request_in_flight")
    face.advance(60)
    assert (await face.post("/refunds", REFUND)).status_code == 201
