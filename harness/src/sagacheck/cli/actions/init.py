"""What ``sagacheck init`` does: writes what a team begins with, and plays the first scenario."""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click

from sagacheck.checks import OrderStatus, is_live
from sagacheck.cli.exit_codes import INVALID, UNKNOWN, VALID, WRONG_INPUT, exit_with
from sagacheck.config import ConfigError
from sagacheck.importing import NotImportableError
from sagacheck.init import (
    NotWritableError,
    Plan,
    begin,
    completed_in,
    configure,
    place_of_operation,
    place_of_values,
    todos_in,
    write,
    write_scenario,
)
from sagacheck.language import Scenario, load, load_text, plain_orders, schema_text
from sagacheck.plural import count
from sagacheck.printable import printable_lines
from sagacheck.run import LocalPlayer, TrialResult
from sagacheck.saga import SagaUnderTest, load_saga


@dataclass
class _Played:
    """What came of the first scenario.

    Attributes:
        verdict: In a word.
        code: The exit code.
        reasons: Why it is not valid.
        to_complete: The lines of undos that find nothing.
    """

    verdict: str
    code: int
    reasons: Sequence[str] = field(default=())
    to_complete: Sequence[str] = field(default=())


def begin_with(workflow: str, activities: str | None, saga_file: str, scenarios: str) -> int:
    """Write the files, play the first scenario, and print what to do next.

    Returns:
        The exit code.
    """
    try:
        plan = begin(workflow, activities, saga_file, scenarios, Path.cwd())
        write(plan)
        configure(plan)
        played = _first_scenario(plan)
    except (NotWritableError, NotImportableError, ConfigError) as error:
        exit_with(WRONG_INPUT, str(error))
    _print(plan, played)
    return played.code


def _first_scenario(plan: Plan) -> _Played:
    """Play an order without faults, and write it down as it went."""
    saga = _load(plan)
    if not saga.operations.names:
        write_scenario(plan, {}, schema_text(saga.dialect))
        return _Played("unknown", UNKNOWN, ["no activity has an effect"])
    result = _play(saga)
    trial = result.trial
    outcome = trial.outcomes.get("o1") if trial is not None else None
    completed = outcome is not None and outcome.status is OrderStatus.COMPLETED
    made: Counter[str] = Counter()
    if trial is not None and completed:
        live = [e for e in trial.world.ledger.effects.values() if is_live(e)]
        made.update(each.operation for each in live)
        write(plan, completed_in(plan.steps, [*made]), [*made])
        saga = _load(plan)
    creates = {each.name: made[each.name] for each in saga.operations.creates if made[each.name]}
    write_scenario(plan, creates, schema_text(saga.dialect))
    (scenario,) = load([plan.scenario_file], saga.dialect)
    with LocalPlayer(saga).ready():
        played = _read(LocalPlayer(saga).play(scenario))
        if played.code == VALID and creates:
            played.to_complete = [*_undos_of_nothing(plan, saga, [*creates][-1])]
    if played.to_complete:
        played.code = UNKNOWN
    return played


def _undos_of_nothing(plan: Plan, saga: SagaUnderTest, last: str) -> Iterator[str]:
    """The lines of undos that find nothing when the last step fails for good.

    A guess of a key that is wrong leaves everything behind, whatever the saga does.
    """
    trial = LocalPlayer(saga).play(_last_step_fails(saga, last)).trial
    if trial is None:
        return
    live = {e.operation for e in trial.world.ledger.effects.values() if is_live(e)}
    for each in saga.operations.operations:
        sent = [a for a in trial.world.journal.attempts if a.operation == each.name]
        arrivals = [arrival for attempt in sent for arrival in attempt.arrivals]
        if each.undoes in live and arrivals and not any(a.entries for a in arrivals):
            place = place_of_operation(plan, each.name)
            what = f"{each.name} undid nothing, and {each.undoes} stayed"
            yield f"{place}: {what}: complete the key= of both, or id= of the undo"


def _last_step_fails(saga: SagaUnderTest, last: str) -> Scenario:
    declared = saga.operations[last].refusals
    status, code = (declared[0].status, declared[0].code) if declared else (409, "refused")
    written = {
        **saga.dialect.orders.plain(1),
        "why": "undos have to find what they undo",
        "faults": [
            {"on": last, "calls": "all", "fault": {"reject": {"status": status, "code": code}}}
        ],
        "expect": {"o1": {"status": "any"}},
    }
    return load_text(json.dumps(written), dialect=saga.dialect)


def _play(saga: SagaUnderTest) -> TrialResult:
    with LocalPlayer(saga).ready():
        return LocalPlayer(saga).play(plain_orders(1, saga.dialect))


def _read(result: TrialResult) -> _Played:
    if result.violations:
        reasons = [f"{each.invariant} {each.detail}" for each in result.violations]
        return _Played("invalid", INVALID, reasons)
    if result.unmet:
        return _Played("unknown", UNKNOWN, [each.detail for each in result.unmet])
    return _Played("valid", VALID)


def _load(plan: Plan) -> SagaUnderTest:
    importlib.invalidate_caches()
    sys.modules.pop(plan.module, None)
    if str(plan.root) not in sys.path:
        sys.path.insert(0, str(plan.root))
    return load_saga(f"{plan.module}:SAGA")


def _print(plan: Plan, played: _Played) -> None:
    names = plan.text.operations
    effects = f"{count(len(names), 'effect')}: {', '.join(names)}" if names else "no effect"
    first = os.path.relpath(plan.scenario_file)
    rows = [
        (os.path.relpath(plan.saga_file), effects),
        (first, f"an order goes through: {played.verdict}"),
        (os.path.relpath(plan.schema_file), "for editors"),
        (os.path.relpath(plan.root / "pyproject.toml"), "[tool.sagacheck]"),
    ]
    width = max(len(name) for name, _ in rows)
    lines = [f"{name:{width}}  {what}" for name, what in rows]
    lines += [f"  {each}" for each in played.reasons[:3]]
    todos = todos_in(plan)
    if left := [*todos, *played.to_complete]:
        lines += ["Complete:", *(f"  {each}" for each in left)]
    elif played.reasons:
        lines += ["Complete:", f"  {place_of_values(plan)}"]
    following = "sagacheck explore --faults 1" if not played.reasons else "sagacheck run"
    lines += ["Next:", f"  {following}"]
    click.echo(printable_lines("\n".join(lines)))
