from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.contract.faces import Face
from tests.contract.order_requests import CHARGE, KEY, STEPS, Step, effects, refusal, without

pytestmark = pytest.mark.asyncio


async def ask(face: Face, step: Step, key: str, **changes: Any) -> httpx.Response:
    """Ask for an effect with the key in a header; the body has none unless `changes` say so."""
    body = {**without(step.body, "idempotency_key"), **changes}
    return await face.request("POST", step.path, json=body, headers={"idempotency-key": key})


@pytest.mark.parametrize("step", STEPS, ids=str)
async def test_a_key_in_a_header_is_a_key(face: Face, step: Step) -> None:
    """The second request gets the first reply, and another body is refused."""
    first = await ask(face, step, KEY)
    again = await ask(face, step, KEY)

    assert (first.status_code, again.json()) == (step.success, first.json())
    assert refusal(await ask(face, step, KEY, **step.other)) == (422, "idempotency_key_reused")
    assert len(effects(face, step)) == 1
    assert face.last_attempt.key == KEY


async def test_a_key_is_the_same_wherever_it_stands(face: Face) -> None:
    """Once in the body, then in a header, then in both: one request."""
    first = await CHARGE.ask(face)

    assert (await ask(face, CHARGE, KEY)).json() == first.json()
    assert (await ask(face, CHARGE, KEY, idempotency_key=KEY)).json() == first.json()
    assert len(effects(face, CHARGE)) == 1


async def test_keys_in_both_places_must_be_the_same(face: Face) -> None:
    """400 idempotency_key_mismatch, and nothing is charged."""
    response = await ask(face, CHARGE, KEY, idempotency_key="another")

    assert refusal(response) == (400, "idempotency_key_mismatch")
    assert effects(face, CHARGE) == []


async def test_what_was_made_with_a_key_in_a_header_is_undone_by_it(face: Face) -> None:
    """Wherever the key stood, it names the charge."""
    await ask(face, CHARGE, KEY)

    assert (await CHARGE.undo_by_key(face)).status_code == CHARGE.undone
    assert refusal(await ask(face, CHARGE, KEY)) == (410, "key_cancelled")


@pytest.mark.parametrize(
    ("headers", "unread"),
    [
        (["X-Idempotence-Token"], "X-Idempotence-Token"),
        (["PayPal-Request-Id"], "Paypal-Request-Id"),
        (["x-request-id", "x-idempotency-key"], "X-Idempotency-Key"),
        (["X-Client-Token"], "X-Client-Token"),
        (["Idempotency-Key", "Authorization", "Traceparent"], ""),
    ],
)
async def test_a_header_that_looks_like_a_key_is_remembered(
    face: Face, headers: list[str], unread: str
) -> None:
    """I13 names it, where it was not read."""
    body = without(CHARGE.body, "idempotency_key")
    await face.request("POST", CHARGE.path, json=body, headers=dict.fromkeys(headers, KEY))

    assert face.last_attempt.unread_key == unread
