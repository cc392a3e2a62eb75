"""Objects that a command line names: ``package.module:NAME`` or ``path/to/file.py:NAME``."""

from __future__ import annotations

import difflib
import importlib
import sys
from pathlib import Path
from types import ModuleType
from typing import TypeVar

_T = TypeVar("_T")


class NotImportableError(Exception):
    """What an option names cannot be used; the message says why and what would do."""


def load_object(reference: str, kind: type[_T], option: str, root: Path | None = None) -> _T:
    """The object of this kind that `reference` names.

    Args:
        reference: ``module:NAME`` or ``path/to/file.py:NAME``.
        kind: What it must be.
        option: The option or key that it was given with, for messages.
        root: The folder that paths and modules are looked for in; the current one by default.

    Raises:
        NotImportableError: There is no such file, module or name, or it is of another kind.
    """
    place, separator, name = reference.rpartition(":")
    if not separator or not place or not name:
        msg = f"{option} {reference!r}: write package.module:NAME or path/to/file.py:NAME"
        raise NotImportableError(msg)
    folder = root or Path.cwd()
    if place.endswith(".py"):
        module = _import_file(folder / place, option)
    else:
        module = _import_module(place, option, folder)
    found = getattr(module, name, None)
    if isinstance(found, kind):
        return found
    if found is not None:
        what = f"{name} is a {type(found).__name__}, not a {kind.__name__}"
        msg = f"{option} {reference!r}: {what}"
    else:
        msg = f"{option} {reference!r}: {place} has no {name}"
    fitting = [key for key, value in vars(module).items() if isinstance(value, kind)]
    near = difflib.get_close_matches(name, fitting, n=1, cutoff=0.0)
    raise NotImportableError(msg + (f" (did you mean {near[0]}?)" if near else ""))


def _import_module(name: str, option: str, folder: Path) -> ModuleType:
    # It stays there: the workflow sandbox imports the module once more, and later.
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    try:
        return importlib.import_module(name)
    except Exception as error:
        msg = f"{option}: cannot import {name}: {type(error).__name__}: {error}"
        raise NotImportableError(msg) from error


def _import_file(path: Path, option: str) -> ModuleType:
    """Import a file under its own name, which is how the workflow sandbox will look for it too."""
    if not path.is_file():
        msg = f"{option}: there is no file {path}"
        raise NotImportableError(msg)
    loaded = sys.modules.get(path.stem)
    if loaded is not None and Path(loaded.__file__ or "").resolve() != path.resolve():
        msg = f"{option}: {path} is named like the module {path.stem}, which is another; rename it"
        raise NotImportableError(msg)
    return _import_module(path.stem, option, path.resolve().parent)
