from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from fakes import ORDER_OPERATIONS
from sagacheck.language import EventKind
from sagacheck.network import FAULTS
from tests.shop import SCHEMA_FILE, json_schema, schema_text


def definition(name: str) -> dict[str, Any]:
    """The properties of one mapping of the language."""
    properties: dict[str, Any] = json_schema()["$defs"][name]["properties"]
    return properties


def keys_with_schemas() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every key of the language with its schema."""
    schema = json_schema()
    for name, model in [("ScenarioFile", schema), *schema["$defs"].items()]:
        for key, value in model["properties"].items():
            yield f"{name}.{key}", value


def test_the_committed_schema_is_current() -> None:
    """The file that editors read says what the loader does; `scenarios schema` writes it."""
    assert SCHEMA_FILE.read_text(encoding="utf-8") == schema_text()
    assert json.loads(schema_text()) == json_schema()


def test_every_key_teaches() -> None:
    """Each key has a description and an example for editors to show."""
    silent = [
        key
        for key, schema in keys_with_schemas()
        if not (schema.get("description") and schema.get("examples"))
    ]
    assert silent == []


def test_nothing_may_be_null() -> None:
    """A key may be left out but never be empty, in the schema as in the loader."""
    assert "null" not in schema_text()


def test_unknown_keys_are_refused() -> None:
    """Every mapping with fixed keys refuses others; below `expect` they are order ids."""
    models = json_schema()["$defs"]

    assert models.pop("Expect")["additionalProperties"] == {"$ref": "#/$defs/OrderExpect"}
    assert all(model["additionalProperties"] is False for model in models.values())


def test_operations_are_enumerated() -> None:
    """Editors complete operations, services, undo operations and keys of effects."""
    names, services = ORDER_OPERATIONS.names, ORDER_OPERATIONS.services

    assert definition("FaultEntry")["on"]["enum"] == [*names, *services]
    assert definition("WhenEntry")["after"]["enum"] == names
    assert definition("Expect")["effects"]["propertyNames"] == {"enum": names}
    assert definition("Expect")["undone"]["items"]["enum"] == [
        operation.name for operation in ORDER_OPERATIONS.operations if operation.undoes
    ]


def test_every_fault_can_be_written() -> None:
    """Each fault of the table is a name or a key of a mapping; a status stands for itself."""
    names, status, mapping = definition("FaultEntry")["fault"]["oneOf"]

    assert {*names["enum"], *definition("FaultMapping")} == set(FAULTS)
    assert (status["type"], status["minimum"], status["maximum"]) == ("integer", 400, 599)
    assert mapping == {"$ref": "#/$defs/FaultMapping"}


@pytest.mark.parametrize(
    ("model", "key", "types"),
    [
        ("FaultEntry", "calls", ["integer", "array", "string"]),
        ("FaultMapping", "reject", ["integer", None]),
        ("Given", "idempotency", ["string", None]),
    ],
)
def test_short_forms_are_accepted(model: str, key: str, types: list[str | None]) -> None:
    """Where a value has several forms the schema has an alternative for each."""
    assert [form.get("type") for form in definition(model)[key]["oneOf"]] == types


def test_an_event_is_exactly_one_thing() -> None:
    """The schema, like the loader, wants one of the keys that name an event."""
    keys = [form["required"] for form in json_schema()["$defs"]["EventEntry"]["oneOf"]]

    assert keys == [[str(kind)] for kind in EventKind]


def test_words_are_explained() -> None:
    """Editors show what an anomaly or a fault means beside its name."""
    covers = json_schema()["properties"]["covers"]["items"]
    faults = definition("FaultEntry")["fault"]["oneOf"][0]

    for words in (covers, faults):
        assert len(words["enum"]) == len(words["enumDescriptions"])
    meanings = dict(zip(faults["enum"], faults["enumDescriptions"], strict=True))
    assert meanings["drop_response"] == "After the effect: the reply is lost; the caller times out."
