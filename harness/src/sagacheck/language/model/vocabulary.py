"""The single values of the language: durations, prices, ids, names."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field, PlainValidator, Strict, WithJsonSchema

from sagacheck.language.anomaly_table import ANOMALIES
from sagacheck.language.model.constraints import Among, Matching
from sagacheck.language.model.problems import problem
from sagacheck.language.scenario import ANY_STATUS, STATUSES
from sagacheck.language.yaml.scalars import OtherNumber
from sagacheck.world import parse_duration

_ANY_DURATION = re.compile(
    r"(?=[0-9])([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?", re.ASCII
)


def _duration(value: Any) -> float:
    text = value if isinstance(value, str) else ""
    try:
        return parse_duration(text)
    except ValueError:
        if _ANY_DURATION.fullmatch(text):
            rule = "each number of a duration has at most 9 digits"
            raise problem("a duration too long", rule) from None
        digits = str(value) if type(value) is int and value >= 0 else text
        suggestion = repr(f"{digits}s") if digits.isdecimal() else ""
        rule = "a duration has units, d, h, m, s or ms: 45s, 500ms, 1h30m"
        raise problem("not a duration", rule, suggestion) from None


def _positive_duration(value: Any) -> float:
    seconds = _duration(value)
    if seconds <= 0:
        raise problem("a duration of zero", "it must be longer than 0s")
    return seconds


_ANY_PRICE = re.compile(r"[0-9]+(\.[0-9]{1,2})?")
_PRICE = re.compile(r"[0-9]{1,12}(\.[0-9]{1,2})?")


def _price(value: Any) -> Decimal:
    if isinstance(value, str) and _PRICE.fullmatch(value):
        return Decimal(value)
    if isinstance(value, str) and _ANY_PRICE.fullmatch(value):
        raise problem("a price too large", "it must be at most 999999999999.99")
    rule = 'money is a text in quotes, at least 0 and with at most 2 places, such as "19.99"'
    is_number = isinstance(value, OtherNumber) or type(value) is int
    suggestion = f'"{value}"' if is_number and _PRICE.fullmatch(str(value)) else ""
    raise problem("not a price", rule, suggestion)


DURATION_SCHEMA = {"type": "string", "pattern": "^([0-9]{1,9}(d|h|m|s|ms))+$", "examples": ["45s"]}
PRICE_SCHEMA = {"type": "string", "pattern": f"^{_PRICE.pattern}$", "examples": ["19.99"]}

Duration = Annotated[float, PlainValidator(_duration), WithJsonSchema(DURATION_SCHEMA)]
"""Written ``45s``; seconds."""
PositiveDuration = Annotated[
    float, PlainValidator(_positive_duration), WithJsonSchema(DURATION_SCHEMA)
]
"""As `Duration`, but longer than nothing."""
Price = Annotated[Decimal, PlainValidator(_price), WithJsonSchema(PRICE_SCHEMA)]
"""A decimal text; a number would be a float in most readers, and floats lose cents."""

Number = Annotated[int, Strict(), Field(ge=0)]
PositiveNumber = Annotated[int, Strict(), Field(ge=1)]

Line = Annotated[
    str, Matching("one line of text", r"^\S([^\r\n]*\S)?$", "it is one line, and not empty")
]
Prose = Annotated[str, Matching("a text", r"^\s*\S[\s\S]*$", "it may not be empty")]
TagWord = Annotated[
    str,
    Matching("a word", r"^[A-Za-z0-9_-]{1,64}$", "a tag is at most 64 letters, digits, - and _"),
]
AnomalyId = Annotated[
    str,
    Among(
        "anomaly",
        tuple(ANOMALIES),
        "sagacheck reference anomalies prints them, from A1 to F8",
        tuple(f"{anomaly.name}: {anomaly.means}" for anomaly in ANOMALIES.values()),
    ),
]
Identifier = Annotated[
    str,
    Matching(
        "an id",
        r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$",
        "an id is at most 64 letters, digits, '.', '_' and '-'; it begins with a letter or digit",
    ),
]
ErrorName = Annotated[
    str, Matching("a name of an error", r"^[A-Za-z_][A-Za-z0-9_]*$", "it is one word")
]
StatusName = Annotated[str, Among("status", STATUSES)]
EndName = Annotated[str, Among("status", (*STATUSES, ANY_STATUS))]
