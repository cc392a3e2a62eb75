"""Reading an order from JSON, with one clear line for everything that is wrong with it."""

from __future__ import annotations

import difflib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any

from pydantic import TypeAdapter, ValidationError

from orders.countries import COUNTRIES, COUNTRY_RULE
from orders.models import Address, OrderInput, OrderItem

MAX_BYTES = 1024 * 1024
"""The largest file that is read."""
MAX_PROBLEMS = 20
"""So many problems of a file are listed; the rest is counted."""
_SHOWN_CHARACTERS = 60
_NO_JSON = "the file should hold one order as JSON, as `orders place --help` shows"
_ORDER = TypeAdapter(OrderInput)

Path = Sequence[str | int]


class InvalidOrderError(ValueError):
    """The file holds no valid order.

    Attributes:
        problems: One line for each thing that is wrong, with the place where it is.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class _Object(dict[str, Any]):
    """A JSON object that knows which of its keys it was given twice."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.twice = sorted(
            key for key, times in Counter(key for key, _ in pairs).items() if times > 1
        )


def read_order(content: bytes, name: str) -> OrderInput:
    """The order that `content` holds as JSON.

    Args:
        content: The bytes of a file: JSON in UTF-8.
        name: What the file is called in problems.

    Raises:
        InvalidOrderError: It is no JSON, or no order; its problems are named at once, the first
            `MAX_PROBLEMS` of them.
    """
    if len(content) > MAX_BYTES:
        raise InvalidOrderError([f"{name}: an order has at most {MAX_BYTES // 1024} KiB"])
    try:
        tree = _parse(content, name)
        problems = list(_problems_of(tree))
    except RecursionError:
        problems = ["it is nested too deeply to be an order"]
    if problems:
        more = len(problems) - MAX_PROBLEMS
        listed = problems[:MAX_PROBLEMS] + ([f"and {more} more problems"] if more > 0 else [])
        raise InvalidOrderError([f"{name}: {problem}" for problem in listed])
    return _ORDER.validate_python(tree)


def _parse(content: bytes, name: str) -> Any:
    try:
        return json.loads(content.decode("utf-8"), object_pairs_hook=_Object)
    except UnicodeDecodeError as error:
        wrong = f"{name}: byte {error.start + 1} is not UTF-8, which JSON is written in"
    except json.JSONDecodeError as error:
        what = f"{error.msg}; {_NO_JSON}"
        if not content.strip():
            what = "the file is empty, it should hold one order"
        wrong = f"{name}:{error.lineno}:{error.colno}: {what}"
    except ValueError as error:  # a number of thousands of digits
        wrong = f"{name}: {error}"
    raise InvalidOrderError([wrong])


def _problems_of(tree: Any) -> Iterator[str]:
    for path in _keys_given_twice(tree):
        yield f"{_place(path)}: this key is given twice"
    try:
        country = _ORDER.validate_python(tree, extra="forbid").shipping_address.country
        if country not in COUNTRIES:
            yield f"shipping_address.country: {_shown(country)}: {COUNTRY_RULE}"
    except ValidationError as invalid:
        for error in invalid.errors(include_url=False):
            yield _problem(error["type"], error["loc"], error["input"], error["msg"])


def _keys_given_twice(tree: Any, path: Path = ()) -> Iterator[Path]:
    if isinstance(tree, _Object):
        for key in tree.twice:
            yield (*path, key)
        for key, value in tree.items():
            yield from _keys_given_twice(value, (*path, key))
    elif isinstance(tree, list):
        for index, value in enumerate(tree):
            yield from _keys_given_twice(value, (*path, index))


def _problem(kind: str, path: Path, value: Any, message: str) -> str:
    place = _place(path)
    match kind:
        case "missing":
            return f"{place}: this key is missing"
        case "unexpected_keyword_argument":
            known = [field.name for field in fields(_owner(path))]
            near = difflib.get_close_matches(str(path[-1]), known, n=1, cutoff=0.5)
            hint = f" (did you mean {near[0]}?)" if near else f"; known are {', '.join(known)}"
            return f"{place}: this key is unknown{hint}"
        case "dataclass_type":
            return f"{place}: {_shown(value)} should be a JSON object"
        case _:
            return f"{place}: {_shown(value)}: {message.removeprefix('Value error, ')}"


def _owner(path: Path) -> type[OrderInput | OrderItem | Address]:
    """The class whose field the last key of `path` would be."""
    owners: Mapping[str | int, type[OrderItem | Address]] = {
        "items": OrderItem,
        "shipping_address": Address,
    }
    return OrderInput if len(path) == 1 else owners[path[0]]


def _place(path: Path) -> str:
    """A path such as ``items[0].price``; keys that are no words are quoted."""
    place = ""
    for step in path:
        if isinstance(step, int):
            place += f"[{step}]"
        else:
            place += ("." if place else "") + (step if step.isidentifier() else json.dumps(step))
    return place or "order"


def _shown(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "…"
