"""What others may use of a sub-package of the harness stands in its ``__init__``."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import sagacheck

ROOT = Path(__file__).parents[2]
HARNESS = Path(sagacheck.__file__).parents[1]
CODE = (HARNESS / "sagacheck", ROOT / "fakes", ROOT / "scenarios", ROOT / "load", ROOT / "examples")


def past_faces(text: str, module: str) -> Iterator[str]:
    """The imports in `text`, the code of `module`, that reach into another sub-package.

    ``from sagacheck.world import Ledger`` asks the face of a sub-package; ``from
    sagacheck.world.ledger import Ledger`` goes past it, which only its own modules may.
    """
    own = module.split(".")[:2]
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [node.module or ""]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        for name in names:
            parts = name.split(".")
            if parts[0] == "sagacheck" and len(parts) > 2 and parts[:2] != own:
                yield f"{module}, line {node.lineno}: {name}"


def _module_of(file: Path) -> str:
    root = HARNESS if file.is_relative_to(HARNESS) else ROOT
    return ".".join(file.relative_to(root).with_suffix("").parts)


def test_nobody_imports_past_the_face_of_a_sub_package() -> None:
    """The command line alone names modules of others: it imports each command when it is asked for.

    Tests may look at what they test.
    """
    found = [
        line
        for folder in CODE
        for file in sorted(folder.rglob("*.py"))
        for line in past_faces(file.read_text(encoding="utf-8"), _module_of(file))
    ]

    allowed = [line for line in found if line.startswith("sagacheck.__main__,")]
    assert found == allowed


def test_an_import_past_a_face_is_found() -> None:
    """In a function and under a condition too; what a module imports of its own folder is not."""
    bad = "def f():\n    from sagacheck.world.ledger import Ledger\n"
    good = "from sagacheck.world import Ledger\nfrom sagacheck.network.wire import WireReply\n"

    assert list(past_faces(bad, "sagacheck.network.routes")) == [
        "sagacheck.network.routes, line 2: sagacheck.world.ledger"
    ]
    assert list(past_faces(good, "sagacheck.network.routes")) == []
    assert list(past_faces(good, "fakes.inventory")) == [
        "fakes.inventory, line 2: sagacheck.network.wire"
    ]
