"""Problems of a scenario file, as pydantic carries them from a model to `explain`.

A problem says what is wrong, the rule, and what was probably meant. The value and its place are
added when it is explained.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

PROBLEM = "scenario"
"""The pydantic error type of a `problem`."""


KEY = "[key]"
"""Ends a location, as pydantic writes it, that means a key and not its value."""

Location = tuple[str | int, ...]
"""Keys and indexes that lead to a part of a value."""


def problem(
    what: str, rule: str, suggestion: str = "", *, value: str | None = None
) -> PydanticCustomError:
    """A problem, to be raised by a validator; see `sagacheck.errors.Problem` for its parts.

    Args:
        what: What is wrong.
        rule: What is right.
        suggestion: What was probably meant.
        value: What stands there, where it is not simply the value that is checked.
    """
    context = {"what": what, "rule": rule, "suggestion": suggestion}
    if value is not None:
        context["value"] = value
    return PydanticCustomError(PROBLEM, "{what}; {rule}", context)


def problems_at(problems: Mapping[Location, PydanticCustomError]) -> ValidationError:
    """Problems with parts of the value that is being checked.

    Args:
        problems: What is wrong where; a location ends with `KEY` where the key is wrong.
    """
    details = [
        InitErrorDetails(type=each, loc=location, input={}) for location, each in problems.items()
    ]
    return ValidationError.from_exception_data(PROBLEM, details)


def nearest(word: str, words: Iterable[str]) -> str:
    """The one of `words` that `word` is probably a misspelling of, quoted; or nothing."""
    by_folded = {known.casefold(): known for known in words}
    found = get_close_matches(word.casefold(), by_folded, n=1)
    return repr(by_folded[found[0]]) if found else ""
