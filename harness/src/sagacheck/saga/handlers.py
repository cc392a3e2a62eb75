"""The names in the code of a workflow: it may add handlers while it runs, under any of them."""

from __future__ import annotations

import inspect
from types import CodeType, FunctionType, ModuleType
from typing import Any

_HOLDERS_OF_CODE = ("__func__", "fget", "fset", "func")
"""Where static methods, properties, and cached properties hold their functions."""


def names_in(workflow: type) -> set[str]:
    """The names that the code of a workflow uses, in whatever its class holds.

    Inner functions count, what a decorator has wrapped, and the functions that all these name, be
    it as functions of a module.
    """
    parts = [each for cls in workflow.__mro__ for each in vars(cls).values()]
    parts += [getattr(part, name, None) for part in parts for name in _HOLDERS_OF_CODE]
    ahead = [inspect.unwrap(part) for part in parts if callable(part)]
    seen: set[Any] = set()
    names: set[str] = set()
    while ahead:
        function = ahead.pop()
        if isinstance(function, FunctionType) and function not in seen:
            seen.add(function)
            used = _names_of(function.__code__)
            names |= used
            found = [function.__globals__[name] for name in used & function.__globals__.keys()]
            modules = [each for each in found if isinstance(each, ModuleType)]
            ahead += found
            ahead += [getattr(module, name, None) for module in modules for name in used]
    return names


def _names_of(code: CodeType) -> set[str]:
    """The names that a function and the functions within it use."""
    inner = (_names_of(each) for each in code.co_consts if isinstance(each, CodeType))
    return set(code.co_names).union(*inner)
