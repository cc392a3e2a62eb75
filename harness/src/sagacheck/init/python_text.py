"""Python as a formatter leaves it, for lines of at most 88 characters."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

WIDTH = 88


def import_lines(imports: Iterable[tuple[str, str]]) -> list[str]:
    """The import statements, sorted, the standard library first.

    Args:
        imports: Modules, and names of them.
    """
    by_module: dict[str, set[str]] = {}
    for module, name in imports:
        by_module.setdefault(module, set()).add(name)
    standard = {m for m in by_module if m.partition(".")[0] in sys.stdlib_module_names}
    groups = (sorted(standard), sorted(by_module.keys() - standard))
    texts = [
        "\n".join(_import(m, sorted(by_module[m])) for m in group) for group in groups if group
    ]
    return "\n\n".join(texts).splitlines()


def _import(module: str, names: Sequence[str]) -> str:
    line = f"from {module} import {', '.join(names)}"
    if len(line) <= WIDTH:
        return line
    return f"from {module} import (\n" + "".join(f"    {name},\n" for name in names) + ")"


def function_call(name: str, arguments: Sequence[str], indent: int = 8) -> str:
    """A call, as long as it fits on one line, else with an argument a line."""
    bare = [each.removesuffix(",") for each in arguments]
    line = f"{name}({', '.join(bare)})"
    if "\n" not in line and len(line) + indent + 1 <= WIDTH and not _has_comment(arguments):
        return line
    inner = ", ".join(bare)
    space = " " * (indent + 4)
    if name == "effect" and len(inner) + indent + 4 <= WIDTH:
        return f"{name}(\n{space}{inner}\n{' ' * indent})"
    lines = "".join(f"{space}{each},\n" for each in bare)
    return f"{name}(\n{lines}{' ' * indent})"


def sequence(items: Sequence[str], indent: int = 4) -> str:
    """A list with an item a line; each ends with its comma, and perhaps a comment."""
    if not items:
        return "[],  # TODO: name the activities; pass --activities module to `sagacheck init`"
    line = f"[{' '.join(items).removesuffix(',')}]"
    if len(line) + len("    activities=,") <= WIDTH and "(" not in line and "#" not in line:
        return line
    space = " " * (indent + 4)
    return "[\n" + "".join(f"{space}{each}\n" for each in items) + " " * indent + "]"


def call(name: str, settings: Sequence[tuple[str, str]]) -> str:
    """A call with keyword arguments, one a line."""
    lines = []
    for key, value in settings:
        text = f"    {key}={value}"
        first = text.partition("\n")[0]
        if len(first) + 1 > WIDTH and key == "arguments":
            text = f"    {key}={_broken_lambda(value)}"
        lines.append(text if "# TODO" in first else text + ",")
    return f"{name}(\n" + "\n".join(lines) + "\n)"


def _broken_lambda(value: str) -> str:
    """``lambda order: [A(b, c)]`` with a line for each part."""
    head, _, inner = value.partition("[")
    items = _split(inner.removesuffix("]"))
    lines = []
    for each in items:
        if len(each) + 9 > WIDTH and each.endswith(")"):
            name, _, arguments = each.partition("(")
            parts = "".join(f"            {e},\n" for e in _split(arguments.removesuffix(")")))
            lines.append(f"        {name}(\n{parts}        ),\n")
        else:
            lines.append(f"        {each},\n")
    return f"{head}[\n{''.join(lines)}    ]"


def _split(text: str) -> list[str]:
    """The parts between commas that stand in no bracket and no text."""
    parts, depth, quote, part = [], 0, "", ""
    for each in text:
        if each == '"':
            quote = "" if quote else each
        depth += (each in "([{") - (each in ")]}") if not quote else 0
        if each == "," and depth == 0 and not quote:
            parts.append(part.strip())
            part = ""
        else:
            part += each
    return [*parts, part.strip()] if part.strip() else parts


def _has_comment(arguments: Sequence[str]) -> bool:
    return any("  #" in each for each in arguments)
