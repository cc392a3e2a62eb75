"""The answer to a client: from Temporal, from the saga, or none."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from collections.abc import Set as AbstractSet
from enum import StrEnum
from typing import Any

import msgspec
from temporalio.client import WorkflowQueryFailedError, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError, CancelledError
from temporalio.service import RPCError, RPCStatusCode

from sagacheck.checks import describe_failure
from sagacheck.engines.events.answer_reading import is_granted


class AnswerKind(StrEnum):
    """Whether a client got what it asked for."""

    GRANTED = "granted"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    """There is no answer, or none yet: the request may have been granted."""


class Answer(msgspec.Struct, frozen=True):
    """The answer to a client.

    Attributes:
        kind: Whether it got what it asked for.
        text: The answer as reports show it; that of a refusal says that it is one.
    """

    kind: AnswerKind
    text: str

    @classmethod
    def granted(cls, text: str) -> Answer:
        """The client got what it asked for."""
        return cls(AnswerKind.GRANTED, text)

    @classmethod
    def refused(cls, why: str) -> Answer:
        """The client did not get what it asked for, for this reason."""
        return cls(AnswerKind.REFUSED, f"refused: {why}")

    @classmethod
    def unknown(cls, text: str) -> Answer:
        """The client does not know whether it got what it asked for."""
        return cls(AnswerKind.UNKNOWN, text)

    @property
    def is_refused(self) -> bool:
        """Whether the client is certain that it did not get what it asked for."""
        return self.kind is AnswerKind.REFUSED

    @property
    def is_unknown(self) -> bool:
        """Whether the client does not know if it got what it asked for."""
        return self.kind is AnswerKind.UNKNOWN

    def __str__(self) -> str:
        return self.text


WORKFLOW_IS_OVER = frozenset({RPCStatusCode.NOT_FOUND})
"""The status with which Temporal answers requests to a workflow that has ended."""
NO_STATUS: frozenset[RPCStatusCode] = frozenset()

Read = Callable[[Any], bool | None]
"""Tells of an answer whether it grants a request; ``None`` where it does not understand it."""


async def answer_of(
    request: Awaitable[object],
    refusals: AbstractSet[RPCStatusCode] = WORKFLOW_IS_OVER,
    no_answer: AbstractSet[RPCStatusCode] = NO_STATUS,
) -> Answer:
    """Send a signal, query, cancellation or termination, and return the answer.

    Args:
        request: The SDK's call. What it returns is the text of the answer.
        refusals: The RPC statuses with which Temporal refuses.
        no_answer: The RPC statuses that leave open whether the request was granted.

    Raises:
        RPCError: With another status than these.
    """
    try:
        return Answer.granted(str(await request or "sent"))
    except WorkflowQueryFailedError as error:
        return Answer.refused(str(error))
    except RPCError as error:
        return _answer_of_temporal(error, refusals, no_answer)


async def update_answer_of(
    update: Awaitable[object],
    read: Read | None = None,
    refusals: AbstractSet[RPCStatusCode] = WORKFLOW_IS_OVER,
    no_answer: AbstractSet[RPCStatusCode] = NO_STATUS,
) -> Answer:
    """Send an update, and return the answer.

    Args:
        update: The SDK's call.
        read: How the saga's answers read; by default as `is_granted` reads them.
        refusals: The RPC statuses with which Temporal refuses.
        no_answer: The RPC statuses that leave open whether the request was granted.

    Raises:
        RPCError: With another status than these.
        WorkflowUpdateRPCTimeoutOrCancelledError: The client did not wait for the answer.
    """
    try:
        value = await update
    except WorkflowUpdateFailedError as error:
        return _answer_in_failure(error.cause)
    except RPCError as error:
        return _answer_of_temporal(error, refusals, no_answer)
    return _answer_in(value, read or is_granted)


_ENDED_BEFORE_ITS_ANSWER = "AcceptedUpdateCompletedWorkflow"
"""The server's type of the failure of an update whose workflow accepted it and then ended."""


def _answer_of_temporal(
    error: RPCError, refusals: AbstractSet[RPCStatusCode], no_answer: AbstractSet[RPCStatusCode]
) -> Answer:
    if error.status in no_answer:
        return Answer.unknown(f"no answer: {error.message}")
    if error.status not in refusals:
        raise error
    return Answer.refused(error.message)


def _answer_in_failure(cause: BaseException) -> Answer:
    """A handler or a validator that raises refuses; one that was interrupted says nothing."""
    text = describe_failure(cause)
    ended = isinstance(cause, ApplicationError) and cause.type == _ENDED_BEFORE_ITS_ANSWER
    if ended or isinstance(cause, CancelledError):
        return Answer.unknown(f"no answer: {text}")
    return Answer.refused(text)


def _answer_in(value: object, read: Read) -> Answer:
    text = "sent" if value is None else str(value)
    try:
        said = read(value)
    except Exception as error:  # noqa: BLE001 - it is code of the saga under test
        why = f"{type(error).__name__}: {error}"
        return Answer.unknown(f"`cancel_granted=` fails for the answer {text}: {why}")
    match said:
        case None:
            return Answer.unknown(f"the answer {text} is not understood, say `cancel_granted=`")
        case True:
            return Answer.granted(text)
        case False:
            says_so = text.startswith("refused")
            return Answer(AnswerKind.REFUSED, text) if says_so else Answer.refused(text)
        case _:
            what = f"`cancel_granted=` says {said!r} of the answer {text}"
            return Answer.unknown(f"{what}, and may say True, False or None")
