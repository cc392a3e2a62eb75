"""Reading what people write: small checks whose errors name the value, the rule and the remedy."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from sagacheck.world.duration import parse_duration

_LONGEST = 200
"""Characters of a value that a message quotes."""

_DIGITS = re.compile(r"[0-9]{1,18}")


class ParsingError(ValueError):
    """A value that was written is not allowed; the message is a sentence for a person."""


def unknown_name(name: object, kind: str, known: Iterable[str]) -> ParsingError:
    """The error that `name` is no known `kind`, with the nearest of those that are."""
    names = list(known)
    near = difflib.get_close_matches(str(name)[:_LONGEST], names, n=1)
    remedy = f"did you mean {near[0]}?" if near else f"known are {', '.join(names)}"
    return ParsingError(f"unknown {kind} {as_written(name)}; {remedy}")


def as_written(value: object) -> str:
    """`value` as it was written, in JSON; of a long one the beginning."""
    text = json.dumps(value, default=str)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def read_members(value: object, what: str, allowed: Iterable[str]) -> Mapping[str, Any]:
    """`value` as an object that has no other members than `allowed`.

    Like all readers here it takes `what` was read, for the message.

    Raises:
        ParsingError: It is none.
    """
    if not isinstance(value, Mapping):
        names = ", ".join(allowed)
        raise ParsingError(f"{what} must be an object with {names}, not {as_written(value)}")
    for name in value:
        if name not in allowed:
            raise unknown_name(name, f"member of {what}", allowed)
    return value


def whole_number_in(text: str) -> int | None:
    """The whole number that `text` is, of digits only and at most 64 bits; ``None`` for no such."""
    return int(text) if _DIGITS.fullmatch(text) else None


def read_whole_number(value: object, what: str, least: int, most: int | None = None) -> int:
    """`value` as a whole number within bounds."""
    if type(value) is not int or value < least or (most is not None and value > most):
        span = f"at least {least}" if most is None else f"from {least} to {most}"
        raise ParsingError(f"{what} must be a whole number {span}, not {as_written(value)}")
    return value


def read_share(value: object, what: str) -> float:
    """`value` as a part of a whole: a number from 0 to 1."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ParsingError(f"{what} must be a number from 0 to 1, not {as_written(value)}")
    return float(value)


def read_duration(value: object, what: str) -> float:
    """`value` as a duration, in seconds."""
    try:
        return parse_duration(value if isinstance(value, str) else as_written(value))
    except ValueError as error:
        raise ParsingError(f"{what}: {error}") from None


def read_text(value: object, what: str) -> str:
    """`value` as a text that is not empty."""
    if not isinstance(value, str) or not value:
        raise ParsingError(f"{what} must be a text, not {as_written(value)}")
    return value
