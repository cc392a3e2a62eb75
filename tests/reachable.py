"""How much there is in memory below an object: to see that it does not grow."""

from __future__ import annotations

import gc
import sqlite3
from collections import deque
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any

_SHARED = (type, ModuleType, FunctionType, BuiltinFunctionType)
_ON_DISK = (sqlite3.Connection,)  # which remembers its last 200 cursors


def objects_below(*roots: Any) -> int:
    """The number of objects that can be reached, leaving code, classes and databases out.

    What the garbage collector does not follow, texts and numbers, counts where it is referred to.
    """
    seen: set[int] = set()
    count = 0
    waiting = deque(roots)
    while waiting:
        each = waiting.popleft()
        count += 1
        if id(each) in seen or isinstance(each, _SHARED + _ON_DISK):
            continue
        seen.add(id(each))
        waiting.extend(gc.get_referents(each))
    return count
