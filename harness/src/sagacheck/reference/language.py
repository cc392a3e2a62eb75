"""The document about the language: every key, from the schema that the loader's models give."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sagacheck.errors import InvalidScenarioError, Problem
from sagacheck.language import (
    ARGUMENTS,
    DURATION_SCHEMA,
    PRICE_SCHEMA,
    SKELETON,
    Dialect,
    json_schema,
    load_text,
    yaml_text,
)
from sagacheck.network import FAULTS
from sagacheck.reference.fragments import (
    ORDER_ID,
    SMALLEST,
    Schema,
    Section,
    as_yaml,
    reference_in,
    sections,
)
from sagacheck.reference.markdown import anchor, render
from sagacheck.services import COMMON_REFUSALS

_LONGEST_ENUM = 12
"""So many words are listed; of more, the first and the last."""

_WRONG: Mapping[tuple[str, str], str] = {
    ("ScenarioFile", "scenario"): '""',
    ("ScenarioFile", "why"): '" "',
    ("ScenarioFile", "tags"): "[two words]",
    ("ScenarioFile", "covers"): "[G1]",
    ("ScenarioFile", "orders"): "[]",
    ("ScenarioFile", "faults"): "drop_response",
    ("ScenarioFile", "events"): "[{cancel: o1, when: {at: 5s}, by: phone}]",
    ("ScenarioFile", "expect"): "{}",
    ("Given", "stock"): "{WIDGET: -1}",
    ("Given", "cards"): "{pm_card: refused}",
    ("Given", "reservation_expires_after"): "0s",
    ("Given", "idempotency"): "reply",
    ("OrderEntry", "id"): "stock",
    ("OrderEntry", "items"): "[]",
    ("ItemEntry", "sku"): '"A B"',
    ("ItemEntry", "price"): "19.99",
    ("FaultEntry", "calls"): "0",
    ("FaultEntry", "order"): "o9",
    ("FaultEntry", "fault"): "timeout",
    ("FaultMapping", "reject"): "200",
    ("FaultMapping", "outage"): "{from: 2h, to: 1h}",
    ("Rejection", "code"): "card declined",
    ("EventEntry", "cancel"): "o9",
    ("EventEntry", "submit"): "o9",
    ("EventEntry", "terminate"): "o9",
    ("EventEntry", "query"): "o9",
    ("EventEntry", "when"): "{after: payments.charge, at: 5s}",
    ("EventEntry", "changes"): "{payment_method: pm_other}",
    ("EventEntry", "as"): ORDER_ID,
    ("OrderChanges", "items"): "[]",
    ("SignalEntry", "name"): "cancelled",
    ("SignalEntry", "args"): "changed my mind",
    ("UpdateEntry", "name"): "cancel",
    ("UpdateEntry", "args"): "[.nan]",
    ("StartEntry", "retry_policy"): "{maximum_attempts: 0}",
    ("RetryEntry", "backoff_coefficient"): "0.5",
    ("RetryEntry", "maximum_interval"): "500ms",
    ("Expect", "effects"): "{payments.charged: 1}",
    ("Expect", "undone"): "[payments.charge]",
    ("Expect", "calls"): "{}",
    ("Expect", "stock"): "{GADGET: 1}",
    ("Expect", "statuses"): "{completed: 3}",
    ("Expect", "orphans"): "{payments.refund: 1}",
    ("OrderExpect", "error"): "card declined",
}
"""A wrong value for the keys of which a wrong value of another type would teach little."""

_WRONG_FILES = {
    "a key occurs twice": "why: w\nwhy: w",
    "a key has no value": "tags:",
    "a key is no text": "1: a",
    "an anchor or an alias": "tags: &words [a]",
    "a tag": "why: !!str w",
    "a merge key": "given: {<<: {stock: {WIDGET: 5}}}",
    "a key is missing": "",
}
"""Mistakes that are found before the keys of a file, or concern it as a whole."""


@dataclass(frozen=True)
class KeyEntry:
    """A key as the document shows it."""

    name: str
    heading: str
    type: str
    default: str
    description: str
    examples: list[str]
    wrong: str
    problem: Problem


@dataclass(frozen=True)
class SectionEntry:
    """A mapping as the document shows it."""

    title: str
    description: str
    keys: list[KeyEntry]
    unknown: Problem

    @property
    def heading(self) -> str:
        """Its heading in the document."""
        return _heading(self.title)


def language_page(dialect: Dialect) -> str:
    """Every key: its type, its default, what it means, an example, and what is refused."""
    schema = json_schema(dialect)
    found = list(sections(schema, dialect))
    titles = {section.model: section.title for section in found}
    return render(
        "language.md.j2",
        skeleton=SKELETON.format(
            schema="scenarios/schema.json", title="the reply is lost", **dialect.orders.skeleton
        ),
        smallest=as_yaml(SMALLEST),
        sections=[_section(section, titles) for section in found],
        operations=dialect.operations.operations,
        common_refusals=COMMON_REFUSALS,
        faults=[(kind, _as_written(kind.name)) for kind in FAULTS.values()],
        wrong_files=[(what, _problem_of(text, dialect)) for what, text in _WRONG_FILES.items()],
    )


def _heading(title: str) -> str:
    return f"Keys of {title or 'a file'}"


def _section(section: Section, titles: Mapping[str, str]) -> SectionEntry:
    return SectionEntry(
        title=section.title,
        description=" ".join(section.schema["description"].split()),
        keys=[
            _key(section, name, schema, titles)
            for name, schema in section.schema["properties"].items()
        ],
        unknown=section.refusal_of_key(),
    )


def _key(section: Section, name: str, schema: Schema, titles: Mapping[str, str]) -> KeyEntry:
    wrong = _WRONG.get((section.model, name)) or _of_another_type(schema)
    default = schema.get("default")
    return KeyEntry(
        name=name,
        heading=section.path_of(name),
        type=_type(schema, titles),
        default="needed"
        if name in section.schema.get("required", ())
        else f"`{default}`"
        if default
        else "",
        description=schema["description"],
        examples=[
            section.example(name, example)
            for example in schema["examples"]
            if section.can_happen(name)
        ],
        wrong=f"{name}: {wrong}",
        problem=section.refusal(name, wrong),
    )


def _type(schema: Schema, titles: Mapping[str, str]) -> str:
    """What may stand there, in words."""
    found = reference_in(schema)
    if "oneOf" in schema:
        return " or ".join(_type(form, titles) for form in schema["oneOf"])
    if found:
        model, in_list = found
        kind = "list of mappings" if in_list else "mapping"
        return f"[{kind}]({anchor(_heading(titles[model]))})"
    if "const" in schema:
        return f"`{json.dumps(schema['const'])}`"
    if "enum" in schema:
        return _words(schema["enum"])
    if "type" not in schema:
        return "any value"
    return {
        "number": lambda: f"number, at least {schema['minimum']}",
        "integer": lambda: _number(schema),
        "string": lambda: _text(schema),
        "array": lambda: f"list: {_type(schema['items'], titles)}",
        "object": lambda: _table(schema, titles),
    }[schema["type"]]()


def _words(words: list[str]) -> str:
    if len(words) > _LONGEST_ENUM:
        return f"one of `{words[0]}` to `{words[-1]}`"
    return "one of " + ", ".join(f"`{word}`" for word in words)


def _number(schema: Schema) -> str:
    if "maximum" in schema:
        return f"whole number from {schema['minimum']} to {schema['maximum']}"
    return f"whole number, at least {schema['minimum']}"


def _text(schema: Schema) -> str:
    if schema.get("pattern") == DURATION_SCHEMA["pattern"]:
        return "duration"
    return "money" if schema.get("pattern") == PRICE_SCHEMA["pattern"] else "text"


def _table(schema: Schema, titles: Mapping[str, str]) -> str:
    """A mapping whose keys a scenario chooses."""
    values = schema.get("additionalProperties") or next(iter(schema["patternProperties"].values()))
    names = schema.get("propertyNames", {}).get("enum")
    keys = f"{_words(names)}" if names else "text"
    return f"mapping: {keys}, each with {_type(values, titles)}"


def _of_another_type(schema: Schema) -> str:
    """A value that does not fit, as it might be written by mistake."""
    example = schema["examples"][0]
    if "enum" in schema:
        return str(example)[:-1]
    if schema.get("pattern") == DURATION_SCHEMA["pattern"]:
        return "45"
    if schema.get("type") == "integer":
        return str(schema["minimum"] - 1)
    if "const" in schema:
        return "false"
    return "5"


def _as_written(fault: str) -> str:
    """How a fault is written: its name, or its name with an argument."""
    argument: Any = ARGUMENTS.get(FAULTS[fault].argument)
    return _in_braces({fault: argument.example}) if argument else fault


def _in_braces(argument: Mapping[str, Any]) -> str:
    return yaml_text(argument).strip()


def _problem_of(text: str, dialect: Dialect) -> Problem:
    top = {key: value for key, value in SMALLEST.items() if not text.startswith(key)}
    if not text:
        del top["orders"]
    try:
        load_text(f"{text}\n{as_yaml(top)}", "scenario.yaml", dialect=dialect)
    except InvalidScenarioError as error:
        return error.problems[0]
    msg = f"this was to be refused, and loads: {text}"
    raise AssertionError(msg)
