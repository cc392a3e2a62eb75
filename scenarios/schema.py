"""The JSON Schema of scenario files, for editors: made from the models that the loader uses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from scenarios.language import ScenarioFile

SCHEMA_FILE = Path(__file__).parent / "schema.json"
"""The committed schema; the first line of every scenario file points to it."""


class _WithoutNull(GenerateJsonSchema):
    """A key may be left out, but never be empty: ``null`` is in no schema."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        json = super().default_schema(schema)
        if json.get("default", ...) is None:
            del json["default"]
        return json


def json_schema() -> dict[str, Any]:
    """The JSON Schema of scenario files."""
    schema = ScenarioFile.model_json_schema(schema_generator=_WithoutNull)
    title = {"title": "Scenario", "description": ScenarioFile.__doc__}
    return {"$schema": _WithoutNull.schema_dialect, **schema, **title}


def schema_text() -> str:
    """The text of `SCHEMA_FILE` as it should be."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
