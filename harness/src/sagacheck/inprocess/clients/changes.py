"""Functions that are replaced while trials are played, and given back after them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

Wrapper = Callable[[Callable[..., Any]], Callable[..., Any]]

_lock = threading.Lock()
_inherited = object()
_originals: WeakKeyDictionary[Any, dict[str, Any]] = WeakKeyDictionary()
"""What classes and modules had. They are not kept alive: Temporal's sandbox imports modules again
and again."""


def change(owner: Any, name: str, wrapper: Wrapper) -> None:
    """Replace a function of a class or module by what `wrapper` makes of it, once."""
    with _lock:
        had = _originals.setdefault(owner, {})
        if name not in had:
            had[name] = vars(owner).get(name, _inherited)
            setattr(owner, name, wrapper(getattr(owner, name)))


def undo_changes() -> None:
    """Give all of them back what they had."""
    with _lock:
        for owner, had in [*_originals.items()]:
            for name, original in had.items():
                if original is _inherited:
                    delattr(owner, name)
                else:
                    setattr(owner, name, original)
        _originals.clear()
