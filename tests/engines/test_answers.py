"""What a client is answered, as a value."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from pydantic import BaseModel
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError, CancelledError
from temporalio.service import RPCError, RPCStatusCode

from sagacheck.engines import Answer, answer_of, update_answer_of

pytestmark = pytest.mark.asyncio

TOO_LATE = ApplicationError("too late", type="TooLate")
ENDED = ApplicationError("it has ended", type="AcceptedUpdateCompletedWorkflow")


@dataclass
class Answered:
    """An answer as a dataclass."""

    accepted: bool


class Outcome(BaseModel):
    """An answer as a pydantic model."""

    status: str


async def _returned(value: object) -> object:
    return value


async def _raised(error: Exception) -> object:
    raise error


def _failed(status: RPCStatusCode) -> RPCError:
    return RPCError("workflow execution already completed", status, b"")


@pytest.mark.parametrize(
    ("value", "answer"),
    [
        (None, Answer.granted("sent")),
        ("accepted", Answer.granted("accepted")),
        (True, Answer.granted("True")),
        ({"accepted": True, "error": None}, Answer.granted("{'accepted': True, 'error': None}")),
        (Answered(accepted=True), Answer.granted("Answered(accepted=True)")),
        (Outcome(status="CANCELLING"), Answer.granted("status='CANCELLING'")),
        ("refused: too late", Answer.refused("too late")),
        ("Can't: it has left", Answer.refused("Can't: it has left")),
        ("not any more", Answer.refused("not any more")),
        ("accepted: all is undone", Answer.granted("accepted: all is undone")),
        ({"data": {"accepted": True}}, Answer.granted("{'data': {'accepted': True}}")),
        ({"data": {"accepted": False}}, Answer.refused("{'data': {'accepted': False}}")),
        (False, Answer.refused("False")),
        (0, Answer.refused("0")),
        ("", Answer.refused("")),
        ([], Answer.refused("[]")),
        ({"accepted": False}, Answer.refused("{'accepted': False}")),
        ({"ok": "no"}, Answer.refused("{'ok': 'no'}")),
        ({"ok": True, "error": "late"}, Answer.refused("{'ok': True, 'error': 'late'}")),
        (Answered(accepted=False), Answer.refused("Answered(accepted=False)")),
        (Outcome(status="too_late"), Answer.refused("status='too_late'")),
        ({"decision": {"granted": False}}, Answer.refused("{'decision': {'granted': False}}")),
    ],
)
async def test_a_handler_answers_by_what_it_returns(value: object, answer: Answer) -> None:
    """An update may refuse without failing: by a text, a truth value, or a field."""
    assert await update_answer_of(_returned(value)) == answer


@pytest.mark.parametrize(
    "value",
    [
        *("we shall see", {"order": "o1"}, {"status": None}, 17, [1]),
        *("cancel refused", "cancelled: no", "accepted=false", "pending shipment, cannot cancel"),
        *("ok, but it has left", "done already"),
        {"success": True, "data": {"cancelled": False}},
    ],
)
async def test_what_is_not_understood_is_neither_refused_nor_granted(value: object) -> None:
    """The text names the field of the saga under test that says how it reads."""
    answer = await update_answer_of(_returned(value))

    assert answer.is_unknown
    assert answer.text == f"the answer {value} is not understood, say `cancel_granted=`"


async def test_a_saga_says_how_its_answers_read() -> None:
    """Granted, refused, or open."""
    reads = {"si": True, "no lo creo": False, "quizas": None}.get

    kinds = [(await update_answer_of(_returned(said), reads)).kind for said in ("si", "no lo creo")]
    assert kinds == ["granted", "refused"]
    assert (await update_answer_of(_returned("quizas"), reads)).is_unknown


async def test_a_reading_that_fails_or_says_something_else_leaves_it_open() -> None:
    """Both name the field of the saga under test."""
    fails = await update_answer_of(_returned("si"), lambda said: said["accepted"])
    odd = await update_answer_of(_returned("si"), lambda _: "yes")  # type: ignore[arg-type, return-value]

    assert fails.is_unknown
    assert fails.text.startswith("`cancel_granted=` fails for the answer si: TypeError: ")
    said = "`cancel_granted=` says 'yes' of the answer si, and may say True, False or None"
    assert odd == Answer.unknown(said)


async def test_a_handler_that_raises_refuses() -> None:
    """So does a validator: the client gets the same error."""
    answer = await update_answer_of(_raised(WorkflowUpdateFailedError(TOO_LATE)))

    assert answer == Answer.refused("TooLate: too late")


@pytest.mark.parametrize("cause", [ENDED, CancelledError("cancelled")], ids=["ended", "cancelled"])
async def test_a_handler_that_was_interrupted_has_not_answered(cause: Exception) -> None:
    """The update was accepted, and what it came to nobody has said."""
    answer = await update_answer_of(_raised(WorkflowUpdateFailedError(cause)))

    assert answer.is_unknown


async def test_a_workflow_that_has_ended_refuses() -> None:
    """Temporal answers for it."""
    answer = await answer_of(_raised(_failed(RPCStatusCode.NOT_FOUND)))

    assert answer == Answer.refused("workflow execution already completed")


async def test_a_deadline_that_passed_is_no_refusal() -> None:
    """It tells nothing about the request, which may have been granted."""
    late = _raised(_failed(RPCStatusCode.DEADLINE_EXCEEDED))
    answer = await answer_of(late, no_answer={RPCStatusCode.DEADLINE_EXCEEDED})

    assert answer == Answer.unknown("no answer: workflow execution already completed")


async def test_a_call_that_fails_is_no_answer() -> None:
    """Unless a caller says that it is one."""
    with pytest.raises(RPCError):
        await answer_of(_raised(_failed(RPCStatusCode.DEADLINE_EXCEEDED)))
