"""Draws a timeline: a sequence diagram with a lane for each participant, time downwards.

The network stands between the activities and the services, because that is where faults happen: a
lost request ends there, a late one waits there, a lost reply came only as far.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import singledispatchmethod

from markupsafe import Markup, escape

from sagacheck.plural import count
from sagacheck.report.amounts import clock
from sagacheck.report.timeline.call_shapes import effect_marks, fault_label, reply, request
from sagacheck.report.timeline.layout import (
    BOX_END,
    BOX_WIDTH,
    BOX_X,
    BROKEN_HEIGHT,
    CLIENT_X,
    FIRST_SERVICE_X,
    FOOT,
    HEADER,
    NETWORK_HALF,
    NETWORK_X,
    REPLY_Y,
    REQUEST_Y,
    SERVICE_STEP,
    TIME_X,
    TRACKS,
    WORKFLOW_X,
    PlacedRow,
    lanes_width,
    late_x,
    stack,
)
from sagacheck.report.timeline.model import (
    ArrivalRow,
    CallEndRow,
    CallRow,
    ClientRow,
    EndRow,
    Row,
    SkipRow,
    Timeline,
    WorldRow,
)
from sagacheck.report.timeline.svg import arrow, box, cut, line, sign, text


def draw(timeline: Timeline, anchor: str, label: str) -> Markup:
    """The timeline as SVG.

    Args:
        timeline: What is drawn.
        anchor: Begins the id of each row, for links: ``anchor-r7`` is the row with number 7.
        label: What the drawing is called where it is not seen.
    """
    return _Drawing(timeline, anchor).svg(label)


class _Drawing:
    def __init__(self, timeline: Timeline, anchor: str) -> None:
        self._anchor = anchor
        self._services = {
            name: FIRST_SERVICE_X + SERVICE_STEP * number
            for number, name in enumerate(timeline.services)
        }
        self._width = lanes_width(len(self._services))
        self._named = len(timeline.orders) > 1
        self._placed = list(stack(timeline.rows))
        self._by_number = {each.row.number: each for each in self._placed}
        last = self._placed[-1] if self._placed else None
        self._bottom = (last.top + last.height if last else HEADER) + FOOT

    def svg(self, label: str) -> Markup:
        width, height = self._width, self._bottom
        begin = (
            f'<svg class="timeline" role="img" aria-label="{escape(label)}" '
            f'viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}">'
        )
        groups = (self._group(each) for each in self._placed)
        parts = [begin, *self._lanes(), *self._spans(), *groups, "</svg>"]
        return Markup("".join(parts))  # noqa: S704 - `text` and the label are escaped, the rest is ours

    def _lanes(self) -> Iterator[str]:
        lanes = {
            "client": CLIENT_X,
            "workflow": WORKFLOW_X,
            "activity attempts": BOX_X + BOX_WIDTH // 2,
            "network, faults": NETWORK_X,
            **self._services,
        }
        yield box(NETWORK_X - NETWORK_HALF, 6, 2 * NETWORK_HALF, self._bottom - 10, "zone")
        for name, x in lanes.items():
            yield text(x, 24, cut(name, 18), "lane", "middle")
        down = "".join(f"M{x} {HEADER}V{self._bottom - 6:g}" for x in lanes.values())
        yield f'<path d="{down}" class="life"/>'

    def _spans(self) -> Iterator[str]:
        """What lasts from one row to another, behind all rows: callers that wait, late requests."""
        for placed in self._placed:
            row = placed.row
            if not isinstance(row, CallEndRow | ArrivalRow) or row.call not in self._by_number:
                continue
            top = self._by_number[row.call].top
            if isinstance(row, ArrivalRow):
                x = late_x(row)
                yield line(x, top + REQUEST_Y, x, placed.middle, "zombie")
            else:
                x = BOX_X + 14 + (row.call % TRACKS) * 3
                yield line(x, top + 40, x, placed.top + 5, f"wait {row.outcome}")

    def _group(self, placed: PlacedRow) -> str:
        row = placed.row
        parts = [*self._time(placed), *self._draw(row, placed)]
        style = "row"
        if row.broken:
            style = "row broken"
            band = box(2, placed.top, self._width - 4, placed.height, "band")
            parts = [band, *parts, *self._flag(placed)]
        return f'<g id="{self._anchor}-r{row.number}" class="{style}">{"".join(parts)}</g>'

    def _time(self, placed: PlacedRow) -> Iterator[str]:
        if isinstance(placed.row, SkipRow):
            return
        if placed.pause > 0:
            yield text(TIME_X, placed.top - 3, f"+{clock(placed.pause)}", "pause", "end")
        if placed.pause > 0 or placed.row.number == 0:
            yield text(TIME_X, placed.middle + 4, clock(placed.row.at), "time", "end")
        if self._named and placed.row.order and not isinstance(placed.row, ClientRow | EndRow):
            middle = (CLIENT_X + WORKFLOW_X) / 2
            yield text(middle, placed.middle + 4, cut(placed.row.order, 12), "order", "middle")

    def _flag(self, placed: PlacedRow) -> Iterator[str]:
        y = placed.top + placed.height - BROKEN_HEIGHT / 2
        names = ", ".join(placed.row.broken)
        verb = "is" if len(placed.row.broken) == 1 else "are"
        yield sign(BOX_X + 12, y, "broken")
        yield text(BOX_X + 26, y + 4, f"from here on {names} {verb} broken", "flag")

    # -- rows ---------------------------------------------------------------------------------

    @singledispatchmethod
    def _draw(self, row: Row, placed: PlacedRow) -> Iterator[str]:
        raise NotImplementedError(type(row).__name__)

    @_draw.register
    def _(self, row: CallRow, placed: PlacedRow) -> Iterator[str]:
        top, service = placed.top, self._services[row.service]
        request_y, reply_y = top + REQUEST_Y, top + REPLY_Y
        if row.begins:
            yield arrow(WORKFLOW_X, BOX_X, request_y, "flow")
        yield box(BOX_X, top + 4, BOX_WIDTH, 36, f"call {row.outcome}")
        yield sign(BOX_X + 14, top + 22, row.outcome)
        name = f"\N{ANTICLOCKWISE OPEN CIRCLE ARROW} {row.activity}" if row.undoes else row.activity
        yield text(BOX_X + 27, top + 19, cut(name, 21), "name")
        count = f"attempt {row.attempt}"
        yield text(BOX_X + 27, top + 33, count, "count")
        yield text(BOX_END - 8, top + 33, cut(row.answer, 17), f"answer {row.outcome}", "end")
        yield from request(row, service, request_y)
        yield from reply(row, service, reply_y)
        if row.fault:
            yield fault_label(row.fault, top + 22)
        yield from effect_marks(row.marks, service, request_y, reply_y)
        if row.ends:
            yield arrow(BOX_X, WORKFLOW_X, reply_y, f"flow {row.outcome}")

    @_draw.register
    def _(self, row: CallEndRow, placed: PlacedRow) -> Iterator[str]:
        began = self._by_number.get(row.call)
        yield box(BOX_X, placed.top + 3, BOX_WIDTH, 22, f"call end {row.outcome}")
        yield sign(BOX_X + 14, placed.middle, row.outcome)
        waited = f" after {clock(row.at - began.row.at)}" if began is not None else ""
        words = f"gives up{waited}" if row.gives_up else f"{row.answer}{waited}"
        yield text(BOX_X + 27, placed.middle + 4, words, "name")
        if not row.gives_up:
            yield arrow(NETWORK_X, BOX_END, placed.middle, row.outcome)
        if row.ends:
            yield arrow(BOX_X, WORKFLOW_X, placed.middle, f"flow {row.outcome}")

    @_draw.register
    def _(self, row: ArrivalRow, placed: PlacedRow) -> Iterator[str]:
        x, y = self._services[row.service], placed.middle
        yield arrow(late_x(row), x - 8, y, "zombie")
        words = "late request" if row.zombie else "arrives"
        yield text(late_x(row) + 6, y - 4, words, "answer")
        yield from effect_marks(row.marks, x, y - 4, y + 4)

    @_draw.register
    def _(self, row: ClientRow, placed: PlacedRow) -> Iterator[str]:
        y = placed.middle
        yield sign(CLIENT_X, y, "pending")
        yield arrow(
            CLIENT_X + 6, NETWORK_X - NETWORK_HALF if row.to_network else WORKFLOW_X, y, "client"
        )
        answer = f" \N{RIGHTWARDS ARROW} {row.answer}" if row.answer else ""
        yield text(WORKFLOW_X + 12, y + 4, cut(row.does + answer, 44), "says")

    @_draw.register
    def _(self, row: EndRow, placed: PlacedRow) -> Iterator[str]:
        y = placed.middle
        yield box(WORKFLOW_X - 6, y - 6, 12, 12, "stop")
        yield arrow(WORKFLOW_X - 6, CLIENT_X, y, "client")
        who = f"{row.order} " if self._named else ""
        status = f"{who}{row.status.replace('_', ' ')}"
        yield text(WORKFLOW_X + 12, y + 4, status, "says end")
        if row.error:
            after = WORKFLOW_X + 24 + 7.4 * len(status)
            yield text(after, y + 4, cut(row.error, 76), "quiet")

    @_draw.register
    def _(self, row: WorldRow, placed: PlacedRow) -> Iterator[str]:
        x, y = self._services[row.service], placed.middle
        yield box(x - 8, y - 7, 16, 14, "effect world")
        names = ", ".join(mark.text for mark in row.marks)
        yield text(x - 14, y + 4, f"{row.does.replace('_', ' ')}: {names}", "quiet", "end")

    @_draw.register
    def _(self, row: SkipRow, placed: PlacedRow) -> Iterator[str]:
        words = f"\N{VERTICAL ELLIPSIS} {count(row.count, 'moment')} left out \N{VERTICAL ELLIPSIS}"
        yield text(self._width / 2, placed.middle + 4, words, "quiet", "middle")
