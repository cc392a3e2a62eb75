"""Texts of others cannot steer a terminal, a CI runner or a page."""

from __future__ import annotations

import ast
from pathlib import Path
from types import ModuleType

import pytest
from markupsafe import Markup

import sagacheck
from sagacheck.output import escape
from sagacheck.printable import printable, printable_in_page, printable_lines


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("é € 漢字 😀 ñ", "é € 漢字 😀 ñ"),
        ("a\n::error::b", r"a\n::error::b"),
        ("a\r\tb", r"a\r\tb"),
        ("\x1b[31mred\x1b[0m", r"\x1b[31mred\x1b[0m"),
        ("\x00\x07\x7f", r"\x00\x07\x7f"),
        ("\x85\x9b31m", r"\x85\x9b31m"),
        ("\u2028\u202e\u2066", r"\u2028\u202e\u2066"),
        ("half \ud800", r"half \ud800"),
        (r"a\nb", r"a\nb"),
    ],
)
def test_a_text_is_shown_in_one_line_without_control_characters(text: str, shown: str) -> None:
    """What people write in any language stays as it is."""
    assert printable(text) == shown


def test_every_control_character_is_escaped() -> None:
    """C0, delete and C1."""
    for code in (*range(0x20), *range(0x7F, 0xA0)):
        assert printable(chr(code)).isprintable()


def test_a_text_of_several_lines_keeps_them() -> None:
    """And its tabs, for it was put together from lines."""
    assert printable_lines("a\n\tb\x1b\r\n") == "a\n\tb\\x1b\\r\n"


def test_a_page_has_no_control_characters() -> None:
    """Nor has what is HTML already, which stays HTML; numbers stay numbers."""
    assert printable_in_page("a\x00\n") == "a\\x00\n"
    html = printable_in_page(Markup("<b>\x1b</b>"))
    assert (html, type(html)) == (Markup("<b>\\x1b</b>"), Markup)
    assert printable_in_page(5) == 5


def test_a_console_shows_no_style_of_others() -> None:
    """Neither rich's own, nor that of a terminal."""
    assert escape("[red]\x1b[31m") == r"\[red]\x1b[31m"


def modules_that_import(name: str, package: ModuleType) -> set[str]:
    """The modules of a package that import `name` or something from it."""
    found = set()
    root = Path(package.__file__ or "").parent
    for file in root.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                names = {node.module, *(f"{node.module}.{each.name}" for each in node.names)}
            elif isinstance(node, ast.Import):
                names = {each.name for each in node.names}
            else:
                continue
            if name in names:
                found.add(file.relative_to(root).as_posix())
    return found


def test_there_is_one_place_that_escapes_for_consoles() -> None:
    """Rich's own `escape` lets control characters and newlines through."""
    assert modules_that_import("rich.markup", sagacheck) == {"output/console.py"}
    assert modules_that_import("rich.markup.escape", sagacheck) == set()
