"""The document about the language: current, complete, and each example in it loads."""

from __future__ import annotations

import pytest

from sagacheck.errors import InvalidScenarioError
from sagacheck.reference.fragments import load_piece, sections
from sagacheck.reference.language import language_page
from tests.reference.documents import DOCS, anchors, text_of, yaml_in
from tests.shop import DIALECT, json_schema

PAGE = text_of("language")


def test_the_document_is_current() -> None:
    """It says what the loader does; ``sagacheck reference --into docs`` writes it."""
    assert language_page(DIALECT) == PAGE


@pytest.mark.parametrize("number", range(len(yaml_in(PAGE))))
def test_every_example_loads(number: int) -> None:
    """Each piece of YAML is a scenario, with what it leaves out of the smallest one."""
    load_piece(yaml_in(PAGE)[number], DIALECT)


@pytest.mark.parametrize(
    "text", ["given: {stok: {WIDGET: 5}}\n", "orders:\n  - {id: 5}\n", "why: a\nwhy: b\n"]
)
def test_an_example_that_does_not_load_is_noticed(text: str) -> None:
    """What stands around a piece hides nothing that is wrong in it."""
    with pytest.raises(InvalidScenarioError):
        load_piece(text, DIALECT)


def test_every_key_is_there() -> None:
    """Each key of each mapping has a heading of its own, an example, and what is refused."""
    schema = json_schema()
    found = list(sections(schema, DIALECT))
    keys = [section.path_of(key) for section in found for key in section.schema["properties"]]

    assert {section.model for section in found} == {"ScenarioFile", *schema["$defs"]}
    assert [key for key in keys if f"\n### {key}\n" not in PAGE] == []
    assert PAGE.count("\n*Refused:* ") == len(keys) + len(found)
    assert len(yaml_in(PAGE)) >= len(keys)


def test_every_heading_can_be_linked_to() -> None:
    """No two headings have the same anchor."""
    places = anchors(DOCS / "language.md")

    assert len(places) == len(set(places))
