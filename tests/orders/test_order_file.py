"""What `orders place` says about a file that holds no valid order."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from orders.cli import commands
from orders.cli.order_file import MAX_BYTES, MAX_PROBLEMS, InvalidOrderError, _Object, read_order
from orders.countries import COUNTRIES, COUNTRY_RULE
from tests.orders._messages import ORDER_JSON, order

ITEM = ORDER_JSON["items"][0]
ADDRESS = ORDER_JSON["shipping_address"]


def _with_item(**changes: Any) -> dict[str, Any]:
    return ORDER_JSON | {"items": [ITEM | changes]}


def _without(key: str) -> dict[str, Any]:
    return {name: value for name, value in ORDER_JSON.items() if name != key}


MONEY_RULE = 'money is digits with at most 2 places, such as "19.99"'

WRONG_ORDERS: dict[str, tuple[Any, str]] = {
    "float price": (
        _with_item(price=19.99),
        'items[0].price: 19.99: money is a decimal string such as "19.99", not the float 19.99',
    ),
    "three places": (
        _with_item(price="19.999"),
        'items[0].price: "19.999": Decimal input should have no more than 2 decimal places',
    ),
    "not a number": (
        _with_item(price="NaN"),
        'items[0].price: "NaN": money is digits with at most 2 places, such as "19.99"',
    ),
    "negative price": (
        _with_item(price="-1"),
        'items[0].price: "-1": Input should be greater than or equal to 0',
    ),
    "no quantity": (
        _with_item(quantity=0),
        "items[0].quantity: 0: Input should be greater than or equal to 1",
    ),
    "no items": (
        ORDER_JSON | {"items": []},
        "items: []: List should have at least 1 item after validation, not 0",
    ),
    "bad id": (
        ORDER_JSON | {"order_id": "a/b"},
        "order_id: \"a/b\": String should match pattern '^[A-Za-z0-9][A-Za-z0-9._~-]{0,99}$'",
    ),
    "missing key": (_without("customer_id"), "customer_id: this key is missing"),
    "unknown key": (
        ORDER_JSON | {"costumer_id": "c1"},
        "costumer_id: this key is unknown (did you mean customer_id?)",
    ),
    "unknown key of an item": (
        _with_item(prize="1"),
        "items[0].prize: this key is unknown (did you mean price?)",
    ),
    "unknown key of the address": (
        ORDER_JSON | {"shipping_address": ADDRESS | {"zip": "1"}},
        "shipping_address.zip: this key is unknown (did you mean zip_code?)",
    ),
    "strange key": (
        ORDER_JSON | {"a b": 1},
        f'"a b": this key is unknown; known are {", ".join(ORDER_JSON)}, on_confirmation_failure',
    ),
    "item that is no object": (
        ORDER_JSON | {"items": [1]},
        "items[0]: 1 should be a JSON object",
    ),
    "no object at all": ([1], "order: [1] should be a JSON object"),
    "long value": (
        _with_item(sku="x" * 201),
        f'items[0].sku: "{"x" * 59}…: String should have at most 200 characters',
    ),
    **{
        f"price {price!r}": (
            _with_item(price=price),
            f"items[0].price: {json.dumps(price)}: {MONEY_RULE}",
        )
        for price in ("1_0.00", "1e2", "1E+2", " 5 ", "\u0665", "1e9", "+5", ".5", "5.", "5\n", "")
    },
    **{
        f"country {country!r}": (
            ORDER_JSON | {"shipping_address": ADDRESS | {"country": country}},
            f'shipping_address.country: "{country}": {COUNTRY_RULE}',
        )
        for country in ("Germany", "us", "XX", "USA", "")
    },
    "wrong choice": (
        ORDER_JSON | {"on_confirmation_failure": "shrug"},
        "on_confirmation_failure: \"shrug\": Input should be 'undo' or 'complete'",
    ),
}
NO_JSON = "the file should hold one order as JSON, as `orders place --help` shows"
WRONG_BYTES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "order.json:1:1: the file is empty, it should hold one order"),
    "blank": (b" \n", "order.json:2:1: the file is empty, it should hold one order"),
    "broken": (b'{\n "order_id": }', f"order.json:2:14: Expecting value; {NO_JSON}"),
    "two documents": (b"{}\n{}", f"order.json:2:1: Extra data; {NO_JSON}"),
    "no JSON": (b"# Orders\n", f"order.json:1:1: Expecting value; {NO_JSON}"),
    "too large": (b" " * (MAX_BYTES + 1), "order.json: an order has at most 1024 KiB"),
    "not UTF-8": (b'{"a": "\xff"}', "order.json: byte 8 is not UTF-8, which JSON is written in"),
    "nested": (b"[" * 100_000, "order.json: it is nested too deeply to be an order"),
    "key twice": (
        json.dumps(ORDER_JSON)[:-1].encode() + b', "customer_id": "c2"}',
        "order.json: customer_id: this key is given twice",
    ),
    "key of an item twice": (
        json.dumps(ORDER_JSON).replace('"sku"', '"sku": "A", "sku"').encode(),
        "order.json: items[0].sku: this key is given twice",
    ),
}


def _problems(content: bytes) -> tuple[str, ...]:
    with pytest.raises(InvalidOrderError) as invalid:
        read_order(content, "order.json")
    return invalid.value.problems


def test_valid_file() -> None:
    """A file with the seed's JSON is an order."""
    assert read_order(json.dumps(ORDER_JSON).encode(), "order.json") == order()


@pytest.mark.parametrize(("tree", "problem"), WRONG_ORDERS.values(), ids=WRONG_ORDERS)
def test_wrong_order(tree: Any, problem: str) -> None:
    """A problem names the place, the value and the rule, and what may have been meant."""
    assert _problems(json.dumps(tree).encode()) == (f"order.json: {problem}",)


@pytest.mark.parametrize(("content", "problem"), WRONG_BYTES.values(), ids=WRONG_BYTES)
def test_wrong_bytes(content: bytes, problem: str) -> None:
    """What is no JSON is reported with its line and column, where it has them."""
    assert _problems(content) == (problem,)


def test_all_problems_at_once() -> None:
    """Every problem has its line, so that a file can be mended in one go."""
    tree = _with_item(price=1.5, quantity=0, colour="red") | {"order_id": ""}
    assert len(_problems(json.dumps(tree).encode())) == 4


def test_huge_number() -> None:
    """A number of thousands of digits is a problem, and no crash."""
    (problem,) = _problems(b'{"order_id": ' + b"9" * 5000 + b"}")
    assert problem.startswith("order.json: Exceeds the limit")


def _place(*arguments: str, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(commands, ["place", *arguments], input=stdin)


def test_wrong_file_is_wrong_input(tmp_path: Path) -> None:
    """`place` exits with 2 for a wrong file, with one line for each problem and nothing else."""
    file = tmp_path / "order.json"
    file.write_text(json.dumps(_with_item(price=1.5, quantity=0)))
    result = _place(str(file))
    assert (result.exit_code, result.stdout) == (2, "")
    lines = result.stderr.splitlines()
    assert [line.removeprefix(f"{file}: ")[:14] for line in lines] == [
        "items[0].quant",
        "items[0].price",
    ]


def test_wrong_standard_input() -> None:
    """`place -` reads standard input, and calls it so."""
    result = _place("-", stdin=b"{")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("<stdin>:1:2: Expecting property name")


@pytest.mark.parametrize(("name", "reason"), [("none.json", "No such file"), (".", "Is a direct")])
def test_no_file(tmp_path: Path, name: str, reason: str) -> None:
    """`place` of what is no file says so in one line, and exits with 2."""
    result = _place(str(tmp_path / name))
    assert result.exit_code == 2
    assert reason in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("country", sorted(COUNTRIES))
def test_every_country(country: str) -> None:
    """An order may go to any country that has a code."""
    tree = ORDER_JSON | {"shipping_address": ADDRESS | {"country": country}}
    assert read_order(json.dumps(tree).encode(), "a").shipping_address.country == country


def test_problems_are_counted_where_there_are_many() -> None:
    """Twenty thousand unknown keys are no twenty thousand lines, and none is compared with all."""
    keys = ", ".join(f'"k{number}": 1' for number in range(20_000))
    problems = _problems(json.dumps(ORDER_JSON)[:-1].encode() + f", {keys}}}".encode())
    assert len(problems) == MAX_PROBLEMS + 1
    assert problems[-1] == f"order.json: and {20_000 - MAX_PROBLEMS} more problems"


def test_key_is_compared_once_with_twenty_thousand() -> None:
    """To find a key that is given twice, keys are counted, and not compared with each other."""

    class Key(str):
        __slots__ = ()
        compared = 0
        __hash__ = str.__hash__

        def __eq__(self, other: object) -> bool:
            Key.compared += 1
            return str.__eq__(self, other)

    keys = [Key(f"k{number}") for number in range(2000)]
    assert _Object([(key, 1) for key in [*keys, "k7"]]).twice == ["k7"]
    assert Key.compared < 20_000


def test_fifo_and_device_are_no_order(tmp_path: Path) -> None:
    """A FIFO would be waited for, and a device may never end: both are refused in one line."""
    os.mkfifo(tmp_path / "fifo")
    for name in (str(tmp_path / "fifo"), "/dev/zero"):
        result = _place(name)
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr == f"{name}: it is no regular file; `-` is standard input\n"


def test_endless_standard_input() -> None:
    """Of standard input no more is read than an order may have."""
    result = _place("-", stdin=b"[" * (3 * MAX_BYTES))
    assert result.exit_code == 2
    assert result.stderr == "<stdin>: an order has at most 1024 KiB\n"
