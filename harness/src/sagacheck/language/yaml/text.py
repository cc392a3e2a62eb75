"""Plain data as YAML text, in the style of the catalogue.

One line for each fact, and what belongs to it in braces.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

from sagacheck.language.yaml.scalars import resolved

_ENDLESS = 2**31
"""Columns of a line. A wrapped line hides what the scenario is about."""
_PLAIN_LINES = frozenset("\n\t") | {chr(code) for code in range(0x20, 0x7F)}

_MISREAD_IN_BRACES = (":", "?")
"""In front of a text ruamel writes these without quotes, and takes them for a key when it reads."""

_OTHER_LINE_BREAKS = frozenset("\x85\u2028\u2029")
"""Ruamel writes these as they are between single quotes, and reads a line break of YAML 1.1."""


class Block(dict[str, Any]):
    """A mapping with a line for each key; others stand in braces."""


class BlockList(list[Any]):
    """A list with a line for each item; others stand in brackets."""


def yaml_text(words: Any) -> str:
    """`words` as YAML that the loader reads back."""
    text = io.StringIO()
    yaml = YAML()
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.width = _ENDLESS
    yaml.dump(_styled(words), text)
    return text.getvalue()


def _styled(words: Any) -> Any:
    """`words` as ruamel writes them in the catalogue's style."""
    match words:
        case Mapping():
            mapping = CommentedMap({_styled(key): _styled(word) for key, word in words.items()})
            if not isinstance(words, Block):
                mapping.fa.set_flow_style()
            return mapping
        case list():
            items = CommentedSeq(_styled(word) for word in words)
            if not isinstance(words, BlockList):
                items.fa.set_flow_style()
            return items
        case str() if "\n" in words and _PLAIN_LINES.issuperset(words):
            return LiteralScalarString(words)
        case str() if _needs_quotes(words):
            return DoubleQuotedScalarString(words)
        case _:
            return words


def _needs_quotes(text: str) -> bool:
    """Whether a text is read as it was written only between double quotes."""
    return (
        resolved(text) != text
        or text.startswith(_MISREAD_IN_BRACES)
        or not _OTHER_LINE_BREAKS.isdisjoint(text)
    )
