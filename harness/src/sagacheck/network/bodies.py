"""Bodies of requests: UTF-8 JSON of bounded size, depth and numbers."""

from __future__ import annotations

import re
from typing import Any

import msgspec

LARGEST_BODY = 1024 * 1024
"""Bytes."""

_DEEPEST = 64
_DIGITS = 40
_LONG_NUMBER = re.compile(rb"[0-9]{%d}" % (_DIGITS + 1))


class BodyError(ValueError):
    """A body that cannot be read; the message is a sentence for a person."""


class BodyTooLargeError(BodyError):
    """A body of more than `LARGEST_BODY` bytes."""

    def __init__(self) -> None:
        super().__init__(f"the body has more than {LARGEST_BODY:,} bytes")


def read_body(content: bytes) -> Any:
    """The JSON in `content`.

    Raises:
        BodyTooLargeError: It is too large.
        BodyError: It is no JSON in UTF-8, is nested too deep, or has too large a number.
    """
    if len(content) > LARGEST_BODY:
        raise BodyTooLargeError
    if content.count(b"[") + content.count(b"{") > _DEEPEST:
        _refuse_deep(content)
    try:
        body = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BodyError(f"the body is not JSON: {error}") from None
    if _LONG_NUMBER.search(content):
        _refuse_long_numbers(body)
    return body


def _refuse_deep(content: bytes) -> None:
    depth, in_text, escaped = 0, False, False
    for byte in content:
        if in_text:
            in_text = escaped or byte != 0x22  # "
            escaped = byte == 0x5C and not escaped
        elif byte == 0x22:
            in_text = True
        elif byte in b"[{":
            depth += 1
            if depth > _DEEPEST:
                raise BodyError(f"the body is nested more than {_DEEPEST} deep")
        elif byte in b"]}":
            depth -= 1


def _refuse_long_numbers(body: Any) -> None:
    if isinstance(body, dict):
        body = list(body.values())
    if isinstance(body, list):
        for item in body:
            _refuse_long_numbers(item)
    elif isinstance(body, int) and abs(body) >= 10**_DIGITS:
        raise BodyError(f"a whole number has more than {_DIGITS} digits")
