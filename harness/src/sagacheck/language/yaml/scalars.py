"""What plain scalars mean: the core schema of YAML 1.2, with numbers that are not rounded."""

from __future__ import annotations

import re
from typing import Any

import msgspec

_NULL = re.compile(r"~|null|Null|NULL|")
_BOOLEAN = re.compile(r"(?P<true>true|True|TRUE)|false|False|FALSE")
_WHOLE = re.compile(r"[-+]?[0-9]{1,18}|0o[0-7]{1,18}|0x[0-9a-fA-F]{1,15}")
_NUMBER = re.compile(
    r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"
)


class OtherNumber(msgspec.Struct, frozen=True):
    """A number that is not whole, or far too long, as written. The language has no place for it."""

    text: str

    def __repr__(self) -> str:
        return self.text


def resolved(text: str) -> Any:
    """What `text` means where it stands without quotes.

    Returns:
        ``None``, a boolean, a whole number, an `OtherNumber` or a text.
    """
    if _NULL.fullmatch(text):
        return None
    if boolean := _BOOLEAN.fullmatch(text):
        return boolean["true"] is not None
    if _WHOLE.fullmatch(text):
        return int(text, 0 if text[:2] in ("0o", "0x") else 10)
    return OtherNumber(text) if _NUMBER.fullmatch(text) else text
