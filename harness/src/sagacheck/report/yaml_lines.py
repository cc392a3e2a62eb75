"""A scenario's file with the results of its faults, events and expectations, line by line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from sagacheck.checks import Unmet, UnmetKind
from sagacheck.engines import Trial
from sagacheck.report.amounts import clock
from sagacheck.report.page_model import YamlLine

FIRED, IDLE, UNMET = "fired", "idle", "unmet"


def text_of(file: str) -> str:
    """The text of a scenario file; empty where it is no file, or is gone by now."""
    try:
        return Path(file).read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""


def yaml_lines(text: str, trial: Trial, unmet: Sequence[Unmet]) -> tuple[YamlLine, ...]:
    """The lines of a scenario's text, marked by their results in a trial."""
    lines = text.splitlines()
    marks: dict[int, str] = {}
    notes: dict[int, list[str]] = {}
    for line, mark, note in _marks(trial, unmet):
        notes.setdefault(line, []).append(note)
        for number in _whole_entry(lines, line):
            # Several faults may stand in one line: what is wrong with one counts more.
            if marks.get(number, FIRED) == FIRED:
                marks[number] = mark
    return tuple(
        YamlLine(number, line, marks.get(number, ""), "; ".join(notes.get(number, ())))
        for number, line in enumerate(lines, 1)
    )


def _marks(trial: Trial, unmet: Sequence[Unmet]) -> Iterator[tuple[int, str, str]]:
    for each in unmet:
        if each.line is not None and each.kind is UnmetKind.EXPECTATION:
            yield each.line, UNMET, each.detail
    for fault in trial.faults:
        fired = fault.rule.fired
        times = "once" if fired == 1 else f"{fired} times"
        yield fault.line, FIRED if fired else IDLE, f"fired {times}" if fired else "never fired"
    for planned in trial.events:
        line = planned.event.place.line
        if planned.at is None:
            yield line, IDLE, "never happened"
        else:
            yield line, FIRED, f"happened at {clock(planned.at)}"


def _whole_entry(lines: Sequence[str], first: int) -> range:
    """The numbers of the lines of the list entry, or the key, that begins in line `first`."""
    if not 1 <= first <= len(lines):
        return range(0)
    indent = _indent(lines[first - 1])
    end = first + 1
    while end <= len(lines) and lines[end - 1].strip() and _indent(lines[end - 1]) > indent:
        end += 1
    return range(first, end)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
