"""Expectations: the faults, events and results that a scenario expects and that are missing."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping

from sagacheck.checks import OrderCount, OrderOutcome, OrderStatus, Unmet, UnmetKind
from sagacheck.engines import PlannedEvent, PlannedFault, Trial
from sagacheck.language import OrderExpectation
from sagacheck.network import ALL_CALLS, FaultRule
from sagacheck.run.judging.vacuity import NO_CALL, not_understood
from sagacheck.world import World


def unmet_by(trial: Trial) -> list[Unmet]:
    """I20: calls were made, and all planned faults and events happened.

    A missing observation makes a verdict unknown, and not valid.

    Reads: the attempts, and what the scenario plans and expects.
    Checked: when the run is over.
    """
    return [
        *(Unmet(UnmetKind.RUN, trouble) for trouble in trial.troubles),
        *_endings(trial),
        *_vacuity(trial),
        *_faults(trial),
        *_events(trial),
        *_expectations(trial),
    ]


def _endings(trial: Trial) -> Iterator[Unmet]:
    """A result that is not understood promises nothing, so that nothing can be checked by it."""
    for outcome in trial.outcomes.values():
        if not outcome.ending.is_understood:
            yield Unmet(UnmetKind.RUN, not_understood(outcome))


def _vacuity(trial: Trial) -> Iterator[Unmet]:
    """A run without a call shows nothing, unless a client has prevented the calls."""
    completed = OrderCount.of(trial.outcomes.values()).completed
    if not len(trial.world.journal) and (completed or not trial.events):
        yield Unmet(UnmetKind.RUN, NO_CALL)


def _faults(trial: Trial) -> Iterator[Unmet]:
    for planned in trial.faults:
        if not planned.rule.fired:
            detail = f"{planned.text} never fired: {_nearest_call(trial, planned)}"
            yield Unmet(UnmetKind.FAULT, detail, planned.line)


def _nearest_call(trial: Trial, planned: PlannedFault) -> str:
    """The call that came nearest to the one that the fault waits for."""
    rule = planned.rule
    near = [
        attempt
        for attempt in trial.world.journal
        if attempt.operation in rule.operations and rule.order in (None, attempt.order)
    ]
    if not near:
        called = sorted({attempt.operation for attempt in trial.world.journal})
        return f"{' or '.join(sorted(rule.operations))} was never called, only {_list(called)}"
    last = max(near, key=lambda attempt: attempt.call)
    if last.fault:
        return f"call {last.call} of {last.operation} got {last.fault} from an earlier rule"
    return (
        f"it waits for {_calls_in_words(rule)}; the last was call "
        f"{last.call} of {last.operation} for {last.order} at {last.sent_at:.1f} s"
    )


def _calls_in_words(rule: FaultRule) -> str:
    start, end = rule.fault.start, rule.fault.end
    calls = "any call" if rule.calls == ALL_CALLS else f"call {rule.calls}"
    if math.isinf(end):
        return calls
    return f"{calls} from {start:g} s to {end:g} s"


def _events(trial: Trial) -> Iterator[Unmet]:
    for planned in trial.events:
        what, due = f"{planned.event.what} {planned.event.when}", planned.event.when.times
        line = planned.event.place.line
        if planned.answer is None:
            detail = f"{what} never happened: {_nearest_moment(trial.world, planned)}"
            yield Unmet(UnmetKind.EVENT, detail, line)
        elif planned.times < due:
            happened, expected = _times(planned.times), _times(due)
            detail = f"{what} happened {happened}, expected {expected}: it did not wait again"
            yield Unmet(UnmetKind.EVENT, detail, line)


def _nearest_moment(world: World, planned: PlannedEvent) -> str:
    order, operation = planned.event.order, planned.event.when.operation
    if planned.event.when.at is not None:
        return f"the run ended at {world.clock.now():g} s"
    if planned.event.when.moment == "waiting":
        waited = planned.event.when.waited
        long = f" for {waited:g} s" if waited else ""
        return f"{order} never waited for a message{long} with nothing under way"
    calls = Counter(
        attempt.operation for attempt in world.journal if order in (None, attempt.order)
    )
    if operation is None or not calls[operation]:
        return f"{operation} was never called, only {_list(sorted(calls))}"
    return f"{operation} was called {_times(calls[operation])}"


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


def _expectations(trial: Trial) -> Iterator[Unmet]:
    expect = trial.scenario.expect
    for order, wanted in expect.orders.items():
        outcome = trial.outcomes.get(order)
        missing = [f"{order} has no outcome"]
        for detail in _about_order(order, wanted, outcome) if outcome else missing:
            yield Unmet(UnmetKind.EXPECTATION, detail, wanted.place.line)
    for key, wanted_counts, found in (
        ("effects", expect.effects, _effects(trial.world)),
        ("calls", expect.calls, Counter(attempt.operation for attempt in trial.world.journal)),
        ("stock", expect.stock, _available(trial.world)),
        (
            "statuses",
            _statuses_wanted(trial),
            _statuses(trial),
        ),
        ("orphans", expect.orphans, _left_by_terminated_orders(trial)),
    ):
        for name, wanted_count in wanted_counts.items():
            if found.get(name, 0) != wanted_count:
                detail = f"{key}: {name}: expected {wanted_count}, found {found.get(name, 0)}"
                yield Unmet(UnmetKind.EXPECTATION, detail, _line(trial, f"{key}/{name}", key))
    undone = _undone(trial)
    if expect.undone is not None and tuple(undone) != expect.undone:
        detail = f"undone: expected {_list(expect.undone)}, found {_list(undone)}"
        yield Unmet(UnmetKind.EXPECTATION, detail, _line(trial, "undone"))


def _statuses(trial: Trial) -> Counter[str]:
    return Counter(str(outcome.status) for outcome in trial.outcomes.values())


def _statuses_wanted(trial: Trial) -> Mapping[str, int]:
    """The statuses that are expected; none, where some cannot be told."""
    understood = all(outcome.ending.is_understood for outcome in trial.outcomes.values())
    return trial.scenario.expect.statuses if understood else {}


def _about_order(order: str, wanted: OrderExpectation, outcome: OrderOutcome) -> Iterator[str]:
    if not outcome.status.is_terminal:
        yield f"expected {order} to end as {wanted.status or 'anything'}, it has not ended"
        return
    if not outcome.ending.is_understood:
        return
    error = outcome.ending.error
    if wanted.status is not None and wanted.status != outcome.status:
        because = f" ({error})" if error else ""
        yield f"expected {order} to end as {wanted.status}, it ended as {outcome.status}{because}"
    if wanted.error is not None and not _names(error, wanted.error):
        found = f"its error is {error!r}" if error else "it has no error"
        yield f"expected {order} to fail with {wanted.error}, {found}"


def _names(error: str, wanted: str) -> bool:
    """Whether an error such as ``PaymentDeclined: no money`` is of the wanted type."""
    return error == wanted or error.startswith((f"{wanted}:", f"{wanted} "))


def _effects(world: World) -> Counter[str]:
    return Counter(entry.operation for entry in world.ledger.entries)


def _undone(trial: Trial) -> list[str]:
    undos = {
        operation.name for operation in trial.network.operations.operations if operation.undoes
    }
    return [entry.operation for entry in trial.world.ledger.entries if entry.operation in undos]


def _left_by_terminated_orders(trial: Trial) -> Counter[str]:
    outcomes = trial.outcomes
    return Counter(
        effect.operation
        for effect in trial.world.ledger.effects.values()
        if effect.undone_by is None
        and effect.order in outcomes
        and outcomes[effect.order].status is OrderStatus.TERMINATED
    )


def _available(world: World) -> Mapping[str, int]:
    return world.ledger.balances().get("available", {})


def _line(trial: Trial, *keys: str) -> int | None:
    """The line of the first of these keys that is written."""
    places = trial.scenario.expect.places
    return next((places[key].line for key in keys if key in places), None)


def _list(names: list[str] | tuple[str, ...]) -> str:
    return ", ".join(names) or "nothing"
