"""Our saga, spoilt in one way: a cancel that comes too late is refused, and carried out.

So the customer has the mail that the parcel is coming, and the order is undone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from temporalio import workflow
from temporalio.exceptions import ApplicationError
from typing_extensions import override

from orders.workflow import OrderSagaWorkflow
from sagacheck.saga import SagaUnderTest
from tests.mutants._saga import mutant, saga


@dataclass
class Answer:
    """An answer as a dataclass."""

    accepted: bool
    why_not: str = "too late"


class Model(BaseModel):
    """An answer as a pydantic model."""

    cancelled: bool
    reason: str = "too late"


def answers(answer: Callable[[], Any], **how_it_is_run: Any) -> SagaUnderTest:
    """The saga that carries every cancel out, and answers this."""

    @mutant
    class Cancels(OrderSagaWorkflow):
        __qualname__ = "Cancels"  # the SDK wants no local class

        @workflow.update
        @override
        def request_cancel(self, reason: str) -> Any:  # type: ignore[override]
            self._record_cancel_request(reason)
            return answer()

    return saga(Cancels, **how_it_is_run)


def _raise() -> None:
    msg = "too late"
    raise ApplicationError(msg, type="TooLate")


REFUSALS: dict[str, SagaUnderTest] = {
    "text": answers(lambda: "refused: too late"),
    "other text": answers(lambda: "Too late, the parcel has left"),
    "bool": answers(lambda: False),
    "zero": answers(lambda: 0),
    "nothing in it": answers(dict),
    "dict": answers(lambda: {"accepted": False}),
    "status": answers(lambda: {"status": "REJECTED", "order": "o1"}),
    "error": answers(lambda: {"error": "too late"}),
    "dataclass": answers(lambda: Answer(accepted=False)),
    "model": answers(lambda: Model(cancelled=False)),
    "handler": answers(_raise),
    "own words": answers(lambda: "nope", cancel_granted=lambda answer: answer != "nope"),
}
GRANTS: dict[str, SagaUnderTest] = {
    "nothing": answers(lambda: None),
    "text": answers(lambda: "accepted"),
    "bool": answers(lambda: True),
    "dict": answers(lambda: {"accepted": True, "why_not": None}),
    "dataclass": answers(lambda: Answer(accepted=True, why_not="")),
    "model": answers(lambda: Model(cancelled=True, reason="")),
    "own words": answers(lambda: "sure thing", cancel_granted=lambda answer: answer != "nope"),
}
NOT_UNDERSTOOD = answers(lambda: "we shall see")
