"""The answer to a client: from Temporal, from the saga, or none."""

from __future__ import annotations

from collections.abc import Awaitable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum

from temporalio.client import WorkflowQueryFailedError, WorkflowUpdateFailedError
from temporalio.service import RPCError, RPCStatusCode

from sagacheck.checks import describe_failure


class AnswerKind(StrEnum):
    """Whether a client got what it asked for."""

    GRANTED = "granted"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    """There is no answer, or none yet: the request may have been granted."""


@dataclass(frozen=True, slots=True)
class Answer:
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

    def __str__(self) -> str:
        return self.text


WORKFLOW_IS_OVER = frozenset({RPCStatusCode.NOT_FOUND})
"""The status with which Temporal answers requests to a workflow that has ended."""


async def answer_of(
    request: Awaitable[object], refusals: AbstractSet[RPCStatusCode] = WORKFLOW_IS_OVER
) -> Answer:
    """Send a signal, query, update, cancellation or termination, and return the answer.

    Args:
        request: The SDK's call. What the handler of an update or a query returns is a refusal where
            its text begins with ``refused``, and else granted.
        refusals: The RPC statuses that are an answer from Temporal and not a failure to get one.

    Raises:
        RPCError: With another status than those of `refusals`.
    """
    try:
        return _answer_in(str(await request or "sent"))
    except WorkflowUpdateFailedError as error:
        return Answer.refused(describe_failure(error.cause))
    except WorkflowQueryFailedError as error:
        return Answer.refused(str(error))
    except RPCError as error:
        if error.status not in refusals:
            raise
        return Answer.refused(error.message)


def _answer_in(text: str) -> Answer:
    """The answer that a handler gives by what it returns: an update may refuse without failing."""
    kind = AnswerKind.REFUSED if text.startswith("refused") else AnswerKind.GRANTED
    return Answer(kind, text)
