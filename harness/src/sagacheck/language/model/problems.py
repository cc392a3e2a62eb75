"""Problems of a scenario file, as pydantic carries them from a model to `explain`.

A problem says what is wrong, the rule, and what was probably meant. The value and its place are
added when it is explained.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from itertools import islice

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

_LONGEST_COMPARED = 64
_MOST_COMPARED = 200
_MOST_LISTED = 60
PROBLEM = "scenario"
"""The pydantic error type of a `problem`."""


KEY = "[key]"
"""Ends a location, as pydantic writes it, that means a key and not its value."""

Location = tuple[str | int, ...]
"""Keys and indexes that lead to a part of a value."""


def problem(
    what: str, rule: str, suggestion: str | Callable[[], str] = "", *, value: str | None = None
) -> PydanticCustomError:
    """A problem, to be raised by a validator; see `sagacheck.errors.Problem` for its parts.

    Args:
        what: What is wrong.
        rule: What is right.
        suggestion: What was probably meant, or what finds that for the problems that are shown.
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
    """The one of `words` that `word` is probably a misspelling of, quoted; or nothing.

    A long word is compared with none, and no word with more than the first of many: the time for a
    file must not grow with the square of its length.
    """
    by_folded = {known.casefold(): known for known in islice(words, _MOST_COMPARED)}
    if len(word) > _LONGEST_COMPARED:
        return ""
    found = get_close_matches(word.casefold(), by_folded, n=1)
    return repr(by_folded[found[0]]) if found else ""


def hint(word: str, words: Iterable[str]) -> Callable[[], str]:
    """The `nearest` word, found where the problem is shown: a file may have thousands of them."""
    return lambda: nearest(word, words)


def listed(words: Sequence[str], otherwise: str = "") -> str:
    """`words` for a rule: the first of them, and how many more there are."""
    more = len(words) - _MOST_LISTED
    shown = [*words[:_MOST_LISTED], *([f"and {more} more"] if more > 0 else [])]
    return ", ".join(shown) or otherwise
