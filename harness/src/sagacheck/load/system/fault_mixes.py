"""Fault mixes: rules in the words of scenario files, each for a share of the calls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import cycle
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError

from sagacheck.network import read_rule
from sagacheck.services import OperationTable
from sagacheck.world import ParsingError

Rule = Mapping[str, Any]
"""What ``POST /__fakes__/faults`` takes: ``on``, ``fault``, ``share`` and so on."""

Mix = tuple[Rule, ...]
"""The rules of a run. The first that matches a call decides."""

MIXES = ("none", "light", "heavy")
UNREADABLE_REPLIES = ("empty", "truncated", "malformed")


def mix_named(name: str, operations: OperationTable) -> Mix:
    """One of `MIXES`, for the services with these operations."""
    mix = {"none": (), "light": _light(operations), "heavy": _heavy(operations)}[name]
    return tuple(rule for rule in mix if _fits(rule, operations))


def read_mix(name: str, operations: OperationTable) -> Mix:
    """The rules of a mix, or of a YAML file.

    Args:
        name: One of `MIXES`, or the path of a file.
        operations: What the services offer.

    Raises:
        ValueError: There is no such mix or file, or a rule is wrong; the message says where.
    """
    if name in MIXES:
        return mix_named(name, operations)
    path = Path(name)
    if not path.is_file():
        msg = f"--faults {name}: there is no such file; the mixes are {', '.join(MIXES)}"
        raise ValueError(msg)
    try:
        rules = YAML(typ="safe").load(path)
    except MarkedYAMLError as error:
        mark = error.problem_mark
        raise ValueError(f"{name}:{mark.line + 1}:{mark.column + 1}: {error.problem}") from None
    if not isinstance(rules, list):
        msg = f"{name}: a mix is a list of rules, like `- {{on: payments, fault: 503, share: 0.1}}`"
        raise ValueError(msg)  # noqa: TRY004 - it is the file's value that is wrong
    _check(rules, name, operations)
    return tuple(rules)


def _light(operations: OperationTable) -> Mix:
    return (
        *_everywhere(operations, 0.005, "drop_request", "drop_response"),
        *_everywhere(operations, 0.01, 503, {"status_after_effect": 502}, "reset_after_effect"),
        *_everywhere(operations, 0.01, {"duplicate": 2}, {"delay_response": "300ms"}),
    )


def _heavy(operations: OperationTable) -> Mix:
    late = {"delay_request": "4s"}
    lost = (500, {"status_after_effect": 504}, "reset_after_effect")
    steps = [each.name for each in operations.creates if operations.undo_of(each.name)]
    return (
        *_everywhere(operations, 0.02, "drop_request", "drop_response", late),
        *_everywhere(operations, 0.04, "refuse", *lost),
        *_everywhere(operations, 0.03, {"duplicate": 3}, {"delay_response": "1s"}),
        *(
            {"on": step, "fault": fault, "share": 0.05}
            for step, fault in zip(steps, cycle(UNREADABLE_REPLIES), strict=False)
        ),
        # The last step that can be undone fails for good now and then: else little is undone.
        *({"on": step, "fault": {"reject": {"status": 422}}, "share": 0.05} for step in steps[-1:]),
    )


def _everywhere(operations: OperationTable, share: float, *faults: Any) -> list[Rule]:
    return [
        {"on": service, "fault": fault, "share": share}
        for service in operations.services
        for fault in faults
    ]


def _fits(rule: Rule, operations: OperationTable) -> bool:
    """Whether a fault can happen to what a rule names: an activity has no reply to be cut off."""
    try:
        read_rule(rule, operations)
    except ParsingError:
        return False
    return True


def _check(rules: Iterable[Any], name: str, operations: OperationTable) -> None:
    for number, rule in enumerate(rules, 1):
        try:
            read_rule(rule, operations)
        except ParsingError as error:
            raise ValueError(f"{name}: rule {number}: {error}") from None
