"""Turns what pydantic has found into problems that people can read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from sagacheck.errors import Problem
from sagacheck.language.model.constraints import FORMS
from sagacheck.language.model.expect import Expect, OrderExpect
from sagacheck.language.model.file import ScenarioFile
from sagacheck.language.model.problems import KEY, PROBLEM, nearest
from sagacheck.language.model.written import Written
from sagacheck.language.yaml.reader import MAX_PROBLEMS
from sagacheck.language.yaml.scalars import OtherNumber
from sagacheck.language.yaml.source import KeyPath, Source, shortened

_WHOLE_NUMBER = re.compile("[-+]?[0-9]+")
_MARKS = {KEY, *FORMS}

_RULES = {
    "string_type": ("not a text", "it must be a text"),
    "int_type": ("not a whole number", "it must be a whole number"),
    "tuple_type": ("not a list", "it must be a list, such as [a, b]"),
    "dict_type": ("not a mapping", "it must be a mapping, such as {{key: value}}"),
    "model_type": ("not a mapping", "it must be a mapping, such as {{key: value}}"),
    "greater_than_equal": ("a number too small", "it must be at least {ge}"),
    "less_than_equal": ("a number too large", "it must be at most {le}"),
    "too_long": ("too many entries", "there may be at most {max_length}"),
}
"""For each type of pydantic's errors that the models can give: what is wrong, and the rule."""


def explain(error: ValidationError, source: Source, file: type[ScenarioFile]) -> list[Problem]:
    """The problems in `error`, each with its place in `source`.

    `file` is the model that it was checked with. What stands below a key that is wrong itself is
    left out: it has no rule. So is what is wrong with a value because a part of it is not there,
    which the reader has refused and reported already.
    """
    details = error.errors(include_url=False)
    wrong_keys = {_path(detail, source) for detail in details if _is_about_key(detail)}
    found = (
        _problem(detail, source, file)
        for detail in details
        if not wrong_keys.intersection(_above(path := _path(detail, source)))
        and (_is_about_key(detail) or not source.holds_refused(path))
    )
    return list(islice(found, MAX_PROBLEMS))


def _problem(detail: ErrorDetails, source: Source, file: type[ScenarioFile]) -> Problem:
    path = _path(detail, source)
    place = source.key_at(path) if _is_about_key(detail) else source.value_at(path)
    what, value, rule, suggestion = _as_written(
        _words(detail, path, file), source.written.get(path)
    )
    return Problem(source.file, *place, what, value, rule, suggestion)


def _as_written(words: tuple[str, str, str, str], written: str | None) -> tuple[str, str, str, str]:
    """The same, with the text in the file, such as 02134, where it shows the value 2134."""
    what, value, rule, suggestion = words
    if written is None:
        return words
    hint = f'"{shortened(written)}"' if suggestion == f'"{value}"' else suggestion
    return what, shortened(written), rule, hint


def _words(
    detail: ErrorDetails, path: KeyPath, file: type[ScenarioFile]
) -> tuple[str, str, str, str]:
    """What is wrong, the value, the rule and the suggestion."""
    kind, value, context = detail["type"], detail["input"], detail.get("ctx", {})
    if kind == PROBLEM:
        shown = context.get("value", _shown(value))
        suggestion = context.get("suggestion", "")
        hint = suggestion() if callable(suggestion) else suggestion
        return context["what"], shown, context["rule"], hint
    if kind == "missing":
        return "missing key", _shown(path[-1]), "it is required", ""
    if kind == "extra_forbidden":
        keys = _keys(path[:-1], file)
        rule = f"the keys here are {', '.join(keys)}"
        return "unknown key", _shown(path[-1]), rule, str(nearest(str(path[-1]), keys))
    if kind == "int_type" and _is_too_long(value):
        return "a number too large", _shown(value), "it has at most 18 digits", ""
    what, rule = _RULES.get(kind, ("not allowed here", detail["msg"]))
    return what, _shown(value), rule.format(**context), _in_quotes(kind, value)


def _is_too_long(value: Any) -> bool:
    return isinstance(value, OtherNumber) and bool(_WHOLE_NUMBER.fullmatch(value.text))


def _in_quotes(kind: str, value: Any) -> str:
    is_scalar = kind == "string_type" and not isinstance(value, dict | list)
    return f'"{_shown(value)}"' if is_scalar else ""


def _shown(value: Any) -> str:
    """`value` as people see it in the file, in one short line."""
    match value:
        case bool():
            return str(value).lower()
        case dict():
            return "a mapping" if value else "{}"
        case list() | tuple():
            return "a list" if value else "[]"
    return shortened(repr(value))


def _path(detail: ErrorDetails, source: Source) -> KeyPath:
    """Where the problem is, without pydantic's marks for keys and for forms of a value.

    A file may have a key that is written like one of these marks.
    """
    path: KeyPath = ()
    for step in detail["loc"]:
        if (*path, step) in source.keys or step not in _MARKS:
            path = (*path, step)
    return path


def _is_about_key(detail: ErrorDetails) -> bool:
    return detail["type"] == "extra_forbidden" or detail["loc"][-1:] == (KEY,)


def _above(path: KeyPath) -> Iterator[KeyPath]:
    return (path[:length] for length in range(len(path)))


def _keys(path: KeyPath, file: type[ScenarioFile]) -> list[str]:
    """The keys that may stand in the mapping at `path`."""
    model: type[Written] = file
    for step in path:
        if isinstance(step, str):
            model = _model_below(model, step)
    return [field.alias or name for name, field in model.model_fields.items()]


def _model_below(model: type[Written], key: str) -> type[Written]:
    for name, field in model.model_fields.items():
        if key in (name, field.alias):
            return next(_models_in(field.annotation))
    assert model is Expect, f"{model} has no key {key!r}"
    return OrderExpect


def _models_in(annotation: Any) -> Iterator[type[Written]]:
    if isinstance(annotation, type) and issubclass(annotation, Written):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)
