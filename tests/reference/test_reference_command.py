"""``sagacheck reference``, and links between what it writes."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from sagacheck.cli.main import main
from tests.reference.documents import DOCS, ROOT, broken_links, text_of


def test_a_topic_is_printed() -> None:
    """What it prints is the document, and nothing else."""
    result = CliRunner().invoke(main, ["reference", "language"])

    assert (result.exit_code, result.stdout) == (0, text_of("language"))


@pytest.mark.does_not_replay  # known bugs are played
def test_a_topic_is_written(tmp_path: Path) -> None:
    """With ``--into`` each topic is a file, in a folder that is made where it is missing."""
    into = tmp_path / "made" / "docs"
    result = CliRunner().invoke(
        main,
        [
            "reference",
            "invariants",
            "--into",
            str(into),
            "--zoo",
            "tests/mutants/wrong_harness.py:ZOO",
        ],
    )

    assert (result.exit_code, result.stdout) == (0, f"{into / 'invariants.md'} is written\n")
    assert [file.name for file in into.iterdir()] == ["invariants.md"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["grammar"], "'grammar' is not one of 'language', 'anomalies', 'invariants'"),
        (["anomalies", "--zoo", "tests.mutants:NOTHING"], "NOTHING"),
        (["language", "--into", "README.md"], "Directory 'README.md' is a file"),
    ],
)
def test_wrong_usage(arguments: list[str], says: str) -> None:
    """A topic, a zoo or a folder that there is not ends with exit code 2 and says so."""
    result = CliRunner().invoke(main, ["reference", *arguments])

    assert result.exit_code == 2
    assert says in result.stderr


PAGES = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md")
DOCUMENTS = [*(ROOT / page for page in PAGES), *sorted(DOCS.glob("*.md"))]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_no_link_is_broken(document: Path) -> None:
    """Every link leads to a file that is there, and to a heading in it."""
    assert broken_links(document) == []


def test_every_document_is_in_the_index() -> None:
    """`README.md` leads to each."""
    index = (ROOT / "README.md").read_text(encoding="utf-8")

    assert [file.name for file in DOCS.glob("*.md") if f"](docs/{file.name})" not in index] == []


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    """A file that is not there, and a heading that is not there."""
    document = tmp_path / "a.md"
    document.write_text("# Here\n[x](#here) [y](#there) [z](gone.md) [w](https://example.com)\n")

    assert sorted(broken_links(document)) == ["#there", "gone.md"]
