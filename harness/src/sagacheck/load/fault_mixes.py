"""Mixes of faults: rules in the words of scenario files, each for a share of the calls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError

from fakes import ORDER_OPERATIONS
from sagacheck.network import read_rule
from sagacheck.world import ParsingError

Rule = Mapping[str, Any]
"""What ``POST /__fakes__/faults`` takes: ``on``, ``fault``, ``share`` and so on."""

SERVICES = ORDER_OPERATIONS.services


def _everywhere(share: float, *faults: Any) -> list[Rule]:
    return [
        {"on": service, "fault": fault, "share": share} for service in SERVICES for fault in faults
    ]


LIGHT = (
    *_everywhere(0.005, "drop_request", "drop_response"),
    *_everywhere(0.01, 503, {"status_after_effect": 502}, "reset_after_effect"),
    *_everywhere(0.01, {"duplicate": 2}, {"delay_response": "300ms"}),
)
HEAVY = (
    *_everywhere(0.02, "drop_request", "drop_response", {"delay_request": "4s"}),
    *_everywhere(0.04, "refuse", 500, {"status_after_effect": 504}, "reset_after_effect"),
    *_everywhere(0.03, {"duplicate": 3}, {"delay_response": "1s"}),
    {"on": "payments.charge", "fault": "truncated", "share": 0.05},
    {"on": "shipping.create", "fault": "malformed", "share": 0.05},
    {"on": "inventory.reserve", "fault": "empty", "share": 0.05},
    # Steps fail for good now and then, or little would be undone.
    {"on": "shipping.create", "fault": {"reject": {"status": 422}}, "share": 0.05},
)
MIXES: Mapping[str, tuple[Rule, ...]] = {"none": (), "light": LIGHT, "heavy": HEAVY}


def read_mix(name: str) -> tuple[Rule, ...]:
    """The rules of a mix, or of a YAML file.

    Raises:
        ValueError: There is no such mix or file, or it holds something else; the message says
            where.
    """
    if name in MIXES:
        return MIXES[name]
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
    _check(rules, name)
    return tuple(rules)


def _check(rules: Iterable[Any], name: str) -> None:
    for number, rule in enumerate(rules, 1):
        try:
            read_rule(rule, ORDER_OPERATIONS)
        except ParsingError as error:
            raise ValueError(f"{name}: rule {number}: {error}") from None
