"""What a client is answered, as a value."""

from __future__ import annotations

import pytest
from temporalio.service import RPCError, RPCStatusCode

from sagacheck.engines import Answer, answer_of

pytestmark = pytest.mark.asyncio


async def _returned(value: object) -> object:
    return value


async def _failed(status: RPCStatusCode) -> object:
    raise RPCError("workflow execution already completed", status, b"")


@pytest.mark.parametrize(
    ("value", "answer"),
    [
        (None, Answer.granted("sent")),
        ("accepted", Answer.granted("accepted")),
        ("refused: too late", Answer.refused("too late")),
    ],
)
async def test_a_handler_answers_by_what_it_returns(value: object, answer: Answer) -> None:
    """A signal returns nothing; an update may refuse in words, without failing."""
    assert await answer_of(_returned(value)) == answer


async def test_a_workflow_that_has_ended_refuses() -> None:
    """Temporal answers for it."""
    answer = await answer_of(_failed(RPCStatusCode.NOT_FOUND))

    assert answer == Answer.refused("workflow execution already completed")


async def test_a_call_that_fails_is_no_answer() -> None:
    """A deadline that passed tells nothing about the request."""
    with pytest.raises(RPCError):
        await answer_of(_failed(RPCStatusCode.DEADLINE_EXCEEDED))
