"""Every example of the documents is run, and prints what they show."""

from __future__ import annotations

import os
from pathlib import Path

import psutil
import pytest

from tests.docs.documents import ROOT, Reader, commands, is_as_shown

DOCUMENTS = {"tutorial.md": 10, "your-own-saga.md": 10, "simulated-temporal.md": 1}
"""Each with the number of blocks that it has at least."""


@pytest.mark.timeout(900)  # for the searches of a night
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(each, marks=pytest.mark.long if each == "tutorial.md" else ())
        for each in DOCUMENTS
    ],
)
def test_a_document_is_true(name: str, tmp_path: Path) -> None:
    """From its first block to its last, in the order in which people read it."""
    assert Reader(tmp_path).read(ROOT / "docs" / name) > DOCUMENTS[name]


@pytest.mark.parametrize(
    "block",
    [
        "```console\n$ echo one\ntwo\n```\n",
        "```console\n$ false\n$ echo $?\n0\n```\n",
        "```python\nprint(1)\n```\n",
        "<!-- part of: LICENSE -->\n\n```text\nall rights reserved\n```\n",
        "```diff\n--- /dev/null\n+++ a.txt\n@@ -1 +1 @@\n-other\n+new\n```\n",
    ],
    ids=["output", "exit code", "nothing to do", "quotation", "change"],
)
def test_a_document_that_is_not_true_is_found(block: str, tmp_path: Path) -> None:
    """Whatever is wrong with it."""
    document = tmp_path / "wrong.md"
    document.write_text(f"# A document\n\n{block}")

    with pytest.raises(AssertionError):
        Reader(tmp_path).read(document)


def test_what_takes_long_waits_for_the_night(tmp_path: Path) -> None:
    """And is run then."""
    document = tmp_path / "slow.md"
    document.write_text("<!-- nightly -->\n\n```console\n$ touch done\n```\n")
    folders = {nightly: tmp_path / str(nightly) for nightly in (False, True)}
    for nightly, folder in folders.items():
        folder.mkdir()
        Reader(folder, nightly=nightly).read(document)

    assert {nightly for nightly, folder in folders.items() if (folder / "done").exists()} == {True}


def test_what_goes_on_ends_with_the_document(tmp_path: Path) -> None:
    """What ends with `&` runs meanwhile, knows what was exported, and is not left behind."""
    document = tmp_path / "server.md"
    document.write_text(
        "```console\n"
        "$ export NAME=somebody\n"
        '$ bash -c "echo \\$\\$ > pid; echo hello $NAME > fifo; sleep 600" &\n'
        "$ cat fifo\nhello somebody elsewhere\n"
        "```\n"
    )
    os.mkfifo(tmp_path / "fifo")
    Reader(tmp_path, {"export NAME=somebody": "export NAME=me", "somebody elsewhere": "me"}).read(
        document
    )

    assert not psutil.pid_exists(int((tmp_path / "pid").read_text()))


def test_commands_are_told_from_what_they_print() -> None:
    """A dollar in the middle of a line is none."""
    text = "$ one $HOME\nprints $ 5\n\nmore\n$ two\n"

    assert list(commands(text)) == [("one $HOME", "prints $ 5\n\nmore\n"), ("two", "")]


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        ("a b", "a b\n", True),
        ("a b", "a b\nc", False),
        ("a\n…\nd", "a\nb\nc\nd", True),
        ("a\n…\nd", "a\nd", True),
        ("a … d", "a b c d", True),
        ("a…", "b", False),
        ("2 valid in 0.1 s", "2 valid in 17.0 s", True),
        ("2 valid in 0.1 s", "3 valid in 0.1 s", False),
        ("I7 at 47.0 s", "I7 at 46.0 s", False),
        ("runs/20260101T000000.000000Z", "runs/20261231T235959.999999Z", True),
    ],
)
def test_only_time_makes_no_difference(shown: str, printed: str, same: bool) -> None:
    """Everything else does, but for what is left out on purpose."""
    assert is_as_shown(shown, printed) is same
