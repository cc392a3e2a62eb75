"""No modules import each other in a circle: not in functions, and not for type checkers either."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

import orders
import sagacheck

ROOT = Path(__file__).parents[2]
PACKAGES = (
    Path(sagacheck.__file__).parent,
    Path(orders.__file__).parent,
    ROOT / "fakes",
    ROOT / "scenarios",
    ROOT / "load",
)
Graph = Mapping[str, set[str]]
"""The modules that each module imports."""


# -- the graph ----------------------------------------------------------------------------------


def import_graph(sources: Mapping[str, str]) -> Graph:
    """Which of the modules import which.

    To import ``a.b.c`` is an edge to ``a.b.c`` and, from outside of a package on the way, to the
    ``__init__`` of that package: the module is then used by the package's face. From inside the
    package it is none, for Python has begun with the ``__init__`` by then.

    Args:
        sources: The source code of each module by its dotted name; a package's is its ``__init__``.
    """
    return {module: set(_edges(module, text, sources)) for module, text in sources.items()}


def _edges(module: str, text: str, sources: Mapping[str, str]) -> Iterator[str]:
    for name in _imported_names(module, text, sources):
        parts = name.split(".")
        for end in range(1, len(parts) + 1):
            target = ".".join(parts[:end])
            is_on_the_way = end < len(parts) and f"{module}.".startswith(f"{target}.")
            if target in sources and target != module and not is_on_the_way:
                yield target


def _imported_names(module: str, text: str, sources: Mapping[str, str]) -> Iterator[str]:
    """The dotted names that a module imports, in functions and under conditions too."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = _absolute(module, node, sources)
            for alias in node.names:
                inner = f"{start}.{alias.name}"
                yield inner if inner in sources else start


def _absolute(module: str, node: ast.ImportFrom, sources: Mapping[str, str]) -> str:
    """The name of the module from which names are imported, dots in front of it resolved."""
    if not node.level:
        return node.module or ""
    is_package = any(name.startswith(f"{module}.") for name in sources)
    parts = module.split(".")
    own = parts[: len(parts) - node.level + is_package]
    return ".".join([*own, *filter(None, [node.module])])


# -- cycles -------------------------------------------------------------------------------------


def find_cycle(graph: Graph) -> list[str]:
    """A shortest cycle of modules, the first of them again at its end; empty if there is none."""
    cycles = (_shortest_way_back(graph, module) for module in sorted(graph))
    return min(filter(None, cycles), key=len, default=[])


def _shortest_way_back(graph: Graph, start: str) -> list[str]:
    """The shortest way from a module to itself, breadth first."""
    ways = [[start]]
    seen: set[str] = set()
    for way in ways:
        for target in sorted(graph[way[-1]]):
            if target == start:
                return [*way, start]
            if target not in seen:
                seen.add(target)
                ways.append([*way, target])
    return []


# -- the code -----------------------------------------------------------------------------------


@pytest.fixture(scope="module", name="graph")
def _graph() -> Graph:
    """The graph of all our modules."""
    return import_graph(
        {
            _module_name(folder, file): file.read_text(encoding="utf-8")
            for folder in PACKAGES
            for file in sorted(folder.rglob("*.py"))
        }
    )


def _module_name(folder: Path, file: Path) -> str:
    parts = file.relative_to(folder.parent).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def test_no_cycle_of_imports(graph: Graph) -> None:
    """Modules can be read, tested and changed one after another, the lowest first."""
    cycle = find_cycle(graph)

    assert cycle == [], " imports ".join(cycle)


def test_all_modules_are_in_the_graph(graph: Graph) -> None:
    """It has the packages, and edges within and across them."""
    assert {folder.name for folder in PACKAGES} <= set(graph)
    assert (
        "sagacheck.temporal.base.virtual_time.loop"
        in graph["sagacheck.temporal.worker.simulated_worker"]
    )
    assert "sagacheck.temporal" in graph["sagacheck.engines.simulated.engine"]


# -- the checker itself -------------------------------------------------------------------------

RIGHT = {
    "a": "from a.high import top",  # a package's own face
    "a.high": "from a.low import bottom\nfrom a.b import inner",
    "a.low": "import json",
    "a.b": "from a.b.inner import inner",
    "a.b.inner": "from a.b.deep import more\nfrom a.low import bottom",
    "a.b.deep": "",
    "c": "from a import top\nimport a.low",
}
"""A face imports its own modules, and these import each other by full names: there is no cycle."""


def test_a_right_graph_has_no_cycle() -> None:
    """A module that imports a sibling does not import the face of its own package."""
    graph = import_graph(RIGHT)

    assert find_cycle(graph) == []
    assert graph["a.high"] == {"a.low", "a.b", "a.b.inner"}
    assert graph["c"] == {"a", "a.low"}


def test_cycles_are_found() -> None:
    """At the top of a module, in a function, for type checkers, and by way of a face."""
    in_function = "def f():\n    import a.high"
    for_types = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from a.high import top"
    by_face = "from a import top"
    relative = "from . import high"

    for text in ("import a.high", in_function, for_types, relative):
        cycle = find_cycle(import_graph({**RIGHT, "a.low": text}))
        assert cycle == ["a.high", "a.low", "a.high"], text
    assert find_cycle(import_graph({**RIGHT, "a.high": by_face})) == ["a", "a.high", "a"]


def test_a_cycle_of_packages_by_their_faces_is_found() -> None:
    """No two modules import each other, but neither package can be imported first."""
    sources = {"a": "from a.x import X", "a.x": "from b import Y", "b": "from b.y import Y"}

    cycle = find_cycle(import_graph({**sources, "b.y": "import a.x"}))

    assert cycle == ["a.x", "b", "b.y", "a.x"]
