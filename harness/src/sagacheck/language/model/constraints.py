"""What a value of the language must be, as annotations of the models and in the JSON Schema."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec
from pydantic import Discriminator, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from sagacheck.language.model.problems import PROBLEM, hint, problem


def enumeration(words: Iterable[str], meanings: Iterable[str] = ()) -> dict[str, Any]:
    """For a JSON Schema: one of these words.

    Args:
        words: The words.
        meanings: What each means. ``enumDescriptions`` is no part of JSON Schema; the YAML language
            server shows it beside each word, and other programs ignore it.
    """
    described = list(meanings)
    return {"enum": list(words)} | ({"enumDescriptions": described} if described else {})


class Word(ABC):
    """A text with a rule, for use as an annotation."""

    @abstractmethod
    def __call__(self, text: str) -> str:
        """`text`; raises a problem where it breaks the rule."""

    @abstractmethod
    def json_schema(self) -> dict[str, Any]:
        """The rule as JSON Schema, for editors."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {**handler(schema), **self.json_schema()}


@dataclass(frozen=True)
class Among(Word):
    """A text that must be one of some words.

    Args:
        noun: What the words are called.
        words: The words.
        rule: What the word must be; by default, all the words.
        meanings: What each word means, for editors to show; nothing by default.
    """

    noun: str
    words: tuple[str, ...]
    rule: str = ""
    meanings: tuple[str, ...] = ()

    def __call__(self, text: str) -> str:
        """`text`, if it is one of the words."""
        if text in self.words:
            return text
        rule = self.rule or f"it is one of {', '.join(self.words)}"
        raise problem(f"unknown {self.noun}", rule, hint(text, self.words))

    def json_schema(self) -> dict[str, Any]:
        """The words as JSON Schema."""
        return enumeration(self.words, self.meanings)


@dataclass(frozen=True)
class Matching(Word):
    """A text that must have a form.

    Args:
        noun: What it is called, with its article.
        pattern: The form; it begins with ``^`` and ends with ``$``.
        rule: The form in words.
    """

    noun: str
    pattern: str
    rule: str
    _form: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_form", re.compile(self.pattern))

    def __call__(self, text: str) -> str:
        """`text`, if it has the form."""
        if self._form.fullmatch(text):
            return text
        raise problem(f"not {self.noun}", self.rule)

    def json_schema(self) -> dict[str, Any]:
        """The form as JSON Schema."""
        return {"pattern": self.pattern}


class Filled(msgspec.Struct, frozen=True):
    """A list or mapping that may not be empty.

    Args:
        rule: What to write instead.
        suggestion: How it may look.
    """

    rule: str
    suggestion: str = ""

    def __call__(self, collection: Any) -> Any:
        """`collection`, if something is in it."""
        if not collection:
            raise problem("empty", self.rule, self.suggestion)
        return collection

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        collection = handler(schema)
        least = "minItems" if collection["type"] == "array" else "minProperties"
        return {**collection, least: 1}


_SHAPES = {str: "<text>", int: "<number>", list: "<list>", dict: "<mapping>"}
FORMS = (*_SHAPES.values(), "<other>")
"""The tags of the forms of a value, which pydantic puts into the location of an error."""


def shape(value: Any) -> str:
    """The kind of YAML value that `value` is: the tag of its form."""
    return _SHAPES.get(type(value), "<other>")


class ByShape(msgspec.Struct, frozen=True):
    """Chooses among the forms of a value by its `shape`; a value of no such form is a problem.

    Args:
        what: What is wrong with a value of no such shape.
        rule: The forms, in words.
    """

    what: str
    rule: str

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        choice = Discriminator(
            shape,
            custom_error_type=PROBLEM,
            custom_error_message="{what}; {rule}",
            custom_error_context={"what": self.what, "rule": self.rule},
        )
        return choice.__get_pydantic_core_schema__(source, handler)


def one_key_of(*names: str) -> dict[str, Any]:
    """For a JSON Schema: exactly one of these keys must be there."""
    return {"oneOf": [{"required": [str(name)]} for name in names]}
