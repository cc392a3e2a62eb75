"""Examples of values, by name and type, as code: what an order is when only its id is written."""

from __future__ import annotations

import dataclasses
import enum
import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sagacheck.init.naming import words_of

_TEXTS: Mapping[str, str] = {
    **dict.fromkeys(("customer", "user", "name", "guest", "visitor", "traveller", "buyer"), "ada"),
    **dict.fromkeys(("source", "sender", "payer", "from"), "alice"),
    **dict.fromkeys(("target", "recipient", "receiver", "payee", "to", "destination"), "bob"),
    **dict.fromkeys(("manager", "approver", "by", "who", "reviewer"), "ann"),
    **dict.fromkeys(("sku", "item", "product", "article"), "BOOK"),
    "currency": "USD",
    "email": "ada@example.com",
    "mail": "ada@example.com",
    "phone": "+15550100",
    "address": "1 Main St",
    "street": "1 Main St",
    "city": "Lisbon",
    "country": "PT",
    "zip": "1000",
    "date": "2030-01-31",
    "url": "https://example.com",
    "reason": "changed my mind",
}
_COUNTS = frozenset({"quantity", "count", "number", "pieces", "seats", "guests", "nights", "days"})
_IDS = ("id", "reference", "ref", "uuid", "key")
SCALARS = (str, int, float, bool, Decimal)


@dataclass
class Code:
    """A piece of code.

    Attributes:
        text: The code.
        imports: What it needs: modules, and names of them.
    """

    text: str
    imports: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Field:
    """A field of a dataclass or a pydantic model.

    Attributes:
        name: Its name.
        type: Its annotation.
        default: Its default; `MISSING` where it needs a value.
    """

    name: str
    type: Any
    default: Any


MISSING = dataclasses.MISSING


def is_id(name: str) -> bool:
    """Whether something of this name identifies an order."""
    words = words_of(name)
    return bool(words) and words[-1] in _IDS


def fields_of(cls: Any) -> Sequence[Field] | None:
    """The fields of a dataclass or a pydantic model; ``None`` for any other type."""
    if not isinstance(cls, type):
        return None
    if dataclasses.is_dataclass(cls):
        hints = _hints(cls)
        return [
            Field(each.name, hints.get(each.name, Any), _default_of(each))
            for each in dataclasses.fields(cls)
            if each.init
        ]
    if is_pydantic(cls):
        return [
            Field(name, each.annotation, MISSING if each.is_required() else each.default)
            for name, each in cls.model_fields.items()  # type: ignore[attr-defined]
        ]
    return None


def is_pydantic(cls: Any) -> bool:
    """Whether it is a pydantic model; its module is not imported for this."""
    return isinstance(cls, type) and hasattr(cls, "model_fields")


def models_in(kind: Any) -> Iterator[type]:
    """The pydantic models in an annotation and in the fields of what it names."""
    for each in typing.get_args(kind):
        yield from models_in(each)
    if is_pydantic(kind):
        yield kind
    elif isinstance(kind, type) and dataclasses.is_dataclass(kind):
        for each in fields_of(kind) or ():
            yield from models_in(each.type)


def plain_type(kind: Any) -> Any:
    """A type without `Optional` and `Annotated`."""
    if typing.get_origin(kind) is typing.Annotated:
        return plain_type(typing.get_args(kind)[0])
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        return plain_type(next(e for e in typing.get_args(kind) if e is not type(None)))
    return kind


def example(name: str, kind: Any) -> Any:
    """A scalar for a name, as it would be written into a scenario."""
    words = words_of(name)
    if kind is bool:
        return True
    if kind in (int, float, Decimal):
        one = bool(_COUNTS & {*words})
        return kind(1 if one else 1000 if kind is int else 10)
    known = [_TEXTS[each] for each in reversed(words) if each in _TEXTS]
    return known[0] if known else "-".join(words) or "x"


def code_of(name: str, kind: Any) -> Code:
    """The code that makes an example of a type."""
    kind = plain_type(kind)
    origin = typing.get_origin(kind)
    if origin is typing.Literal:
        return Code(_literal(typing.get_args(kind)[0]))
    if kind in SCALARS:
        imports = [("decimal", "Decimal")] if kind is Decimal else []
        return Code(literal(example(name, kind)), imports)
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return Code(f"{kind.__name__}.{next(iter(kind)).name}", [(kind.__module__, kind.__name__)])
    if kind in _TIMES:
        return Code(_TIMES[kind], [("datetime", kind.__name__)])
    if origin in (list, tuple, Sequence, set) or kind in (list, tuple):
        inner = [e for e in typing.get_args(kind) if e is not Ellipsis]
        made = code_of(name.removesuffix("s"), inner[0]) if inner else Code("")
        return Code(f"[{made.text}]", made.imports)
    fields = fields_of(kind)
    return Code("{}") if fields is None else _object(kind, fields)


def _object(cls: type, fields: Sequence[Field]) -> Code:
    made = [
        (each.name, code_of(each.name, each.type)) for each in fields if each.default is MISSING
    ]
    text = ", ".join(f"{name}={code.text}" for name, code in made)
    imports = [each for _, code in made for each in code.imports]
    return Code(f"{cls.__name__}({text})", [(cls.__module__, cls.__name__), *imports])


_TIMES: Mapping[Any, str] = {
    datetime: "datetime(2030, 1, 31)",
    date: "date(2030, 1, 31)",
    timedelta: "timedelta(hours=1)",
}


def _literal(value: Any) -> str:
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return repr(value)


def literal(value: Any) -> str:
    """A scalar as code."""
    return f'Decimal("{value}")' if isinstance(value, Decimal) else _literal(value)


def _hints(cls: type) -> dict[str, Any]:
    try:
        return typing.get_type_hints(cls)
    except (NameError, TypeError):
        return {}


def _default_of(each: Any) -> Any:
    if each.default is not MISSING:
        return each.default
    return None if each.default_factory is not MISSING else MISSING
