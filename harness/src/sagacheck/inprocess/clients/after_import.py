"""Something done to a module once the process imports it, now or later.

The harness imports no client that a team does not use: each takes time at the start of a command.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

Change = Callable[[ModuleType], None]


class AfterImport(MetaPathFinder):
    """Changes modules when they are imported; to be first in ``sys.meta_path``.

    Args:
        changes: What is done, by the names of the modules.
    """

    def __init__(self, changes: dict[str, Change]) -> None:
        self._changes = changes

    def change_those_imported(self) -> None:
        """Change the modules that are imported already."""
        for name, change in self._changes.items():
            module = sys.modules.get(name)
            if module is not None and not _is_being_imported(module):
                change(module)

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Where another finder finds the module, with its change after it is executed."""
        change = self._changes.get(name)
        if change is None:
            return None
        for finder in sys.meta_path:
            spec = None if finder is self else finder.find_spec(name, path, target)
            if spec is not None and spec.loader is not None:
                _change_after(spec.loader, change)
                return spec
        return None


def _change_after(loader: Loader, change: Change) -> None:
    execute = loader.exec_module

    def exec_module(module: ModuleType) -> None:
        execute(module)
        change(module)

    loader.exec_module = exec_module  # type: ignore[method-assign]  # each module has its loader


def _is_being_imported(module: ModuleType) -> bool:
    """Whether a thread is in the midst of it; then the finder has seen it, or it is too late."""
    return bool(getattr(module.__spec__, "_initializing", False))
