"""Spoils scenario files as people do: a key misspelt, a value of another kind, a line lost."""

from __future__ import annotations

import copy
import io
from typing import Any

from hypothesis import strategies as st
from ruamel.yaml import YAML

from sagacheck.language.model.file import ScenarioFile
from tests.shop import find

CATALOGUE = [file.read_text(encoding="utf-8") for file in find()]
WORDS = st.sampled_from(
    [
        *ScenarioFile.model_fields,
        *("o1", "WIDGET", "payments.charge", "payments.chargee", "any", "all", "1..", "45s", "1.5"),
        *(
            "drop_response",
            "timeout",
            "reject",
            "expires",
            "at",
            "before",
            "during",
            "-1",
            "0x1F",
            "~",
            "on",
        ),
    ]
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    WORDS,
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
)
ODDITIES = st.sampled_from(["\t", "&a", "*a", "!!int ", "%", "?", "- ", ": ", "{", "]", "|", "'"])
"""What means something to YAML."""
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)
"""What may stand in a YAML file, with many a word of the language."""


@st.composite
def spoilt_files(draw: st.DrawFn) -> str:
    """A file of the catalogue in which some keys or values were changed, added or lost."""
    data = YAML(typ="safe", pure=True).load(draw(st.sampled_from(CATALOGUE)))
    for _ in range(draw(st.integers(1, 3))):
        _spoil(draw, data)
    text = io.StringIO()
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = draw(st.booleans())
    yaml.dump(data, text)
    return text.getvalue()


@st.composite
def spoilt_texts(draw: st.DrawFn) -> str:
    """A file of the catalogue in which some characters were changed, added or lost."""
    text = draw(st.sampled_from(CATALOGUE))
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(start + 20, len(text))))
        odd = st.sampled_from(
            ["\t", "&a", "*a", "!!int ", "%", "?", "- ", ": ", "{", "]", "|", "'"]
        )
        text = text[:start] + draw(odd | st.text(max_size=5)) + text[end:]
    return text


def _spoil(draw: st.DrawFn, data: Any) -> None:
    """Change something somewhere in a mapping or list."""
    while True:
        keys = list(data) if isinstance(data, dict) else list(range(len(data)))
        if not keys:
            return
        key = draw(st.sampled_from(keys))
        if not isinstance(data[key], dict | list) or draw(st.booleans()):
            break
        data = data[key]
    match draw(st.sampled_from(["value", "gone", "renamed", "twice"])):
        case "gone":
            del data[key]
        case "renamed" if isinstance(data, dict):
            data[draw(WORDS | st.just(f"{key}s"))] = data.pop(key)
        case "twice" if isinstance(data, list):
            data.append(copy.deepcopy(data[key]))
        case _:
            data[key] = draw(VALUES)
