"""Reads YAML text into plain data, and remembers where everything stood.

The language is a small part of YAML 1.2: mappings with text keys, lists, and plain values. What
lets a file mean something else than it shows (tags, anchors and aliases, merge keys, duplicate
keys, an empty value) is a problem. The parser's events are read and not its finished tree, since a
tree no longer shows these, and since deep nesting then ends at a limit of ours and not at Python's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.reader import ReaderError

from sagacheck.errors import InvalidScenarioError, Problem
from sagacheck.language.yaml.scalars import resolved
from sagacheck.language.yaml.source import KeyPath, Position, Source, shortened

MAX_BYTES = 64 * 1024
"""The largest file that is read."""
MAX_VALUES = 4000
"""So many keys and values a file may have."""
MAX_PROBLEMS = 100
"""So many problems are listed; the file is not read further."""
MAX_DEPTH = 20
"""How deep collections may be nested."""

_LINE_BREAK = re.compile(r"\r\n?|\n")
_SURROGATE = re.compile("[\ud800-\udfff]")
_MERGE_KEY = "<<"
"""Without quotes; in most readers it copies the keys of another mapping."""
_ASIDE = -1
"""Stands in the path of what is read only to see whether it may stand in a file at all."""


def read(content: str | bytes, file: str) -> Source:
    """Read one file.

    Raises:
        InvalidScenarioError: When so much is wrong that nothing can be made of the file.
    """
    return _Reader(file, _decoded(content, file)).read()


def _decoded(content: str | bytes, file: str) -> str:
    raw = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    if len(raw) > MAX_BYTES:
        rule = f"at most {MAX_BYTES // 1024} KiB are read"
        raise InvalidScenarioError(
            [Problem(file, 1, 1, "the file is too large", f"{len(raw)} bytes", rule)]
        )
    try:
        return raw.decode().removeprefix("\N{BYTE ORDER MARK}")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode()
        value = f"byte 0x{raw[error.start]:02x}"
        rule = "a scenario is written in UTF-8"
        problem = Problem(file, *_end_of(before), "undecodable text", value, rule)
        raise InvalidScenarioError([problem]) from None


_RULES = {
    "mapping values are not allowed": (
        "the keys of one mapping begin in the same column, and a text with ': ' in it is quoted"
    ),
    "'\\t' that cannot start": "lines are indented by spaces, and never by tabs",
    "that cannot start any token": "a text that begins with this character is quoted",
    "expected <block end>": (
        "what belongs together, the keys of a mapping or the dashes of a list, begins in one column"
    ),
    "or ']'": "a list that [ has opened ends with ], and has commas between its values",
    "or '}'": "a mapping that { has opened ends with }, and has commas between its keys",
    "could not find expected ':'": "a key ends with ': '",
    "while scanning a quoted scalar": "a text that a quote has opened ends with the same quote",
    "unexpected end of stream": "a text that a quote has opened ends with the same quote",
}
"""The rule behind a message of the parser, for people."""


def _rule_behind(words: str) -> str:
    return next((rule for met, rule in _RULES.items() if met in words), "")


def _is_merge_key(event: Event) -> bool:
    return isinstance(event, ScalarEvent) and event.style is None and event.value == _MERGE_KEY


def _position(event: Event) -> Position:
    return Position(event.start_mark.line + 1, event.start_mark.column + 1)


def _end_of(text: str) -> Position:
    lines = _LINE_BREAK.split(text)
    return Position(len(lines), len(lines[-1]) + 1)


class _Reader:
    """Builds a `Source` out of the events of a YAML parser."""

    def __init__(self, file: str, text: str) -> None:
        self._text = text
        self._source = Source(file)
        self._values_read = 0
        self._events: Iterator[Event] = YAML(typ="safe", pure=True).parse(text)

    def read(self) -> Source:
        try:
            self._read_stream()
        except ReaderError as error:
            value = f"U+{ord(self._text[error.position]):04X}"
            position = _end_of(self._text[: error.position])
            self._give_up(position, "forbidden character", value, "a scenario is printable text")
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            position = Position(mark.line + 1, mark.column + 1)
            words = str(error.problem or error.context)
            self._give_up(position, "not YAML", words, _rule_behind(words))
        except (ArithmeticError, AssertionError, ValueError) as error:
            # So broken escapes and %YAML directives leave ruamel; they do not know their place.
            last_read = list(self._source.values.values())[-1:] or [Position(1, 1)]
            self._give_up(last_read[0], "not YAML from here on", str(error))
        return self._source

    def _read_stream(self) -> None:
        next(self._events)
        if not isinstance(next(self._events), DocumentStartEvent):
            rule = "a scenario has at least the keys scenario, why, orders and expect"
            self._give_up(Position(1, 1), "the file is empty", "", rule)
        top = next(self._events)
        data = self._value(top, ())
        if not isinstance(data, dict):
            value = "a list" if isinstance(data, list) else "a single value"
            rule = "a scenario file is a mapping (key: value)"
            self._give_up(_position(top), "not a scenario", value, rule)
        self._source.data.update(data)
        for event in self._events:
            if isinstance(event, DocumentStartEvent):
                rule = "a file holds one scenario; put the next one into a file of its own"
                self._give_up(_position(event), "a second document", "", rule)

    def _value(self, event: Event, path: KeyPath) -> Any:
        position = self._source.values[path] = self._start(event, path)
        self._values_read += 1
        if self._values_read > MAX_VALUES:
            self._give_up(position, "too many values", "", f"{MAX_VALUES} are the limit")
        if len(path) > MAX_DEPTH:
            self._give_up(position, "nested too deep", "", f"{MAX_DEPTH} levels are the limit")
        match event:
            case AliasEvent():
                rule = "the language has no aliases; write the value again"
                self._refuse(position, "an alias", f"*{event.anchor}", rule)
                value: Any = None
            case MappingStartEvent():
                value = self._mapping(path)
                self._refuse_magic(event, position)
            case SequenceStartEvent():
                value = self._list(path)
                self._refuse_magic(event, position)
            case _:
                assert isinstance(event, ScalarEvent), "nothing else begins a value"
                value = self._scalar(event, position)
                if str(value).lower() != event.value and not isinstance(value, str):
                    self._source.written[path] = event.value
                self._refuse_magic(event, position)
        if value is None:
            self._source.refused.update(path[:length] for length in range(len(path) + 1))
        return value

    def _start(self, event: Event, path: KeyPath) -> Position:
        # Where nothing is written the parser is at the next token already, lines below its key.
        is_nothing = isinstance(event, ScalarEvent) and event.style is None and not event.value
        return self._source.keys.get(path, _position(event)) if is_nothing else _position(event)

    def _mapping(self, path: KeyPath) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for event in self._until(MappingEndEvent):
            position = _position(event)
            if _is_merge_key(event):
                self._refuse_merge(position, path)
                continue
            key = self._value(event, (*path, _ASIDE))
            if isinstance(key, str) and key not in result:
                self._source.keys[*path, key] = position
                result[key] = self._value(next(self._events), (*path, key))
            else:
                self._refuse_key(key, getattr(event, "value", ""), position, path)
                self._value(next(self._events), (*path, _ASIDE))
        return result

    def _refuse_merge(self, position: Position, path: KeyPath) -> None:
        rule = "the language has no merge keys; write the keys that are meant"
        self._refuse(position, "a merge key", _MERGE_KEY, rule)
        event = next(self._events)
        if not isinstance(event, AliasEvent):  # which would only be refused as well
            self._value(event, (*path, _ASIDE))

    def _refuse_key(self, key: Any, written: str, position: Position, path: KeyPath) -> None:
        if isinstance(key, str):
            line = self._source.keys[*path, key].line
            rule = f"a key occurs once in a mapping; this one is in line {line} already"
            self._refuse(position, "duplicate key", repr(key), rule)
        elif isinstance(key, dict | list):
            self._refuse(position, "a key that is not a text", "a collection", "keys are texts")
        elif key is not None:  # which was refused when it was read
            text = shortened(written)
            self._refuse(position, "a key that is not a text", text, "keys are texts", f'"{text}"')

    def _list(self, path: KeyPath) -> list[Any]:
        events = enumerate(self._until(SequenceEndEvent))
        return [self._value(event, (*path, index)) for index, event in events]

    def _scalar(self, event: ScalarEvent, position: Position) -> Any:
        value = event.value if event.style else resolved(event.value)
        if value is None:
            rule = "nothing may be empty; write the value, or leave out its key"
            self._refuse(position, "no value", event.value, rule)
        elif _SURROGATE.search(event.value):
            self._refuse(
                position,
                "an unpaired surrogate",
                ascii(value),
                "write both halves of the pair, or the character itself",
            )
            return None
        return value

    def _until(self, end: type[Event]) -> Iterator[Event]:
        while not isinstance(event := next(self._events), end):
            yield event

    def _refuse_magic(self, event: ScalarEvent | CollectionStartEvent, position: Position) -> None:
        if event.anchor is not None:
            rule = "the language has no anchors; write the value where it is needed"
            self._refuse(position, "an anchor", f"&{event.anchor}", rule)
        if event.tag is not None:
            rule = "the language has no tags; to make a text, put it in quotes"
            tag = str(event.tag).replace("tag:yaml.org,2002:", "!!")
            self._refuse(position, "a tag", tag, rule)

    def _refuse(
        self, position: Position, what: str, value: str, rule: str = "", suggestion: str = ""
    ) -> None:
        file = self._source.file
        problem = Problem(file, *position, what, shortened(value), rule, suggestion)
        self._source.problems.append(problem)
        if len(self._source.problems) > MAX_PROBLEMS:
            furthest = max(self._source.problems)
            rule = f"the first {MAX_PROBLEMS} are listed"
            self._source.problems[-1] = Problem(
                file, furthest.line, furthest.column, "too many problems", "", rule
            )
            raise InvalidScenarioError(self._source.problems)

    def _give_up(self, position: Position, what: str, value: str, rule: str = "") -> NoReturn:
        self._refuse(position, what, value, rule)
        raise InvalidScenarioError(self._source.problems)
