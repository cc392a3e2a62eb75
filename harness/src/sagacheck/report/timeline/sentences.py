"""The moments of a timeline as sentences, for people who do not see the drawing."""

from __future__ import annotations

from collections.abc import Sequence

from sagacheck.checks import OrderOutcome
from sagacheck.engines import PlannedEvent
from sagacheck.language import AnyOrder
from sagacheck.report.timeline.model import Mark, Way
from sagacheck.world import Attempt, AttemptOutcome

_KNOWS = {
    AttemptOutcome.OK: "the caller knows that it is done",
    AttemptOutcome.REFUSED: "the caller knows that it is not done",
    AttemptOutcome.UNKNOWN: "the caller does not know whether it is done",
    AttemptOutcome.PENDING: "the caller still waits",
}


def placed(order: AnyOrder) -> str:
    """A client places an order."""
    return f"The client places order {order.id}: {order.summary}."


def happened(planned: PlannedEvent) -> str:
    """A client, an operator or a service that calls back does something."""
    event = planned.event
    if event.order is None:
        return "All faults end."
    message = event.message.name if event.message else ""
    again = f"again as {event.new_order.id}" if event.new_order else "again"
    who = "A service calls back: its webhook" if planned.by_service else "The client"
    does = {
        "cancel": f"The client asks for {event.order} to be cancelled",
        "submit": f"The client places {event.order} {again}{', changed' if event.changes else ''}",
        "signal": f"{who} sends the signal {message} to {event.order}",
        "update": f"{who} sends the update {message} to {event.order}",
        "terminate": f"An operator terminates the workflow of {event.order}",
        "query": f"The client asks for the status of {event.order}",
    }[event.kind]
    return f"{does}; the answer: {planned.answer}." if planned.answer else f"{does}."


def called(attempt: Attempt, marks: Sequence[Mark], request: Way, reply: Way) -> str:
    """An activity attempt calls a service."""
    who = f"{attempt.activity or 'a caller'} calls {attempt.operation} (call {attempt.call})"
    fault = f" The network adds a fault: {attempt.fault}." if attempt.fault else ""
    came = {
        Way.WHOLE: f"it arrives and {_changed(marks)}",
        Way.LOST: "the request is lost and never arrives",
        Way.LATE: "the request is held up and will arrive later",
        Way.BLOCKED: "it never reaches the service",
        Way.NONE: "",
    }[request]
    back = {
        Way.LOST: "; the reply is lost",
        Way.LATE: "; the reply is held up",
        Way.WHOLE: f"; the answer is {_saw(attempt)}, {_KNOWS[attempt.outcome]}",
        Way.BLOCKED: "",
        Way.NONE: "",
    }[reply]
    return f"{who}: {came}{back}.{fault}"


def call_ended(attempt: Attempt, *, arrived: bool, arrives: bool) -> str:
    """A caller that has waited gets its answer, or stops waiting."""
    who = f"{attempt.activity or 'the caller'} (call {attempt.call} of {attempt.operation})"
    if attempt.status is not None:
        return f"{who} gets its answer after all: {_saw(attempt)}; {_KNOWS[attempt.outcome]}."
    really = "it was done" if arrived else "it was not done"
    if arrives:
        really = "the request is still under way"
    return f"{who} stops waiting ({_saw(attempt)}): {_KNOWS[attempt.outcome]}; in truth {really}."


def arrived(attempt: Attempt, marks: Sequence[Mark], *, zombie: bool) -> str:
    """A request arrives late."""
    late = ", long after its caller's timeout" if zombie else ""
    return f"Call {attempt.call} of {attempt.operation} arrives now{late}, and {_changed(marks)}."


def world_did(does: str, effects: Sequence[str]) -> str:
    """The outside world acts: a parcel leaves, a reservation expires."""
    what = does.removeprefix("world.").replace("_", " ")
    return f"An event of the outside world: {what} ({', '.join(effects)})."


def ended(order: str, outcome: OrderOutcome) -> str:
    """An order's workflow ends."""
    if not outcome.status.is_terminal:
        return f"{order} has not ended: {outcome.waits_for}."
    error = f": {outcome.ending.error}" if outcome.ending.error else ""
    return f"The workflow ends; its client gets the result: {order} is {outcome.status}{error}."


def _changed(marks: Sequence[Mark]) -> str:
    changes = [mark for mark in marks if mark.sign]
    if not changes:
        return f"changes nothing ({', '.join(mark.text for mark in marks)})"
    verbs = {"+": "makes", "\N{MINUS SIGN}": "undoes"}
    return " and ".join(f"{verbs[mark.sign]} {mark.text}" for mark in changes)


def _saw(attempt: Attempt) -> str:
    parts = [str(attempt.status) if attempt.status is not None else "", attempt.error]
    return " ".join(part.replace("_", " ") for part in parts if part)
