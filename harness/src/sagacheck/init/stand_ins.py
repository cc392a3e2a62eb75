"""What a team has for its tests already: stand-ins for clients, and functions that begin anew."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sagacheck.init.looking import FoundActivity, is_activity
from sagacheck.init.naming import words_of

_BEGINS = frozenset({"reset", "open", "init", "initialize", "setup", "create", "clear", "migrate"})
_KEPT = frozenset({"db", "database", "schema", "tables", "store", "storage", "state", "fakes"})
_FOR_TESTS = frozenset({"memory", "fake", "stub", "test", "dummy", "local", "in"})


def reset_of(activities: Sequence[FoundActivity]) -> Callable[[], object] | None:
    """A function beside the activities that makes what they keep begin anew, by its name."""
    modules = dict.fromkeys(each.function.__module__ for each in activities)
    for module in modules:
        for name, value in vars(sys.modules[module]).items():
            words = {*words_of(name)}
            fits = words == {"reset"} or (words & _BEGINS and words & _KEPT)
            if fits and _can_reset(value):
                return value  # type: ignore[no-any-return]
    return None


def _can_reset(value: Any) -> bool:
    is_plain = inspect.isfunction(value) and not inspect.iscoroutinefunction(value)
    return is_plain and _is_free(value) and not is_activity(value)


def stand_in_for(annotation: Any, owner: type) -> type | None:
    """A class that can be made without arguments where an object of this type is needed.

    Args:
        annotation: The type: a class, an abstract class, or a protocol.
        owner: The class that needs it.
    """
    if not isinstance(annotation, type) or annotation.__module__ == "builtins":
        return None
    found = [each for each in _classes(annotation, owner) if _stands_in(each, annotation)]
    found.sort(key=lambda each: not _FOR_TESTS & {*words_of(each.__name__)})
    return found[0] if found else None


def _classes(annotation: type, owner: type) -> Iterator[type]:
    for module in dict.fromkeys((annotation.__module__, owner.__module__)):
        for value in vars(sys.modules[module]).values():
            if isinstance(value, type):
                yield value


def _stands_in(cls: type, annotation: type) -> bool:
    if inspect.isabstract(cls) or getattr(cls, "_is_protocol", False) or not _is_free(cls):
        return False
    if issubclass_of(cls, annotation):
        return True
    if not getattr(annotation, "_is_protocol", False):
        return False
    wanted = [name for name in vars(annotation) if not name.startswith("_")]
    return bool(wanted) and all(hasattr(cls, name) for name in wanted)


def issubclass_of(cls: type, other: type) -> bool:
    """`issubclass` without the protocols that refuse the question."""
    return other in cls.__mro__


def _is_free(function: Any) -> bool:
    """Whether it can be called without arguments."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return False
    kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return all(e.default is not e.empty or e.kind in kinds for e in parameters)
