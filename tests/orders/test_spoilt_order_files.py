"""Whatever stands in an order's file: it is an order, or it says where it is none."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest

from orders.cli.order_file import MAX_PROBLEMS, InvalidOrderError, read_order
from orders.models import OrderInput
from tests.orders._messages import ORDER_JSON

ODD_VALUES: list[Any] = [None, True, 1.5, -1, 10**30, "", "x" * 5000, "1e2", " 5 ", "\u0665", "NaN"]
ODD_VALUES += ["Germany", "a/b", "\ud800", "\x00", [], {}, [[]], {"a": {}}]
ODD_BYTES = [b"{", b"}", b'"', b"\\", b"\\ud800", b"\xff", b"\x00", b"1e999", b"NaN", b","]
ODD_BYTES += [b"9" * 5000, b"[" * 3000, b'{"a":' * 3000, b"\xef\xbb\xbf", b"\n", b""]


@pytest.mark.parametrize("seed", range(4))
def test_any_file_is_an_order_or_has_problems(seed: int) -> None:
    """Nothing else leaves the reader: no traceback, and no endless list."""
    for number in range(200):
        content = _spoilt(Random(f"{seed}/{number}"))
        problems = _problems_of(content)
        assert len(problems) <= MAX_PROBLEMS + 1
        assert all(len(problem.splitlines()) == 1 for problem in problems)


def _problems_of(content: bytes) -> tuple[str, ...]:
    """What is wrong with a file; nothing where it holds an order."""
    try:
        order = read_order(content, "order.json")
    except InvalidOrderError as invalid:
        return invalid.problems or ("refused without a reason\n\n",)
    assert isinstance(order, OrderInput)
    return ()


def _spoilt(dice: Random) -> bytes:
    tree = json.loads(json.dumps(ORDER_JSON))
    for _ in range(dice.randrange(4)):
        _spoil(tree, dice)
    content = json.dumps(tree, ensure_ascii=dice.random() < 0.5).encode("utf-8", "surrogatepass")
    for _ in range(dice.choice((0, 0, 1, 2))):
        here = dice.randrange(len(content) + 1)
        there = here + dice.randrange(20)
        odd = dice.choice([*ODD_BYTES, dice.randbytes(3)])
        content = content[:here] + odd + content[there:]
    return content


def _spoil(tree: Any, dice: Random) -> None:
    """Lose, rename, repeat or replace something somewhere in `tree`."""
    keys: list[Any] = list(tree) if isinstance(tree, dict) else list(range(len(tree)))
    if not keys:
        return
    key: Any = dice.choice(keys)
    if isinstance(tree[key], dict | list) and dice.random() < 0.7:
        _spoil(tree[key], dice)
        return
    match dice.choice(["gone", "renamed", "many", "odd"]):
        case "gone":
            del tree[key]
        case "renamed" if isinstance(tree, dict):
            tree[key + dice.choice("sx\n é")] = tree.pop(key)
        case "many" if isinstance(tree, list):
            tree.extend([tree[key]] * dice.choice((1, 600)))
        case _:
            tree[key] = dice.choice(ODD_VALUES)
