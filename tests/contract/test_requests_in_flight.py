from __future__ import annotations

import asyncio

import pytest

from sagacheck.world import AttemptOutcome
from tests.contract.faces import Face, until
from tests.contract.order_requests import KEY, STEPS, UNDOABLE, Step, effects, refusal

pytestmark = pytest.mark.asyncio


@pytest.mark.parametrize("step", STEPS, ids=str)
async def test_a_late_request_still_takes_effect(face: Face, step: Step) -> None:
    """A request that arrives after its caller gave up is carried out: the zombie."""
    face.fault(step.create, {"delay_request": "60s"})
    await face.times_out(step.ask(face))
    assert effects(face, step) == []

    face.advance(60)

    assert len(effects(face, step)) == 1
    attempt = face.last_attempt
    assert (attempt.outcome, attempt.took_effect) == (AttemptOutcome.UNKNOWN, True)


@pytest.mark.parametrize("step", UNDOABLE, ids=str)
async def test_a_late_request_finds_its_key_cancelled(face: Face, step: Step) -> None:
    """A create that arrives after its undo is refused, and nothing comes to be."""
    face.fault(step.create, {"delay_request": "60s"})
    await face.times_out(step.ask(face))
    lost = face.last_attempt
    await step.undo_by_key(face)

    face.advance(60)

    assert [(d.status, d.code) for d in lost.arrivals] == [(410, "key_cancelled")]
    assert effects(face, step) == []


@pytest.mark.parametrize("step", UNDOABLE, ids=str)
async def test_a_reply_in_flight_turns_into_key_cancelled(face: Face, step: Step) -> None:
    """What is undone while its reply is on the way answers 410, not its old success."""
    face.fault(step.create, {"delay_response": "1s"})
    asking = asyncio.ensure_future(step.ask(face))
    await until(lambda: effects(face, step) == ["live"])

    await step.undo_by_key(face)
    face.advance(1)

    assert refusal(await asking) == (410, "key_cancelled")
    assert effects(face, step) == ["undone"]


@pytest.mark.parametrize("step", UNDOABLE, ids=str)
async def test_a_reply_in_flight_notices_an_undo_by_id(face: Face, step: Step) -> None:
    """An undo by id closes the key of a create in flight as one by key does."""
    face.fault(step.create, {"delay_response": "1s"})
    asking = asyncio.ensure_future(step.ask(face))
    await until(lambda: effects(face, step) == ["live"])
    effect = next(e for e in face.world.ledger.effects.values() if e.key == KEY)

    await step.undo_by_id(face, effect.id)
    face.advance(1)

    assert refusal(await asking) == (410, "key_cancelled")


@pytest.mark.parametrize("step", STEPS, ids=str)
async def test_a_caller_that_waits_gets_its_late_reply(face: Face, step: Step) -> None:
    """A delay shorter than the caller's patience is only a delay."""
    face.fault(step.create, {"delay_request": "1s"})
    asking = asyncio.ensure_future(step.ask(face))
    await until(lambda: len(face.world.journal) == 1)

    face.advance(1)

    assert (await asking).status_code == step.success
    assert face.last_attempt.outcome is AttemptOutcome.OK


async def test_a_caller_that_goes_away_does_not_take_its_request_along(face: Face) -> None:
    """A request on its way arrives although its caller was cancelled; the outcome is unknown."""
    step = STEPS[0]
    face.fault(step.create, {"delay_request": "1s"})
    asking = asyncio.ensure_future(step.ask(face))
    await until(lambda: len(face.world.journal) == 1 and bool(face.last_attempt.fault))
    asking.cancel()
    await until(lambda: face.last_attempt.outcome is not AttemptOutcome.PENDING)

    face.advance(1)

    assert (face.last_attempt.outcome, face.last_attempt.error) == (
        AttemptOutcome.UNKNOWN,
        "caller_gone",
    )
    assert effects(face, step) == ["live"]
