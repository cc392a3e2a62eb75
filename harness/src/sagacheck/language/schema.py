"""The JSON Schema of scenario files, for editors: made from the models that the loader uses."""

from __future__ import annotations

import json
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from sagacheck.language.dialect import Dialect
from sagacheck.language.model.file import ScenarioFile
from sagacheck.language.model.references import NAMES

SCHEMA_FILE = "schema.json"
"""The file of a schema, beside the scenarios; the first line of each of them points to it."""


class _AsWritten(GenerateJsonSchema):
    """A key may be left out, but never be empty: ``null`` is in no schema.

    And examples have their keys in the order in which people write them.
    """

    def sort(self, value: JsonSchemaValue, parent_key: str | None = None) -> JsonSchemaValue:
        return value

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        json = super().default_schema(schema)
        if json.get("default", ...) is None:
            del json["default"]
        return json


def json_schema(dialect: Dialect) -> dict[str, Any]:
    """The JSON Schema of scenario files."""
    schema = dialect.file.model_json_schema(schema_generator=_AsWritten)
    title = {"title": "Scenario", "description": ScenarioFile.__doc__}
    named: dict[str, Any] = _with_names(schema, dialect)
    return {"$schema": _AsWritten.schema_dialect, **named, **title}


def schema_text(dialect: Dialect) -> str:
    """The text of the schema's file as it should be."""
    return json.dumps(json_schema(dialect), indent=2, ensure_ascii=False) + "\n"


def _with_names(schema: Any, dialect: Dialect) -> Any:
    """`schema` with the names that a `FromTable` or a `MessageName` stands for."""
    match schema:
        case {"enum": str(group), **rest}:
            names = _names(group, dialect)
            return {**_with_names(rest, dialect), **({"enum": names} if names else {})}
        case dict():
            return {key: _with_names(value, dialect) for key, value in schema.items()}
        case list():
            return [_with_names(value, dialect) for value in schema]
        case _:
            return schema


def _names(group: str, dialect: Dialect) -> list[str]:
    """The names of a group; none where any name will do."""
    if group in NAMES:
        return list(NAMES[group](dialect.operations))
    return list(getattr(dialect.messages, group) or ())
