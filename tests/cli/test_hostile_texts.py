"""Texts that a stranger has written steer neither a terminal, nor a CI runner, nor a browser."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.cli._commands import command

EVIL = "\n::error::pwned\r\x1b[31m\x1b]0;title\x07\x00\x85\x9b1m\u2028\u202e"
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]")
IN_A_LINE = "\x1b[31m\x07\x9b1m\u202e"
SCENARIO = f"""\
scenario: {json.dumps("name" + IN_A_LINE)}
why: {json.dumps("why" + EVIL)}
orders: [{{id: o1, customer_id: {json.dumps("customer" + IN_A_LINE)}}}]
expect: {{o1: {{status: failed}}}}
"""


def assert_harmless(output: str) -> None:
    """No line is a command of GitHub's that we have not written, and no character steers."""
    assert not CONTROL.search(output)
    assert not any(line.strip().startswith("::error::pwned") for line in output.splitlines())


@pytest.fixture(name="folder")
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    return tmp_path


def test_a_run_prints_nothing_that_steers(folder: Path) -> None:
    """Neither in the terminal, nor for GitHub, nor in its files."""
    file = folder / "f\x1b[31m\n::error::pwned.yaml"
    file.write_text(SCENARIO, encoding="utf-8")

    result = command("run", str(file), "--report", "page", "--junit", "out.xml")

    assert result.exit_code == 1, result.output
    assert r"name\x1b[31m\x07\x9b1m\u202e" in result.output
    assert "::error file=" in result.output
    assert_harmless(result.output)
    page = (folder / "page" / "index.html").read_text(encoding="utf-8")
    assert "pwned" in page
    assert not CONTROL.search(page)
    ET.parse(folder / "out.xml")


@pytest.mark.parametrize("text", [f"scenario: [{json.dumps(EVIL)}]\n", f"{json.dumps(EVIL)}: 1\n"])
def test_a_problem_of_a_file_is_one_line(folder: Path, text: str) -> None:
    """Whatever is in its name, its keys and its values."""
    file = folder / "f\n::error::pwned.yaml"
    file.write_text(text, encoding="utf-8")

    result = command("run", str(file))

    assert result.exit_code == 2
    assert_harmless(result.output)


def test_a_list_prints_nothing_that_steers(folder: Path) -> None:
    """Nor do names of folders."""
    evil = folder / "d\x1b[31m\n::error::pwned"
    evil.mkdir()
    (evil / "a.yaml").write_text(SCENARIO, encoding="utf-8")

    result = command("list", str(evil))

    assert result.exit_code == 0, result.output
    assert_harmless(result.output)


@pytest.mark.parametrize("words", [["{}"], ["run", "{}"], ["run", "--saga", "{}"], ["list", "{}"]])
@pytest.mark.parametrize("shape", ["--{}", "{}", "{}.m:SAGA"])
def test_wrong_usage_quotes_what_was_typed_in_a_line(
    folder: Path, words: list[str], shape: str
) -> None:
    """As an option, a path, or a module."""
    typed = shape.format(EVIL.replace("\x00", ""))
    result = command(*(word.format(typed) for word in words))

    assert result.exit_code == 2, result.output
    assert r"\n::error::pwned" in result.output
    assert_harmless(result.output)
