"""How the language refuses: problems for pydantic to carry, and rules that give them.

A refusal says what is wrong, the rule, and what was probably meant. The value itself and its place
are added when the problem is explained.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ValidationError,
)
from pydantic_core import CoreSchema, InitErrorDetails, PydanticCustomError, core_schema

REFUSAL = "scenario"
"""The pydantic error type of a `refusal`."""


KEY = "[key]"
"""Ends a location, as pydantic writes it, that means a key and not its value."""

Location = tuple[str | int, ...]
"""Keys and indexes that lead to a part of a value."""


def refusal(
    what: str, rule: str, suggestion: str = "", *, value: str | None = None
) -> PydanticCustomError:
    """A problem for pydantic to carry; see `sagacheck.errors.Problem` for its parts.

    Args:
        what: What is wrong.
        rule: What is right.
        suggestion: What was probably meant.
        value: What stands there, where it is not simply the value that is refused.
    """
    context = {"what": what, "rule": rule, "suggestion": suggestion}
    if value is not None:
        context["value"] = value
    return PydanticCustomError(REFUSAL, "{what}; {rule}", context)


def refused_at(problems: Mapping[Location, PydanticCustomError]) -> ValidationError:
    """Refusals of parts of the value that is being checked.

    Args:
        problems: What is wrong where; a location ends with `KEY` where the key is wrong.
    """
    details = [
        InitErrorDetails(type=problem, loc=location, input={})
        for location, problem in problems.items()
    ]
    return ValidationError.from_exception_data(REFUSAL, details)


def nearest(word: str, words: Iterable[str]) -> str:
    """The one of `words` that `word` is probably a misspelling of, quoted; or nothing."""
    by_folded = {known.casefold(): known for known in words}
    found = get_close_matches(word.casefold(), by_folded, n=1)
    return repr(by_folded[found[0]]) if found else ""


def enumeration(words: Iterable[str], meanings: Iterable[str] = ()) -> dict[str, Any]:
    """For a JSON Schema: one of these words.

    Args:
        words: The words.
        meanings: What each means. ``enumDescriptions`` is no part of JSON Schema; the YAML language
            server shows it beside each word, and everybody else leaves it alone.
    """
    described = list(meanings)
    return {"enum": list(words)} | ({"enumDescriptions": described} if described else {})


class Word(ABC):
    """A text with a rule, for use as an annotation."""

    @abstractmethod
    def __call__(self, text: str) -> str:
        """`text`, unless it has to be refused."""

    @abstractmethod
    def json_schema(self) -> dict[str, Any]:
        """The rule, as editors are told."""

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
        raise refusal(f"unknown {self.noun}", rule, nearest(text, self.words))

    def json_schema(self) -> dict[str, Any]:
        """The words, as editors are told."""
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
        raise refusal(f"not {self.noun}", self.rule)

    def json_schema(self) -> dict[str, Any]:
        """The form, as editors are told."""
        return {"pattern": self.pattern}


@dataclass(frozen=True)
class Filled:
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
            raise refusal("nothing in it", self.rule, self.suggestion)
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


def shape(value: Any) -> str:
    """Which kind of YAML value `value` is; tells the forms of a value apart."""
    shapes = {str: "<text>", int: "<number>", list: "<list>", dict: "<mapping>"}
    return shapes.get(type(value), "<other>")


@dataclass(frozen=True)
class ByShape:
    """Chooses among forms of a value that are tagged with their `shape`; refuses all others.

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
            custom_error_type=REFUSAL,
            custom_error_message="{what}; {rule}",
            custom_error_context={"what": self.what, "rule": self.rule},
        )
        return choice.__get_pydantic_core_schema__(source, handler)


def one_key_of(*names: str) -> dict[str, Any]:
    """For a JSON Schema: exactly one of these keys must be there."""
    return {"oneOf": [{"required": [str(name)]} for name in names]}


class Written(BaseModel):
    """A mapping of the language: its keys are known, and it does not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)
