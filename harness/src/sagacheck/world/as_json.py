"""Records as JSON: what control routes, reads and files show of the world."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any

import msgspec

_PLAIN = (str, int, bool, type(None))


def as_json(value: Any) -> Any:
    """`value` as something that ``json.dumps`` takes; what is infinite becomes ``None``.

    Dataclasses and structs become objects of their public fields, sets become sorted lists.
    """
    kind: Any = type(value)
    if kind in _PLAIN:
        return value
    if isinstance(value, msgspec.Struct) or is_dataclass(value):
        return {name: as_json(getattr(value, name)) for name in _names(kind)}
    if isinstance(value, Mapping):
        return {str(name): as_json(item) for name, item in value.items()}
    if isinstance(value, set | frozenset):
        value = sorted(value)
    if isinstance(value, list | tuple):
        return [as_json(item) for item in value]
    return None if isinstance(value, float) and math.isinf(value) else value


@cache
def _names(kind: Any) -> tuple[str, ...]:
    if issubclass(kind, msgspec.Struct):
        names = kind.__struct_fields__
    else:
        names = tuple(field.name for field in fields(kind))
    return tuple(name for name in names if not name.startswith("_"))
