"""The run log: journal and histories of a run, read back from its folder, and compared."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

import msgspec

from sagacheck.run.scenario_result import ScenarioResult

ScenarioLog = list[tuple[str, str]]
"""What one scenario has written: each line with what it is about."""


def read_run_log(folder: Path, names: Sequence[str]) -> dict[str, ScenarioLog]:
    """The log of each scenario of a run, by name.

    Args:
        folder: The run's folder.
        names: The names of its scenarios, in their order.
    """
    found: dict[str, ScenarioLog] = {name: [] for name in names}
    for line in (folder / "journal.ndjson").read_text(encoding="utf-8").splitlines():
        fact = json.loads(line)
        found[fact["scenario"]].append((_title(fact), line))
    for file in sorted((folder / "histories").iterdir()):
        number, _, rest = file.name.partition("-")
        order = rest.removesuffix(".json").partition(".")[2]
        found[names[int(number) - 1]].extend(_events(order, file.read_text(encoding="utf-8")))
    return found


def log_of(result: ScenarioResult) -> ScenarioLog:
    """The log of a scenario that has just been played."""
    lines = journal_lines(result)
    found = [(_title(fact), json.dumps(fact, default=str)) for fact in lines]
    for order, outcome in result.trial.outcomes.items():
        if outcome.history:
            found.extend(_events(order, outcome.history))
    return found


def journal_lines(result: ScenarioResult) -> list[dict[str, Any]]:
    """The attempts, entries and violations of a scenario, as its journal has them."""
    name = result.scenario.name
    world = result.trial.world
    attempts = [
        {"scenario": name, "kind": "attempt", **msgspec.to_builtins(attempt)}
        for attempt in world.journal
    ]
    entries = [
        {"scenario": name, "kind": "entry", **msgspec.to_builtins(entry)}
        for entry in world.ledger.entries
    ]
    violations = [
        {"scenario": name, "kind": "violation", **msgspec.structs.asdict(violation)}
        for violation in result.violations
    ]
    return [*attempts, *entries, *violations]


def _title(fact: Mapping[str, Any]) -> str:
    """How a line of the journal is called."""
    match fact["kind"]:
        case "attempt":
            return f"call {fact['call']} of {fact['operation']} for {fact['order']}"
        case "entry":
            return f"entry {fact['number']} of the ledger, {fact['operation']} for {fact['order']}"
        case _:
            return f"the {fact['kind']} of {fact['order'] or 'all orders'}"


def _events(order: str, history: str) -> Iterator[tuple[str, str]]:
    for event in json.loads(history)["events"]:
        kind = str(event["eventType"]).removeprefix("EVENT_TYPE_")
        yield f"event {event['eventId']} of {order}, {kind}", json.dumps(event)


def first_difference(first: ScenarioLog, again: ScenarioLog) -> str:
    """Where two runs of one scenario first differ, and how; empty if they do not."""
    for (what, line), (other_what, other) in zip_longest(first, again, fillvalue=("", "")):
        if not line or not other:
            which = "second" if not line else "first"
            return f"only the {which} run has {what or other_what}"
        if line != other:
            place, was, is_ = _first_leaf(json.loads(line), json.loads(other))
            where = f"{what}, {place}" if place else what
            return f"{where}: first {was}, then {is_}"
    return ""


def _first_leaf(was: Any, is_: Any, place: str = "") -> tuple[str, str, str]:
    """The first place at which two JSON values differ, and what stands there."""
    if isinstance(was, Mapping) and isinstance(is_, Mapping):
        for (key, value), (other_key, other) in zip(was.items(), is_.items(), strict=False):
            if key != other_key:
                break
            if value != other or json.dumps(value) != json.dumps(other):
                return _first_leaf(value, other, f"{place}.{key}" if place else str(key))
    elif isinstance(was, list) and isinstance(is_, list):
        for number, (value, other) in enumerate(zip(was, is_, strict=False)):
            if json.dumps(value) != json.dumps(other):
                return _first_leaf(value, other, f"{place}[{number}]")
    return place, json.dumps(was), json.dumps(is_)
