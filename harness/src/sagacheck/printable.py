"""Texts of others in what is printed: for people, for a CI runner, in pages.

A scenario's name, a reason, an id or a file's name may hold anything. A terminal obeys escape
sequences, a CI runner obeys lines that begin with ``::``, and XML and HTML cannot have some
characters. All that is printed goes through here.
"""

from __future__ import annotations

import re
from typing import Any

_UNPRINTABLE = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 and C1, but for tab and newline
    "\u2028\u2029"  # line and paragraph separator
    "\u202a-\u202e\u2066-\u2069"  # they let text run backwards
    "\ud800-\udfff"  # halves of surrogates, which no encoding can write
)
_IN_A_LINE = re.compile(f"[\t\n{_UNPRINTABLE}]")
_IN_A_TEXT = re.compile(f"[{_UNPRINTABLE}]")


def printable(text: str) -> str:
    r"""`text` in one line, its control characters as Python writes them: ``\n``, ``\x1b``."""
    return _IN_A_LINE.sub(_as_python, text)


def printable_lines(text: str) -> str:
    """`text` of several lines, made of parts that are `printable`; tabs and newlines stay."""
    return _IN_A_TEXT.sub(_as_python, text)


def printable_in_page(value: Any) -> Any:
    """What a template writes into a page; to be the ``finalize`` of its environment."""
    return type(value)(printable_lines(value)) if isinstance(value, str) else value


def _as_python(found: re.Match[str]) -> str:
    return repr(found[0])[1:-1]
