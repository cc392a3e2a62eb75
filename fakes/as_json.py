"""Dataclasses as JSON: what control routes, reads and files show of the world."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any


def as_json(value: Any) -> Any:
    """`value` as something that ``json.dumps`` takes; what is infinite becomes ``None``.

    Dataclasses become objects of their public fields, sets become sorted lists.
    """
    if is_dataclass(value):
        return {f.name: as_json(getattr(value, f.name)) for f in fields(value) if f.name[0] != "_"}
    if isinstance(value, Mapping):
        return {str(name): as_json(item) for name, item in value.items()}
    if isinstance(value, set | frozenset):
        return [as_json(item) for item in sorted(value)]
    if isinstance(value, list | tuple):
        return [as_json(item) for item in value]
    if isinstance(value, float) and math.isinf(value):
        return None
    return value
