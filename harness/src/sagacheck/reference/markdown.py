"""Markdown from templates: what all reference documents have in common."""

from __future__ import annotations

import re
from functools import cache
from textwrap import shorten
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

CATALOGUE = "../scenarios/catalogue"
"""The catalogue, seen from the documents' folder."""
_RANDOM = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""What a mutant makes at random."""


def render(template: str, **context: Any) -> str:
    """A document, by the name of its template."""
    return _environment().get_template(template).render(context)


def anchor(heading: str) -> str:
    """Where a heading is found in its document, by the rule of GitHub and GitLab."""
    return "#" + re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def cell(text: str) -> str:
    """Text for a table, where a bar would end its cell."""
    return text.replace("|", "\\|")


def quoted(sentence: str) -> str:
    """A message of a run, in one line that is the same for each run."""
    return shorten(_RANDOM.sub("…", sentence), 300, placeholder=" …")


def scenario_link(name: str) -> str:
    """A link to a scenario of the catalogue."""
    return f"[`{name}`]({CATALOGUE}/{name}.yaml)"


def test_link(test: str) -> str:
    """A link to the file of a test, which is given as ``path::function``."""
    path, _, function = test.partition("::")
    return f"[`{function}`](../{path})"


@cache
def _environment() -> Environment:
    environment = Environment(  # noqa: S701 - Markdown, made from our own texts
        loader=PackageLoader("sagacheck.reference"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(
        anchor=anchor, cell=cell, quoted=quoted, scenario_link=scenario_link, test_link=test_link
    )
    return environment
