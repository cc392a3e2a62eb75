"""The shapes of a call: how far its request and reply came, its fault, and what it changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sagacheck.report.timeline.layout import BOX_END, NETWORK_HALF, NETWORK_X
from sagacheck.report.timeline.model import CallRow, Mark, Way
from sagacheck.report.timeline.svg import arrow, box, cross, cut, line, text


def request(row: CallRow, service: float, y: float) -> Iterator[str]:
    """The request of a call, as far as it came; `service` is the x of the service's lane."""
    match row.request:
        case Way.WHOLE:
            yield arrow(BOX_END, service - 8, y, "flow")
        case Way.BLOCKED:
            yield arrow(BOX_END, NETWORK_X - _half(row.fault), y, "flow")
        case Way.LOST:
            yield line(BOX_END, y, NETWORK_X - NETWORK_HALF, y, "flow dash")
            yield cross(NETWORK_X - NETWORK_HALF + 6, y)
        case Way.LATE:
            yield line(BOX_END, y, NETWORK_X, y, "flow")
        case Way.NONE:
            pass


def reply(row: CallRow, service: float, y: float) -> Iterator[str]:
    """The reply to a call, as far as it came; `service` is the x of the service's lane."""
    from_service = row.request is Way.WHOLE
    match row.reply:
        case Way.WHOLE:
            begin = service - 8 if from_service else NETWORK_X - _half(row.fault)
            yield arrow(begin, BOX_END, y, row.outcome)
        case Way.LOST:
            yield line(service - 8, y, NETWORK_X + NETWORK_HALF, y, "flow dash")
            yield cross(NETWORK_X + NETWORK_HALF - 6, y)
        case Way.LATE:
            yield line(service - 8, y, NETWORK_X, y, "flow dash")
        case Way.BLOCKED | Way.NONE:
            pass


def fault_label(fault: str, y: float) -> str:
    """The fault of a call, in the network's lane."""
    words, half = _words(fault), _half(fault)
    return box(NETWORK_X - half, y - 8, 2 * half, 16, "fault") + text(
        NETWORK_X, y + 4, words, "fault", "middle"
    )


def effect_marks(marks: Sequence[Mark], x: float, top: float, bottom: float) -> Iterator[str]:
    """What arrivals changed at a service, between the heights of a request and its reply."""
    if not marks:
        return
    middle = (top + bottom) / 2
    changes = [mark for mark in marks if mark.sign]
    yield box(x - 8, top - 4, 16, bottom - top + 8, "effect" if changes else "idle")
    copies = f" \N{MULTIPLICATION SIGN}{len(marks)}" if len(marks) > 1 else ""
    if changes:
        yield text(x, middle + 4, changes[0].sign, "did", "middle")
        names = ", ".join(dict.fromkeys(mark.text for mark in changes))
        yield text(x + 12, middle + 4, cut(names + copies, 8), "made")
    else:
        yield text(x + 12, middle + 4, cut(f"{marks[0].text}{copies}", 8), "quiet")


def _words(fault: str) -> str:
    return cut(fault.replace("_", " "), 21)


def _half(fault: str) -> float:
    """Half the width of the label of a fault."""
    return len(_words(fault)) * 2.9 + 7
