"""The endpoint that an activity calls, as its source shows it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_CLIENTS = re.compile(r"\b(httpx|requests|aiohttp|urllib3)\b|\b_?(http|client|session)\.\w+\(")


@dataclass(frozen=True)
class HttpCall:
    """An endpoint.

    Attributes:
        method: Such as ``POST``.
        path: Such as ``/bookings/{id}``.
        sends: The fields of its JSON.
        reads: The fields of the reply that are read.
        key_header: The header with an idempotency key; empty where there is none.
        sent: The parameters of its path, the fields of its JSON and its key's header, each with the
            last name of the expression that it is given, such as ``id`` of ``order.id``.
    """

    method: str
    path: str
    sends: tuple[str, ...]
    reads: tuple[str, ...]
    key_header: str
    sent: tuple[tuple[str, str], ...] = ()

    @property
    def route(self) -> str:
        """As a table of operations writes it."""
        return f"{self.method} {self.path}"

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names in its path."""
        return tuple(re.findall(r"{(\w+)}", self.path))


def http_call(source: str) -> HttpCall | None:
    """The endpoint that this source calls first; ``None`` where it calls none.

    Args:
        source: That of an activity and of its helpers, the activity first.
    """
    if not _CLIENTS.search(source):
        return None
    tree = ast.parse(source)
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    paths = [path for call in calls for path in _paths_in(call)]
    methods = [method for call in calls for method in _methods_in(call)]
    if not paths or not methods:
        return None
    header = re.search(r"[\"']((?:X-)?Idempotency-Key)[\"']", source, re.IGNORECASE)
    reads = re.findall(r"\.json\(\)\)?(?:\.get\(|\[)[\"'](\w+)[\"']", source)
    return HttpCall(
        methods[0],
        paths[0],
        tuple(dict.fromkeys(name for call in calls for name, _ in _fields_of(call, "json"))),
        tuple(each for each in dict.fromkeys(reads) if each not in ("error", "detail")),
        header[1] if header else "",
        tuple(dict.fromkeys(_sent(paths[0], calls))),
    )


def _methods_in(call: ast.Call) -> Iterator[str]:
    name = call.func.attr.upper() if isinstance(call.func, ast.Attribute) else ""
    if name in METHODS and call.args and any(_paths_in(call)):
        yield name
    for each in call.args:
        if isinstance(each, ast.Constant) and each.value in METHODS:
            yield str(each.value)


def _paths_in(call: ast.Call) -> Iterator[str]:
    for each in [*call.args, *(k.value for k in call.keywords if k.arg == "url")]:
        text = _text_of(each)
        text = re.sub(r"^\w+://[^/]*|^{\w+}(?=/)", "", text).partition("?")[0]
        if re.fullmatch(r"(/[\w{}.-]+)+", text):
            yield text


def _text_of(node: ast.expr) -> str:
    """A text, with names in braces in place of its parts that are not constant."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.JoinedStr):
        return "".join(_text_of(each) for each in node.values)
    if isinstance(node, ast.FormattedValue):
        found = re.findall(r"\w+", ast.unparse(node.value))
        return "{" + (found[-1] if found else "id") + "}"
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _text_of(node.left) + _text_of(node.right)
    return "{" + node.id + "}" if isinstance(node, ast.Name) else ""


def _sent(path: str, calls: list[ast.Call]) -> Iterator[tuple[str, str]]:
    for name in reversed(re.findall(r"{(\w+)}", path)):  # the last one is the most special
        yield name, name
    for call in calls:
        for name, value in _fields_of(call, "headers"):
            if re.fullmatch(r"(X-)?Idempotency-Key", name, re.IGNORECASE):
                yield f"header:{name}", value
    for call in calls:
        yield from _fields_of(call, "json")


def _fields_of(call: ast.Call, argument: str) -> Iterator[tuple[str, str]]:
    """The constant keys of a literal, each with the last name of its value."""
    for keyword in call.keywords:
        if keyword.arg == argument and isinstance(keyword.value, ast.Dict):
            for key, value in zip(keyword.value.keys, keyword.value.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield key.value, _last_name(value)


def _last_name(value: ast.expr) -> str:
    if isinstance(value, ast.Constant):
        return ""
    if isinstance(value, ast.JoinedStr) and len(value.values) > 1:
        return ast.unparse(value)
    found = re.findall(r"[A-Za-z_]\w*", ast.unparse(value))
    return found[-1] if found else ""
