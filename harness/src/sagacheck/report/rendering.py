"""Renders a page: its model goes into the templates, and everything it needs into the page."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import (
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PackageLoader,
    StrictUndefined,
    select_autoescape,
)
from markupsafe import Markup

from sagacheck.plural import count
from sagacheck.printable import printable_in_page
from sagacheck.report.page_model import Page
from sagacheck.report.timeline import draw
from sagacheck.result_files import write_text

REPORT_FILE = "index.html"
"""What the page is called in its folder."""


def write_report(page: Page, folder: Path) -> Path:
    """Write the report into `folder`, which is made where it is missing; returns the file."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / REPORT_FILE
    write_text(file, render(page))
    return file


def render(page: Page) -> str:
    """The page as HTML: one text that needs no other."""
    return page_templates().get_template("report.html.j2").render(page=page)


@cache
def page_templates(*folders: Path) -> Environment:
    """The templates of pages, and those in `folders`, which extend ``base.html.j2``."""
    environment = Environment(
        loader=ChoiceLoader([PackageLoader("sagacheck.report"), FileSystemLoader(folders)]),
        autoescape=select_autoescape(("html", "html.j2"), default=True),
        undefined=StrictUndefined,
        finalize=printable_in_page,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(draw=draw, include_raw=_include_raw)
    environment.filters["counted"] = count
    return environment


def _include_raw(name: str) -> Markup:
    """A style sheet or a script of ours, as it is."""
    return Markup((Path(__file__).parent / "templates" / name).read_text(encoding="utf-8"))  # noqa: S704 - ours
