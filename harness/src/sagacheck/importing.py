"""Objects that are given by name: ``package.module:NAME`` or ``path/to/file.py:NAME``."""

from __future__ import annotations

import difflib
import importlib
import sys
import sysconfig
import traceback
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from sagacheck.printable import printable

_T = TypeVar("_T")


class NotImportableError(Exception):
    """What a name stands for cannot be used; the message names option or key, name and reason."""


def not_importable(place: str, reference: str, why: str) -> NotImportableError:
    """The error for what an option, or a key of a file, names and what cannot be used."""
    return NotImportableError(printable(f"{place}: {reference!r}; {why}"))


def load_object(reference: str, kind: type[_T], place: str, root: Path | None = None) -> _T:
    """The object of this kind that `reference` names.

    Args:
        reference: ``module:NAME`` or ``path/to/file.py:NAME``.
        kind: What it must be.
        place: The option, or the file and key, that names it, for messages.
        root: The folder that paths and modules are looked for in; the current one by default.

    Raises:
        NotImportableError: There is no such file, module or name, or it is of another kind.
    """
    module_name, _, name = reference.rpartition(":")
    if not (module_name and name):
        rule = "write package.module:NAME or path/to/file.py:NAME"
        raise not_importable(place, reference, rule)
    try:
        module = _module(module_name, root)
    except _NoModuleError as error:
        raise not_importable(place, reference, str(error)) from error.__cause__
    found = getattr(module, name, None)
    if isinstance(found, kind):
        return found
    why = f"{module_name} has no {name}"
    if found is not None:
        why = f"{name} is a {type(found).__name__}, not a {kind.__name__}"
    fitting = [key for key, value in vars(module).items() if isinstance(value, kind)]
    # Any object of the kind is worth naming, however little its name resembles the one given.
    raise not_importable(place, reference, why + _hint(name, fitting, cutoff=0.0))


def module_file(reference: str, root: Path | None = None) -> Path | None:
    """The file of the module that `reference` names, without importing it.

    Args:
        reference: ``module:NAME`` or ``path/to/file.py:NAME``.
        root: The folder that paths and modules are looked for in; the current one by default.
    """
    name = reference.rpartition(":")[0]
    folder = root or Path.cwd()
    if name.endswith(".py"):
        return (folder / name).resolve()
    loaded = getattr(sys.modules.get(name), "__file__", None)
    path = folder.joinpath(*name.split("."))
    files = [path.with_name(f"{path.name}.py"), path / "__init__.py"]
    found = [file for file in files if file.is_file()]
    if not found and loaded is not None:
        found = [Path(loaded)]
    return found[0].resolve() if found else None


def _hint(name: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=cutoff)
    return f" (did you mean {near[0]}?)" if near else ""


class _NoModuleError(Exception):
    """There is no such module, or it cannot be imported; the message says why."""


def _module(name: str, root: Path | None) -> ModuleType:
    if name.endswith(".py"):
        return _import_file(Path(name), root)
    return _import_module(name, root or Path.cwd())


def _import_module(name: str, folder: Path) -> ModuleType:
    # It stays there: the workflow sandbox imports the module once more, and later.
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    try:
        return importlib.import_module(name)
    except (Exception, SystemExit) as error:  # its exit code would be taken for a verdict
        msg = f"cannot import {name}: {_place_of(error)}{type(error).__name__}: {_text(error)}"
        raise _NoModuleError(msg + _remedy(error, name)) from error


def _place_of(error: BaseException) -> str:
    """``file:line: `` of the last line of other code than Python's and that of installed packages.

    Empty where there is none: then the module itself was not found.
    """
    if isinstance(error, SyntaxError) and error.filename:
        return f"{_from_here(error.filename)}:{error.lineno}: "
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if not _is_installed(frame.filename)]
    return f"{_from_here(own[-1].filename)}:{own[-1].lineno}: " if own else ""


def _is_installed(file: str) -> bool:
    """Whether a file is a part of Python, of an installed package or of the harness."""
    if file.startswith("<"):
        return True
    path = Path(file).resolve()
    parts = {"site-packages", "dist-packages"} & set(path.parts)
    return bool(parts) or any(path.is_relative_to(folder) for folder in _OF_PYTHON)


_OF_PYTHON = (Path(__file__).resolve().parent, Path(sysconfig.get_path("stdlib")).resolve())


def _from_here(file: str) -> str:
    path, here = Path(file).resolve(), Path.cwd().resolve()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def _text(error: BaseException) -> str:
    """What an error says, in a line; that of syntax without its place, which stands before it."""
    text = (error.msg if isinstance(error, SyntaxError) else str(error)) or "it says no more"
    return printable(text)


def _remedy(error: BaseException, module: str) -> str:
    """What to do about a module that another one needs; the harness runs in one environment."""
    missing = error.name if isinstance(error, ModuleNotFoundError) else None
    if missing is None or module == missing or module.startswith(f"{missing}."):
        return ""
    return f"; install what has it in the environment of {sys.executable}"


def _import_file(file: Path, root: Path | None) -> ModuleType:
    """Import a file under its own name, which is how the workflow sandbox will look for it too."""
    path = (root or Path.cwd()) / file
    if not path.is_file():
        where = f" in {root}" if root else ""
        beside = (str(file.with_name(each.name)) for each in sorted(path.parent.glob("*.py")))
        raise _NoModuleError(f"there is no file {file}{where}" + _hint(str(file), beside))
    loaded = sys.modules.get(path.stem)
    if loaded is not None and Path(loaded.__file__ or "").resolve() != path.resolve():
        msg = f"{file} is named like the module {path.stem}, which is another; rename it"
        raise _NoModuleError(msg)
    return _import_module(path.stem, path.resolve().parent)
