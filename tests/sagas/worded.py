"""Sagas that reserve, release what is in doubt, and say how they ended in words of their own."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError

from sagacheck.saga import SagaUnderTest
from scenarios import OrderSagaUnderTest
from tests.sagas.small import A_MINUTE, Order, reserve_goods
from tests.sagas.vacuous import release_by_key

_NO_TYPE = inspect.Signature.empty


def worded(
    done: Any,
    undone: Any,
    ending: Callable[[Any], Any] | None = None,
    *,
    returns: Any = Any,
) -> SagaUnderTest:
    """A saga that returns `done` where it completes, and else `undone`, or raises it.

    Args:
        done: What it returns where it completes.
        undone: What it returns or raises where it does not.
        ending: How that reads.
        returns: The type that it says it returns.
    """

    class Worded:
        __qualname__ = "Worded"  # the SDK wants no local class

        async def run(self, order: Order) -> Any:
            once = RetryPolicy(maximum_attempts=1)
            try:
                await workflow.execute_activity(
                    "reserve_goods", order, start_to_close_timeout=A_MINUTE, retry_policy=once
                )
            except ActivityError:
                await workflow.execute_activity(
                    "release_by_key", order, start_to_close_timeout=A_MINUTE
                )
                if isinstance(undone, Exception):
                    raise undone from None
                return undone
            return done

        run.__qualname__ = "Worded.run"
        run.__annotations__ = {"order": Order} | (
            {} if returns is _NO_TYPE else {"return": returns}
        )
        run = workflow.run(run)

    return OrderSagaUnderTest(
        workflow=workflow.defn(sandboxed=False)(Worded),
        activities=[reserve_goods, release_by_key],
        completed_means=("inventory.reserve",),
        takes_float_prices=True,
        ending=ending,
    )


IN_TEMPORALS_WORDS = worded({"status": "completed"}, {"status": "failed", "error": "TooLate: x"})
RAISES = worded(None, ApplicationError("x", type="TooLate"))
OTHER_WORDS: dict[str, tuple[Any, Any]] = {
    "another status": ({"status": "success"}, {"status": "failure"}),
    "a text": ("Booked", "Booking canceled"),
    "a truth value": (True, False),
    "another field": ({"state": "DONE"}, {"state": "FAILED"}),
    "a number": (0, 17),
}
