"""Examples of the language, made from its schema: for each key a piece of a file that loads.

A piece holds what its key needs around it and nothing else: the required keys of each mapping, one
of those of which one must be there, and the key itself, all with the schema's own examples.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sagacheck.errors import InvalidScenarioError, Problem
from sagacheck.language import Block, BlockList, Dialect, Scenario, load_text, yaml_text
from sagacheck.network import FAULTS

Schema = Mapping[str, Any]

ORDER_ID = "o1"
"""Stands for the ids of orders, which are keys below ``expect``."""
SMALLEST: Mapping[str, Any] = {
    "scenario": "an order",
    "why": "to see how it ends",
    "orders": [{"id": ORDER_ID}],
    "expect": {ORDER_ID: {"status": "any"}},
}
"""The smallest file."""
_PLACE = "what-is-wrong-stands-here"

_ALSO: Mapping[tuple[str, str], Mapping[str, Any]] = {
    ("Expect", "statuses"): {"orders": [{"id": ORDER_ID}, {"id": "o2"}]},
    ("Expect", "orphans"): {
        "events": [{"terminate": ORDER_ID, "when": {"after": "inventory.reserve"}}]
    },
}
"""What else a file needs for some keys, because they count what stands elsewhere."""

_BESIDE: Mapping[tuple[str, str], Mapping[str, Any]] = {
    ("EventEntry", "changes"): {"submit": ORDER_ID},
    ("EventEntry", "as"): {"submit": ORDER_ID},
    ("EventEntry", "times"): {"when": "waiting"},
    ("EventEntry", "after"): {"when": "waiting"},
}
"""What stands beside some keys in their mapping, since they make no sense without."""


@dataclass(frozen=True)
class Section:
    """One kind of mapping of the language, at one place in a file.

    Attributes:
        title: The keys that lead there; ``[]`` for the items of a list.
        model: The name of its schema.
        schema: Its schema.
        embed: Puts such a mapping where it belongs in a file.
        dialect: The language.
    """

    title: str
    model: str
    schema: Schema
    embed: Callable[[dict[str, Any]], dict[str, Any]]
    dialect: Dialect

    def path_of(self, key: str) -> str:
        """The keys that lead to one of its keys."""
        return f"{self.title}.{key}" if self.title else key

    def piece(self, key: str, value: Any) -> dict[str, Any]:
        """A file, but for what `SMALLEST` has anyhow, in which `key` is `value`."""
        file = self.embed(self.filled(key, value))
        file = {**file, **_ALSO.get((self.model, key), {})}
        top = self.path_of(key).partition(".")[0].removesuffix("[]")
        return {name: part for name, part in file.items() if name == top or name in _also_at(key)}

    def can_happen(self, key: str) -> bool:
        """Whether `key` is no fault, or one that fits an operation: not all services have reads."""
        operations = self.dialect.operations.operations
        return key not in FAULTS or any(FAULTS[key].fits(each) for each in operations)

    def example(self, key: str, value: Any) -> str:
        """Such a piece as YAML.

        Raises:
            InvalidScenarioError: It does not load.
        """
        text = as_yaml(self.piece(key, value))
        load_piece(text, self.dialect)
        return text

    def refusal(self, key: str, wrong: str) -> Problem:
        """What the loader says where `key` has a wrong value, given as YAML."""
        text = as_yaml(self.piece(key, _PLACE))
        return _problem_in(text.replace(_PLACE, wrong), self.dialect)

    def refusal_of_key(self) -> Problem:
        """What the loader says of a key that is misspelt."""
        key = max(self.schema["properties"], key=len)
        return _problem_in(as_yaml(self.embed(self.filled(key[:-1], 1))), self.dialect)

    def filled(self, key: str, value: Any) -> dict[str, Any]:
        """The smallest such mapping with this key, in the order of the schema."""
        beside = _BESIDE.get((self.model, key), {})
        choices = [form["required"][0] for form in self.schema.get("oneOf", ())]
        chosen = [] if {key, *beside} & {*choices} else choices[:1]
        needed = {*self.schema.get("required", ()), *chosen}
        examples = {name: each["examples"][0] for name, each in self.schema["properties"].items()}
        words = {**{name: examples[name] for name in needed}, **beside, key: value}
        return {name: words[name] for name in (*examples, key) if name in words}


def sections(schema: Schema, dialect: Dialect) -> Iterator[Section]:
    """The file itself, then every mapping in it, in the order of the keys that lead there first."""
    seen: set[str] = set()
    for section in _below(Section("", "ScenarioFile", schema, dict, dialect), schema):
        if section.model not in seen:
            yield section
        seen.add(section.model)


def load_piece(text: str, dialect: Dialect) -> Scenario:
    """The scenario of a piece of a file: what it leaves out is as in the smallest one.

    Raises:
        InvalidScenarioError: It is none.
    """
    present = {line.partition(":")[0] for line in text.splitlines() if line[:1].isalpha()}
    missing = {key: value for key, value in SMALLEST.items() if key not in present}
    return load_text(text + (as_yaml(missing) if missing else ""), "scenario.yaml", dialect=dialect)


def as_yaml(words: Mapping[str, Any]) -> str:
    """`words` as YAML, in the style of the catalogue."""
    return yaml_text(_in_style(words))


def reference_in(schema: Schema) -> tuple[str, bool] | None:
    """The kind of mapping that may stand in a value, and whether a list of them does."""
    for form in (schema, *schema.get("oneOf", ())):
        if "$ref" in form:
            return form["$ref"].rpartition("/")[2], False
        if "$ref" in form.get("items", {}):
            return form["items"]["$ref"].rpartition("/")[2], True
    return None


def _below(section: Section, root: Schema) -> Iterator[Section]:
    yield section
    for key, schema in section.schema["properties"].items():
        found = reference_in(schema)
        if found:
            yield from _below(_child(section, key, *found, root), root)
    more = section.schema.get("additionalProperties")
    if isinstance(more, Mapping):
        model = more["$ref"].rpartition("/")[2]
        yield from _below(_child(section, ORDER_ID, model, False, root), root)


def _child(parent: Section, key: str, model: str, in_list: bool, root: Schema) -> Section:
    def embed(mapping: dict[str, Any]) -> dict[str, Any]:
        value = [mapping] if in_list else mapping
        return parent.embed(parent.filled(key, value))

    title = parent.path_of(key) + ("[]" if in_list else "")
    return Section(title, model, root["$defs"][model], embed, parent.dialect)


def _also_at(key: str) -> set[str]:
    return {name for (_, at), also in _ALSO.items() if at == key for name in also}


def _problem_in(text: str, dialect: Dialect) -> Problem:
    try:
        load_piece(text, dialect)
    except InvalidScenarioError as error:
        return error.problems[0]
    msg = f"this was to be refused, and loads:\n{text}"
    raise AssertionError(msg)


def _in_style(words: Any, *, top: bool = True) -> Any:
    """`words` as the catalogue has them: a mapping of plain values in braces, others in lines."""
    match words:
        case Mapping():
            mapping = {name: _in_style(word, top=False) for name, word in words.items()}
            has_more = any(isinstance(word, dict | list) for word in words.values())
            return Block(mapping) if top or has_more else mapping
        case [dict(), *_]:
            return BlockList(_in_style(word, top=False) for word in words)
        case _:
            return words
