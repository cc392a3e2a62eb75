"""Whether a run has shown anything. A saga that completes nothing harms nobody, and is not valid.

So the plain order, around which nothing fails, has to complete: where it does not, no fault has
been tried on anything that works.
"""

from __future__ import annotations

from sagacheck.checks import OrderCount, OrderOutcome, OrderStatus, Unmet, UnmetKind
from sagacheck.engines import Engine, Trial
from sagacheck.language import Scenario, plain_orders

NO_CALL = "no call reached any service, so nothing was checked"
NO_EFFECT = "no call had an effect, so nothing was checked"


def states_an_ending(scenario: Scenario) -> bool:
    """Whether a scenario expects how orders end, or what is done: that shows something."""
    expect = scenario.expect
    return (
        states_effects(scenario)
        or bool(expect.statuses)
        or any(
            wanted.status is not None or wanted.error is not None
            for wanted in expect.orders.values()
        )
    )


def states_effects(scenario: Scenario) -> bool:
    """Whether a scenario expects what is done, be it that nothing is."""
    return bool(scenario.expect.effects or scenario.expect.undone)


def expects_failure(scenario: Scenario) -> bool:
    """Whether no order of a scenario is expected to complete."""
    expect = scenario.expect
    wanted = [*(each.status for each in expect.orders.values()), *expect.statuses]
    return bool(wanted) and not {None, OrderStatus.COMPLETED}.intersection(wanted)


def shows_something(trial: Trial) -> bool:
    """Whether a trial needs no plain order beside it.

    An order completed and had an effect, or what else became of it was stated.
    """
    if not OrderCount.of(trial.outcomes.values()).completed:
        return states_an_ending(trial.scenario)
    return has_effects(trial) or states_effects(trial.scenario)


def has_effects(trial: Trial) -> bool:
    """Whether a call had an effect, if any call can: services that are only read have none."""
    return bool(trial.world.ledger.effects) or not trial.saga.operations.creates


async def unmet_by_plain_order(trial: Trial, engine: Engine) -> list[Unmet]:
    """Play the plain order on `engine`, for a trial that shows nothing by itself."""
    saga = trial.saga
    plain = Trial(plain_orders(1, saga.dialect), saga, engine.new_clock())
    await engine.play(plain)
    if why := why_incomplete(plain):
        completed = OrderCount.of(trial.outcomes.values()).completed
        why = why if completed else f"no order completed; {why}"
    elif not has_effects(plain):
        stated = f"`effects: {{{saga.operations.creates[0].name}: 0}}` in `expect:`"
        why = f"{NO_EFFECT}, not even the plain order's; if that is right, say {stated}"
    return [Unmet(UnmetKind.RUN, why)] if why else []


def why_incomplete(plain: Trial) -> str:
    """Why the plain order did not complete; empty where it did."""
    if OrderCount.of(plain.outcomes.values()).completed:
        return ""
    ends = "; ".join(map(_in_words, plain.outcomes.values())) or "it was not played"
    return f"the plain order, without a fault, does not complete: {ends}"


def why_vacuous(
    orders: OrderCount, calls: int, effects: int, plain: str, *, fails: bool = False
) -> str:
    """Why many trials together show nothing; empty where they show something.

    Args:
        orders: How many of their orders completed.
        calls: How many calls the services received.
        effects: How many trials had an effect, if any can.
        plain: Why the plain order does not complete; empty where it does.
        fails: Whether they begin with a scenario whose orders are expected to fail.
    """
    if not calls:
        return f"{NO_CALL}; {plain}" if plain else NO_CALL
    if fails:
        return ""
    if plain:
        return plain
    if not orders.completed:
        return "no order completed"
    return "" if effects else NO_EFFECT


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
