"""Whether a run has shown anything. A saga that completes nothing harms nobody, and is not valid.

So the plain order, around which nothing fails, has to complete: where it does not, no fault has
been tried on anything that works.
"""

from __future__ import annotations

from sagacheck.checks import OrderCount, OrderOutcome, OrderStatus, Unmet, UnmetKind
from sagacheck.engines import Engine, Trial
from sagacheck.language import Scenario, plain_orders
from sagacheck.saga import SagaUnderTest

NO_CALL = "no call reached any service, so nothing was checked"


def states_an_ending(scenario: Scenario) -> bool:
    """Whether a scenario expects how orders end, or what is done: that shows something."""
    expect = scenario.expect
    stated = expect.statuses or expect.effects or expect.undone
    return bool(stated) or any(
        wanted.status is not None or wanted.error is not None for wanted in expect.orders.values()
    )


def expects_failure(scenario: Scenario) -> bool:
    """Whether no order of a scenario is expected to complete."""
    expect = scenario.expect
    wanted = [*(each.status for each in expect.orders.values()), *expect.statuses]
    return bool(wanted) and not {None, OrderStatus.COMPLETED}.intersection(wanted)


def shows_something(trial: Trial) -> bool:
    """Whether a trial needs no plain order beside it: an order completed, or its end was stated."""
    completed = OrderCount.of(trial.outcomes.values()).completed
    return bool(completed) or states_an_ending(trial.scenario)


async def unmet_by_plain_order(engine: Engine, saga: SagaUnderTest) -> list[Unmet]:
    """Play the plain order on `engine`, for a trial that shows nothing by itself."""
    plain = Trial(plain_orders(1, saga.dialect), saga, engine.new_clock())
    await engine.play(plain)
    why = why_incomplete(plain)
    return [Unmet(UnmetKind.RUN, f"no order completed; {why}")] if why else []


def why_incomplete(plain: Trial) -> str:
    """Why the plain order did not complete; empty where it did."""
    if OrderCount.of(plain.outcomes.values()).completed:
        return ""
    ends = "; ".join(map(_in_words, plain.outcomes.values())) or "it was not played"
    return f"the plain order, without a fault, does not complete: {ends}"


def why_vacuous(orders: OrderCount, calls: int, plain: str, *, fails: bool = False) -> str:
    """Why many trials together show nothing; empty where they show something.

    Args:
        orders: How many of their orders completed.
        calls: How many calls the services received.
        plain: Why the plain order does not complete; empty where it does.
        fails: Whether they begin with a scenario whose orders are expected to fail.
    """
    if not calls:
        return f"{NO_CALL}; {plain}" if plain else NO_CALL
    if fails:
        return ""
    if plain:
        return plain
    return "" if orders.completed else "no order completed"


def not_understood(outcome: OrderOutcome) -> str:
    """What is said of a result that means no status."""
    said = f"the result {outcome.ending.result!r:.200} of {outcome.order}"
    return f"{said} is not understood, say `ending=`"


def _in_words(outcome: OrderOutcome) -> str:
    if not outcome.status.is_terminal:
        return f"{outcome.order} does not end: {outcome.waits_for}"
    if not outcome.ending.is_understood:
        return not_understood(outcome)
    because = f" ({outcome.ending.error})" if outcome.ending.error else ""
    return f"{outcome.order} ended as {outcome.status}{because}"
