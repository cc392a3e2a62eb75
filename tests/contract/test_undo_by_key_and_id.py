from __future__ import annotations

import httpx
import pytest

from tests.contract.faces import Face
from tests.contract.order_requests import CHARGE, RESERVE, SHIP, UNDOABLE, Step, effects, refusal

pytestmark = pytest.mark.asyncio


@pytest.mark.parametrize("step", UNDOABLE, ids=str)
async def test_an_undo_by_key_undoes_once_and_repeats_succeed(face: Face, step: Step) -> None:
    """The first undo ends the effect; more of them answer the same and change nothing."""
    await step.ask(face)

    replies = [await step.undo_by_key(face) for _ in range(3)]

    assert {(reply.status_code, reply.text) for reply in replies} == {
        (step.undone, replies[0].text)
    }
    assert effects(face, step) == ["undone"]
    assert len([e for e in face.world.ledger.entries if e.operation == step.undo]) == 1


@pytest.mark.parametrize("step", UNDOABLE, ids=str)
async def test_an_undo_of_a_key_never_seen_succeeds_and_shuts_it(face: Face, step: Step) -> None:
    """Nothing is undone, and the create that comes too late answers 410 key_cancelled."""
    first, again = await step.undo_by_key(face), await step.undo_by_key(face)

    assert (first.status_code, first.text) == (step.undone, again.text)
    assert refusal(await step.ask(face)) == (410, "key_cancelled")
    assert effects(face, step) == []


@pytest.mark.parametrize("step", UNDOABLE, ids=str)
async def test_a_key_undone_by_key_never_answers_its_old_success(face: Face, step: Step) -> None:
    """The create of an effect that was undone by key answers 410 key_cancelled."""
    await step.ask(face)
    await step.undo_by_key(face)

    assert refusal(await step.ask(face)) == (410, "key_cancelled")
    assert effects(face, step) == ["undone"]


@pytest.mark.parametrize("step", UNDOABLE, ids=str)
async def test_a_key_undone_by_id_never_answers_its_old_success(face: Face, step: Step) -> None:
    """The create of an effect that was undone by id answers 410 key_cancelled as well."""
    effect = (await step.ask(face)).json()[step.id_at]
    await step.undo_by_id(face, effect)

    assert refusal(await step.ask(face)) == (410, "key_cancelled")
    assert effects(face, step) == ["undone"]


async def test_a_charge_is_refunded_by_id_once(face: Face) -> None:
    """A second refund by id answers 400 already_refunded, and no more money moves."""
    payment = (await CHARGE.ask(face)).json()["payment_id"]

    first, second = [await CHARGE.undo_by_id(face, payment) for _ in range(2)]

    assert first.json()["refund_id"]
    assert refusal(second) == (400, "already_refunded")
    assert face.world.ledger.balances() == {}


@pytest.mark.parametrize("step", [RESERVE, SHIP], ids=str)
async def test_other_undos_by_id_may_be_repeated(face: Face, step: Step) -> None:
    """Releasing or cancelling by id twice succeeds twice and happens once."""
    effect = (await step.ask(face)).json()[step.id_at]

    statuses = [(await step.undo_by_id(face, effect)).status_code for _ in range(2)]

    assert statuses == [step.undone, step.undone]
    assert len([e for e in face.world.ledger.entries if e.operation == step.undo]) == 1


async def test_a_refund_by_key_after_one_by_id_is_the_same_refund(face: Face) -> None:
    """By key the caller learns the id of the refund that was made by id."""
    payment = (await CHARGE.ask(face)).json()["payment_id"]

    by_id = await CHARGE.undo_by_id(face, payment)
    by_key = await CHARGE.undo_by_key(face)

    assert (by_key.status_code, by_key.json()) == (201, by_id.json())


async def test_an_undo_gives_back_what_the_create_took(face: Face) -> None:
    """After release and refund everything is as it was before."""
    await RESERVE.ask(face)
    await CHARGE.ask(face)

    await RESERVE.undo_by_key(face)
    await CHARGE.undo_by_key(face)

    assert await face.get("/stock") == {
        "GADGET": {"available": 10, "reserved": 0, "shipped": 0},
        "WIDGET": {"available": 10, "reserved": 0, "shipped": 0},
    }
    assert "merchant" not in face.world.ledger.balances()


async def test_an_id_in_the_path_is_not_overruled_by_a_key(face: Face) -> None:
    """A caller that adds a key of its own to a cancel by id still cancels that parcel."""
    shipment = (await SHIP.ask(face)).json()["shipment_id"]

    response = await face.post(f"/shipments/{shipment}/cancel", {"idempotency_key": "cancel-o1"})

    assert response.status_code == 200
    assert effects(face, SHIP) == ["undone"]


async def test_an_id_in_the_path_is_not_overruled_by_the_body(face: Face) -> None:
    """The parcel that is cancelled is the one in the path."""
    first = (await SHIP.ask(face)).json()["shipment_id"]
    second = (await SHIP.ask(face, idempotency_key="order-o2")).json()["shipment_id"]

    await face.post(f"/shipments/{first}/cancel", {"shipment_id": second})

    assert effects(face, SHIP) == ["undone", "live"]


@pytest.mark.parametrize("step", UNDOABLE, ids=str)
async def test_an_undo_by_key_belongs_to_the_order_of_its_create(face: Face, step: Step) -> None:
    """The journal knows whose undo it was, even if the create was lost on its way."""
    face.fault(step.create, "refuse")
    with pytest.raises(httpx.TransportError):
        await step.ask(face)

    await step.undo_by_key(face)

    assert face.last_attempt.order == "o1"
