"""Orders as the words of a saga draw them: each key by what its field says of its values."""

from __future__ import annotations

import random
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from enum import Enum
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from sagacheck.language import AnyOrder, Dialect, Place
from sagacheck.load.users.order_plans import DrawOrder

NOWHERE = Place("load", 0, 0)
_NOT_DRAWN = ("id", "start")


def drawn_by(dialect: Dialect) -> DrawOrder:
    """Draws orders as the words of a dialect write them.

    Words that draw whole orders (`OrderWords.drawn`) do so. Else each key has a value that its
    field allows: any of an enumeration or a range; for a text whose key is the name of a provider
    of Faker, such as ``email`` or ``city``, one of Faker's, if that is installed; else its default
    or one of its examples. Values that are refused together are left at their defaults.

    Args:
        dialect: How an order is written.
    """
    words = dialect.orders

    def draw(order_id: str, chance: random.Random) -> AnyOrder:
        seed = chance.getrandbits(32)
        drawn = words.drawn(chance, seed, 1)
        if drawn is not None:
            (order,), _ = drawn
            return replace(order, id=order_id)
        faker = _faker()
        if faker is not None:
            faker.seed_instance(seed)
        values = {
            name: value
            for name, field in words.model_fields.items()
            if name not in _NOT_DRAWN
            for value in _value_of(name, field, chance, faker)
        }
        try:
            return _written(dialect, order_id, values)
        except ValidationError:
            return _written(dialect, order_id, {})

    return draw


def _written(dialect: Dialect, order_id: str, values: Mapping[str, Any]) -> AnyOrder:
    """The order that a file with these values would mean.

    Raises:
        pydantic.ValidationError: There is none.
    """
    plain = dialect.orders.plain(1)
    file = dialect.written(
        {
            "scenario": "an order under load",
            "why": "load",
            "orders": [{**plain["orders"][0], **values, "id": order_id}],
            "expect": {order_id: {"status": "any"}},
        }
    )
    return file.orders[0].placed(NOWHERE)


def _value_of(name: str, field: FieldInfo, chance: random.Random, faker: Any) -> Sequence[Any]:
    """A value for a key; none where its default is to stand."""
    among = _among(field, chance)
    if among is not None:
        return [among]
    provider: Callable[[], Any] | None = getattr(faker, name, None) if faker else None
    if field.annotation is str and not field.metadata and provider is not None:
        value = provider()
        return [value] if isinstance(value, str) else []
    examples = list(field.examples or [])
    chosen = chance.randrange(len(examples) + 1)
    return examples[chosen - 1 : chosen] if chosen else []


def _among(field: FieldInfo, chance: random.Random) -> Any:
    """A value of a type that has but a few, or of a range; ``None`` for other types."""
    kind = field.annotation
    if typing.get_origin(kind) is typing.Literal:
        return chance.choice(typing.get_args(kind))
    if isinstance(kind, type) and issubclass(kind, Enum):
        return chance.choice(list(kind))
    if kind is bool:
        return chance.random() < 0.5
    if kind is int and (limits := _limits(field)) is not None:
        return chance.randint(*limits)
    return None


def _limits(field: FieldInfo) -> tuple[int, int] | None:
    """The least and the most of a whole number, where both are said."""

    def said(name: str, inclusive: str, shift: int) -> int | None:
        for rule in field.metadata:  # of annotated_types, which pydantic makes
            for attribute, more in ((inclusive, 0), (name, shift)):
                if isinstance(limit := getattr(rule, attribute, None), int):
                    return limit + more
        return None

    least, most = said("gt", "ge", 1), said("lt", "le", -1)
    return None if least is None or most is None or least > most else (least, most)


@cache
def _faker() -> Any:
    """Faker, if it is installed."""
    if find_spec("faker") is None:
        return None
    return import_module("faker").Faker("en_US")  # no extra brings it: a team has it, or not
