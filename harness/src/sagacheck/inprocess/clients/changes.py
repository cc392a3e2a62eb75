"""Methods of clients that are replaced while trials are played, and given back after them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

Wrapper = Callable[[Callable[..., Any]], Callable[..., Any]]

_lock = threading.Lock()
_originals: WeakKeyDictionary[type, dict[str, Any]] = WeakKeyDictionary()
"""What classes had. They are not kept alive: Temporal's sandbox imports modules again and again."""


def change(owner: type, name: str, wrapper: Wrapper) -> None:
    """Replace a method by what `wrapper` makes of it, once."""
    with _lock:
        had = _originals.setdefault(owner, {})
        if name not in had:
            had[name] = vars(owner)[name]
            setattr(owner, name, wrapper(had[name]))


def undo_changes() -> None:
    """Give all classes back what they had."""
    with _lock:
        for owner, had in [*_originals.items()]:
            for name, original in had.items():
                setattr(owner, name, original)
        _originals.clear()
